"""Published figures: each has a source and is a share of its set; ladders are one recipe each."""

from __future__ import annotations

import csv
import importlib.util
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

import bench
from bench import registry
from bench.analysis.tables.scaling import scaling_table
from bench.blocks import Table
from bench.published import figures, ladders
from bench.spec.errors import UnknownNameError, UsageError
from bench.store import frame as frames

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "reports" / "published"


def read(name: str, folder: Path = FOLDER) -> list[dict[str, str]]:
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return figures.frame()


def figure(frame: pd.DataFrame, model: str, **about: Any) -> float:
    found = frame[frame["model"] == model]
    for name, value in about.items():
        found = found[found[name] == value]
    assert len(found) == 1
    return float(found["value"].iloc[0])


def test_every_figure_has_a_source_that_is_described() -> None:
    keys = set(figures.sources())
    for name in ("imagenet.csv", "throughput.csv", "papers.csv"):
        rows = read(name)
        used = {row[key] for row in rows for key in ("source", "cost_source") if key in row}
        assert used <= keys
        assert (FOLDER / name).stat().st_size < 300_000
    for row in read("sources.csv"):
        assert row["where"]
        assert not pd.isna(pd.Timestamp(row["date"]))


def test_every_share_is_a_whole_number_of_its_set(whole: pd.DataFrame) -> None:
    """Three decimals of a percentage give the count: a wrong size of a set would not."""
    shares = whole[whole["unit"] == "%"]
    assert set(shares["metric"]) == {"top1", "top5", "top1/a-classes", "top1/r-classes"}
    counts = shares["value"] * shares["n"].astype(float) / 100
    assert ((counts - counts.round()).abs() / shares["n"].astype(float) < 0.6e-5).all()
    assert len(shares) == 308 * len(figures.SETS) - 1


def test_what_is_not_published_is_absent_never_zero(whole: pd.DataFrame) -> None:
    """ResNet-50, against which ImageNet-A was filtered, has no row there."""
    mine = whole[whole["model"] == "resnet50.tv_in1k"]
    assert set(mine["role"].dropna()) == {"val", "real", "v2", "r", "sketch"}
    assert (whole["value"] > 0).all()
    assert pd.isna(scaling_table(mine)["a"].iloc[0])


def test_accuracies_are_the_papers_own() -> None:
    """The ConvNeXt paper printed them to a tenth; timm evaluated the same weights."""
    ours = {
        (c.architecture, c.resolution, c.scale): c.figures["val"]
        for c in figures.checkpoints()
        if c.model.partition(".")[2].startswith(("fb_", "ms_"))
    }
    compared = 0
    for row in read("papers.csv"):
        about = row["architecture"], int(row["resolution"]), row["scale"]
        if row["label"].startswith(("ConvNeXt", "Swin")) and about in ours:
            assert ours[about] == pytest.approx(float(row["top1"]), abs=0.25), about
            compared += 1
    assert compared == 22


def test_attention_is_counted(whole: pd.DataFrame) -> None:
    """16.87 is what a counter without a rule for fused attention gives."""
    assert figure(whole, "vit_base_patch16_224.augreg_in1k", metric="gmacs") == 17.58
    assert figure(whole, "vit_base_patch16_384.augreg_in1k", metric="gmacs") == 55.54


def test_rows_are_as_a_store_has_them(whole: pd.DataFrame) -> None:
    empty = frames.build(())
    assert list(whole.columns) == list(empty.columns)
    assert whole.dtypes.to_dict() == empty.dtypes.to_dict()
    assert set(whole["source"]) == {"published"}
    assert set(whole["world"]) == {"imagenet"}
    assert not whole[["run", "finished", "model", "value", "unit"]].isna().any(axis=None)


def test_intervals_are_wilson(whole: pd.DataFrame) -> None:
    mine = whole[
        (whole["model"] == "swin_tiny_patch4_window7_224.ms_in1k") & (whole["role"] == "a")
    ]
    low, high = proportion_confint(round(0.2112 * 7500), 7500, method="wilson")
    assert mine[["low", "high"]].iloc[0].tolist() == pytest.approx([100 * low, 100 * high])


def test_a_and_r_are_compared_with_val_on_their_own_classes(whole: pd.DataFrame) -> None:
    model = "convnext_tiny.fb_in1k"
    (row,) = scaling_table(ladders.ladders(model)).to_dict("records")
    assert row["a"] == 24.107
    assert row["val"] == 82.066
    assert row["twin_a"] == 95.54
    assert row["twin_v2"] == row["val"]
    assert row["gmacs"] == 4.47  # of 224 pixels; 288 have 7.39


def test_a_ladder_is_one_recipe_at_one_resolution() -> None:
    table = scaling_table(ladders.ladders())
    assert set(table["family"]) == set(ladders.RECIPES)
    assert set(table["series"]) == set(ladders.RECIPES)  # no family falls apart into several
    for (family, _), group in table.groupby(["family", "scale"]):
        assert group["resolution"].nunique() == 1
        assert group["gmacs"].is_unique
        assert len(set(group["model"].str.partition(".")[2])) == 1, family
    assert not table["model"].str.contains("distilled|_384|patch32|clip|hnf|ols|@").any()
    counts = table.groupby(["family", "scale"]).size().to_dict()
    assert counts["convnext", "1k"] == 4
    assert counts["convnext", "22k"] == 5
    assert counts["swin", "22k"] == 4
    assert counts["vit", "22k"] == 4


def test_names_reach_what_is_off_the_ladders() -> None:
    def chosen(selector: str, scales: str | None = None) -> set[str]:
        return set(ladders.ladders(selector, scales)["model"])

    assert chosen("swin", "in1k") == {
        f"swin_{size}_patch4_window7_224.ms_in1k" for size in ("tiny", "small", "base")
    }
    assert "convnext_tiny.in12k_ft_in1k" in chosen("convnext_tiny")
    assert chosen("convnext_tiny.fb_in1k*") == {
        "convnext_tiny.fb_in1k",
        "convnext_tiny.fb_in1k@288",
    }
    assert chosen("timm:convnext_tiny.fb_in1k*") == chosen("convnext_tiny.fb_in1k*")
    assert len(chosen("all")) == 308
    both = scaling_table(ladders.ladders("convnext,*@288,swin_*_384*"))
    assert {"convnext@224", "convnext@288"} <= set(both["series"])
    assert both.groupby(["series", "scale"])["resolution"].nunique().max() == 1
    at_288 = both[both["model"] == "convnext_tiny.fb_in1k@288"]
    assert at_288["gmacs"].tolist() == [7.39]
    assert at_288["val"].tolist() != both[both["model"] == "convnext_tiny.fb_in1k"]["val"].tolist()


def test_a_name_that_is_not_published_is_a_users_mistake() -> None:
    with pytest.raises(UnknownNameError, match="did you mean convnext"):
        ladders.ladders("convnxt")
    with pytest.raises(UsageError, match="none pretrained at in22k"):
        ladders.ladders("deit", "in22k")


def test_a_known_model_without_figures_is_not_called_unknown() -> None:
    for name in ("hiera_huge_224.mae_in1k_ft_in1k", "timm:hiera_*", "hiera_huge_224"):
        with pytest.raises(UsageError, match="no published figures of hiera_") as caught:
            ladders.ladders(f"swin,{name}")
        assert not isinstance(caught.value, UnknownNameError)


def test_a_former_name_reaches_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(ladders.ladders("convnext_base_in22ft1k")["model"]) == {
        "convnext_base.fb_in22k_ft_in1k"
    }
    assert "timm now calls it convnext_base.fb_in22k_ft_in1k" in capsys.readouterr().err


def test_each_device_of_the_papers_comparison_is_a_block() -> None:
    table = figures.convnext_paper()
    speed = table.set_index(["source", "label", "resolution"])["throughput"]
    assert speed["convnext-t1", "ConvNeXt-T", 224] == 774.7
    assert speed["convnext-t12", "Swin-L", 384] == 157.9
    ratios = {
        key: [speed[key, f"ConvNeXt-{s}", 224] / speed[key, f"Swin-{s}", 224] for s in "TSB"]
        for key in table["source"].unique()
    }
    assert list(ratios) == ["convnext-t1", "convnext-t12", "timm-4090-eager", "timm-4090-compiled"]
    assert 1.01 < min(ratios["convnext-t1"]) < max(ratios["convnext-t1"]) < 1.06
    assert 1.4 < min(ratios["convnext-t12"]) < max(ratios["convnext-t12"]) < 1.5
    eager, compiled = ratios["timm-4090-eager"], ratios["timm-4090-compiled"]
    assert min(eager) > max(compiled)
    assert table["device_name"].ne(table["device_name"].shift()).sum() == 3
    assert table[["label", "gmacs", "params", "throughput"]].notna().all(axis=None)


def test_a_scaling_report_needs_no_weights() -> None:
    report = registry.report("scaling")(ladders.ladders("swin", "in22k"), {})
    table = next(b for b in report.blocks if isinstance(b, Table) and b.name == "scaling")
    assert [row["size"] for row in table.rows] == ["tiny", "small", "base", "large"]
    assert {row["source"] for row in table.rows} == {"published"}


def test_a_leaderboard_needs_no_weights() -> None:
    report = registry.report("leaderboard")(ladders.ladders("deit"), {})
    (table,) = (b for b in report.blocks if isinstance(b, Table) and "leaderboard" in b.name)
    assert table.rows[0]["model"] == "deit_base_patch16_224.fb_in1k"


def test_installed_files_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site" / "bench"
    shutil.copytree(FOLDER, package / "_reports" / "published")
    monkeypatch.setattr(bench, "__file__", str(package / "__init__.py"))
    figures.sources.cache_clear()
    try:
        (package / "_reports" / "published" / "sources.csv").write_text("key,date\nx,2030-01-01\n")
        assert list(figures.sources()) == ["x"]
    finally:
        monkeypatch.undo()
        figures.sources.cache_clear()


def test_the_script_normalises_what_was_transcribed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.spec_from_file_location(
        "publish_figures", ROOT / "benchmarks" / "publish_figures.py"
    )
    assert found is not None
    assert found.loader is not None
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    monkeypatch.setattr(script, "OUT", tmp_path / "out")
    monkeypatch.setattr("sys.argv", ["publish_figures.py", str(tmp_path)])
    (tmp_path / "imagenet.csv").write_text(
        "model,family,size,kind,pretrain,pretrain_images,finetune,resolution,params_m,gmacs,macts,"
        "top1,top5,top1_real,top1_v2,top1_a,top1_r,top1_sketch,crop_pct,interpolation,"
        "top1_a_clean,top1_r_clean\n"
        "vit_tiny_patch16_224.augreg_in21k_ft_in1k,vit,tiny,transformer,in21k,14197122,in1k,224,"
        "5.72,1.26,5.97,75.452,92.844,82.061,63.110,,32.150,20.460,0.900,bicubic,91.760,91.7\n"
    )
    (tmp_path / "throughput.csv").write_text(
        "model,device,precision,layout,compile,torch,batch,resolution,img_per_s\n"
        "vit_tiny_patch16_224,rtx4090,amp,nchw,dynamo,2.9.1,1024,224,10\n"
        "vit_tiny_patch16_224,rtx4090,amp,nchw,dynamo,2.4.0,1024,224,9\n"
    )
    (tmp_path / "paper_tables.csv").write_text(
        "table,row,metric,value\n"
        "convnext_table1,Swin-B@384 in1k,params_m,88\n"
        "convnext_table1,Swin-B@384 in1k,flops_g,47.1\n"
        "convnext_table1,Swin-B@384 in1k,throughput_v100_img_s,85.1\n"
        "convnext_table1,R-101x3@384 in22k,flops_g,204.6\n"
    )
    script.main()
    (vit,) = read("imagenet.csv", tmp_path / "out")
    assert (vit["scale"], vit["trained_on"], vit["a"]) == ("22k", "in22k>in1k", "")
    (run,) = read("throughput.csv", tmp_path / "out")
    assert (run["compile"], run["source"]) == ("true", "timm-4090-compiled")
    (paper,) = read("papers.csv", tmp_path / "out")
    assert paper["architecture"] == "swin_base_patch4_window12_384"
