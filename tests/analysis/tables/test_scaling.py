"""The scaling table, what pretraining buys, and the fits, from a drawn frame of known truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from bench.analysis.compare.gain import pretraining_gain
from bench.analysis.robustness.effective import Line
from bench.analysis.robustness.published_lines import PUBLISHED
from bench.analysis.scaling.laws import fit_series
from bench.analysis.tables.axes import SHIFTS
from bench.analysis.tables.scaling import robustness_lines, scaling_table
from tests import synthetic


def rows(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {str(r["model"]): {str(k): v for k, v in r.items()} for r in table.to_dict("records")}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return synthetic.frame()


@pytest.fixture(scope="module")
def table(frame: pd.DataFrame) -> pd.DataFrame:
    return scaling_table(frame)


def test_one_row_a_model_in_order(frame: pd.DataFrame, table: pd.DataFrame) -> None:
    assert sorted(table["model"]) == sorted(frame["model"].unique())
    for _, ladder in table.groupby(["family", "scale"]):
        assert ladder["size"].tolist() == ["xs", "s", "m", "l", "xl"]
        assert ladder["gmacs"].is_monotonic_increasing


def test_every_accuracy_is_the_frames(frame: pd.DataFrame, table: pd.DataFrame) -> None:
    found = rows(table)
    top1 = frame[frame["metric"] == "top1"]
    for r in top1.to_dict("records"):
        mine = found[r["model"]]
        role = r["role"]
        assert mine[role] == r["value"]
        assert (mine[f"{role}_low"], mine[f"{role}_n"]) == (r["low"], r["n"])


def test_cost_serves_every_weights_of_an_architecture(table: pd.DataFrame) -> None:
    found = rows(table)
    for cost in ("params", "gmacs", "activations", "throughput", "throughput_low", "device_name"):
        assert found["vit_m.g1k"][cost] == found["vit_m.g22k"][cost]
    assert table["params"].notna().all()


def test_effective_robustness_is_over_the_tables_own_line(table: pd.DataFrame) -> None:
    for shift, line in robustness_lines(table).items():
        assert isinstance(line, Line)
        usable = table[shift] > 0
        expected = table[shift] - line.predict(table[f"twin_{shift}"])
        assert table.loc[usable, f"er_{shift}"].to_numpy() == pytest.approx(expected[usable])
    mined = rows(table)[synthetic.REFERENCE]
    assert mined["a"] == 0
    assert np.isnan(mined["er_a"])


def test_drops_are_from_the_twin(frame: pd.DataFrame) -> None:
    twin = frame[(frame["metric"] == "top1") & (frame["role"] == "val")].copy()
    twin["role"], twin["dataset"], twin["value"] = None, "glyphs-val-r", twin["value"] - 5
    other = frame.copy()
    other.loc[other["role"] == "r", "twin"] = "glyphs-val-r"
    table = scaling_table(pd.concat([other, twin.assign(role="twin")]))
    assert table["twin_r"].to_numpy() == pytest.approx(table["val"] - 5)
    assert table["drop_r"].to_numpy() == pytest.approx(table["val"] - 5 - table["r"])
    assert table["twin_v2"].to_numpy() == pytest.approx(table["val"])


def imagenet(frame: pd.DataFrame) -> pd.DataFrame:
    """The same numbers, said to be of ImageNet."""
    other = frame.copy()
    for column in ("dataset", "twin"):
        other[column] = other[column].str.replace("glyphs-val", "imagenet")
    return other.assign(world="imagenet")


def test_published_lines_are_for_imagenet_alone(frame: pd.DataFrame, table: pd.DataFrame) -> None:
    columns = [f"published_er_{shift}" for shift in SHIFTS]
    assert table[columns].isna().all(axis=None)
    both = [frame, imagenet(frame.assign(model="in_" + frame["model"]))]
    mixed = scaling_table(pd.concat(both)).set_index("model")
    ours = mixed.index.str.startswith("in_")
    assert mixed.loc[~ours, columns].isna().all(axis=None)
    assert mixed.loc[ours, columns[0]].notna().all()
    assert mixed.loc[ours, "published_er_c"].isna().all()  # none was published


def test_published_line_is_that_of_the_twin(frame: pd.DataFrame) -> None:
    whole = scaling_table(imagenet(frame))
    for role, twin, extra in (("sketch", "val", ""), ("r", "classes", "-r-classes")):
        other = imagenet(frame)
        if extra:  # val on the classes of the shifted set
            part = other[(other["metric"] == "top1") & (other["role"] == "val")]
            part = part.assign(role="twin", dataset=f"imagenet{extra}")
            other.loc[other["role"] == role, "twin"] = f"imagenet{extra}"
            other = pd.concat([other, part])
        line = PUBLISHED[role, twin][0]  # type: ignore[index]
        found = scaling_table(other)
        odds = line.slope * np.log(found["val"] / (100 - found["val"])) + line.intercept
        expected = found[role] - 100 / (1 + np.exp(-odds))
        assert found[f"published_er_{role}"].to_numpy() == pytest.approx(expected)
        outside = (found["val"] < line.low) | (found["val"] > line.high)
        assert (found[f"beyond_{role}"] == 1).tolist() == outside.tolist()
    assert whole["published_er_v2"].notna().all()


def test_failures_stay_visible() -> None:
    table = scaling_table(synthetic.frame(failed=2))
    bad = table[table["failed"] > 0]
    assert len(bad) == 4  # two architectures, two weights each
    assert bad["throughput"].isna().all()
    assert bad["problems"].str.contains("speed: JobError: out of memory").all()
    assert (table.loc[table["failed"] == 0, "problems"] == "").all()


def test_a_model_that_failed_everywhere_keeps_its_row() -> None:
    frame = synthetic.frame(("vit",))
    gone = frame["model"] == "vit_s.g22k"
    frame.loc[gone, ["metric", "value", "low", "high", "n"]] = None
    frame.loc[gone, ["status", "error"]] = ["failed", "DataError: corrupt"]
    table = scaling_table(frame)
    row = rows(table)["vit_s.g22k"]
    assert np.isnan(row["val"])
    assert row["failed"] == frame.loc[gone, "job"].nunique()
    assert row["gmacs"] > 0
    assert "DataError: corrupt" in row["problems"]
    fitted = {r["scale"]: r for r in fit_series(table).table.to_dict("records")}
    assert (fitted["22k"]["sizes"], fitted["22k"]["missing"]) == (4, 1)


def test_whole_sets_before_limited_ones_then_the_newest(frame: pd.DataFrame) -> None:
    val = frame[(frame["model"] == "swin_l.g1k") & (frame["role"] == "val")]
    later, limited = "2031-01-01T00:00:00Z", "2032-01-01T00:00:00Z"
    newer = val.assign(value=val["value"] + 1, finished=later)
    short = val.assign(value=99.0, limit=100, n=100, finished=limited)
    table = scaling_table(pd.concat([newer, short, frame]))
    expected = val.loc[val["metric"] == "top1", "value"].item() + 1
    assert rows(table)["swin_l.g1k"]["val"] == expected


def test_absent_sets_are_nan(frame: pd.DataFrame) -> None:
    table = scaling_table(frame[~frame["role"].isin(["a", "c"])])
    assert table[["a", "c", "er_a", "er_c", "drop_a"]].isna().all(axis=None)
    assert table["r"].notna().all()
    only_cost = scaling_table(frame[frame["role"].isna()])
    assert only_cost["val"].isna().all()
    assert set(fit_series(only_cost).table["reason"]) == {"0 sizes; a fit needs 3"}
    assert pretraining_gain(only_cost).empty


def test_an_empty_frame_gives_an_empty_table(frame: pd.DataFrame) -> None:
    table = scaling_table(frame[:0])
    assert table.empty
    assert fit_series(table).table.empty
    assert pretraining_gain(table).empty
    with pytest.raises(ValueError, match="no column status"):
        scaling_table(frame.drop(columns="status"))


def test_pretraining_gain_unpaired(table: pd.DataFrame) -> None:
    gain = pretraining_gain(table)
    assert len(gain) == 4 * 5 * (1 + len(SHIFTS))
    for r in gain.head(12).to_dict("records"):
        assert r["gain"] == pytest.approx(r["pretrained"] - r["scratch"])
        counts = [round(r[k] * r["n"] / 100) for k in ("pretrained", "scratch")]
        low, high = confint_proportions_2indep(
            counts[0], r["n"], counts[1], r["n"], method="newcomb"
        )
        assert (r["gain_low"], r["gain_high"]) == pytest.approx((100 * low, 100 * high))
        assert not r["paired"]
        assert np.isnan(r["p"])


def test_pretraining_gain_paired(table: pd.DataFrame) -> None:
    rng = np.random.default_rng(5)
    correct = {}
    for size in ("s", "m"):
        easy = rng.random(2000)
        for scale, share in (("1k", 0.6), ("22k", 0.63)):
            correct[f"convnext_{size}.g{scale}", "val"] = easy + 0.1 * rng.random(2000) < share
    gain = pretraining_gain(table, correct)
    paired = gain[gain["paired"]].to_dict("records")
    assert [(r["size"], r["role"]) for r in paired] == [("s", "val"), ("m", "val")]
    for r in paired:
        new, old = (correct[f"convnext_{r['size']}.g{s}", "val"] for s in ("22k", "1k"))
        b, c = int((new & ~old).sum()), int((~new & old).sum())
        exact = mcnemar(np.array([[0, b], [c, 0]]), exact=True).pvalue
        assert r["gain"] == pytest.approx(100 * (new.mean() - old.mean()))
        assert r["p"] <= exact
        assert r["gain_low"] < r["gain"] < r["gain_high"]
        assert 0 < r["detectable"] < 5
    expected = multipletests([r["p"] for r in paired], method="holm")[1]
    assert [r["p_holm"] for r in paired] == pytest.approx(list(expected))


def test_fits_are_in_percent_and_cover_the_truth(table: pd.DataFrame) -> None:
    found = fit_series(table).table
    assert len(found) == 8
    inside = 0
    for r in found.to_dict("records"):
        assert r["form"] == "median of M2, M3"
        assert r["x"] == "gmacs"
        error = (
            100
            - table.loc[(table["family"] == r["family"]) & (table["scale"] == r["scale"]), "val"]
        )
        assert r["top"] == pytest.approx(error.min(), abs=1.5)
        assert r["held_out_actual"] == pytest.approx(error.min())
        truth = 100 * synthetic.true_error(r["family"], r["scale"], 2 * r["x_top"])
        inside += r["at_2x_low"] <= truth <= r["at_2x_high"]
        assert r["elasticity_low"] <= r["elasticity"] <= r["elasticity_high"] < 0
    assert inside >= 6
    with pytest.raises(ValueError, match="no column seconds"):
        fit_series(table, x="seconds")
