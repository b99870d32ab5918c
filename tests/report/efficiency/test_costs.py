"""Sections of the efficiency report: what stands beside what, and what the sentences claim."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from bench.analysis.compare.family_speed import FIRST, SECOND
from bench.analysis.compare.speedup import matched, shares, summary
from bench.analysis.tables.axes import FRONTS, FrontCost
from bench.analysis.tables.efficiency import efficiency_table, profile_table, stage_table
from bench.blocks import Block, Figure, Note, Table
from bench.report.common.speed_ways import way
from bench.report.efficiency import costs as efficiency
from bench.report.efficiency import front, roofline, speed
from bench.report.efficiency import pairs as efficiency_pairs
from tests import costed


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return costed.frame()


@pytest.fixture(scope="module")
def table(frame: pd.DataFrame) -> pd.DataFrame:
    return efficiency_table(frame)


@pytest.fixture(scope="module")
def pairs(table: pd.DataFrame) -> pd.DataFrame:
    return matched(table, FIRST, SECOND)


def tables(blocks: Any) -> dict[str, Table]:
    return {block.name: block for block in blocks if isinstance(block, Table)}


def keys(table: Table) -> list[str]:
    return [column.key for column in table.columns]


def test_each_kind_of_network_has_a_table_of_its_stages(frame: pd.DataFrame) -> None:
    found = tables(efficiency.stages(stage_table(frame)))
    assert len(found) == 3
    swin = next(table for name, table in found.items() if "swin" in name)
    assert keys(swin)[-6:] == list(costed.STAGES["swin"])
    assert len(swin.rows) == 3 * 3
    assert swin.rows[0]["layers.2"] == pytest.approx(100 * 4 / 21)


def test_problems_have_a_column_only_where_there_are_any(frame: pd.DataFrame) -> None:
    costs = profile_table(frame)
    assert "problems" not in keys(tables(efficiency.costs(costs))["costs"])
    broken = costs.assign(problems=["counters differ", *[""] * (len(costs) - 1)])
    assert "problems" in keys(tables(efficiency.costs(broken))["costs"])


def test_speeds_of_two_devices_stand_in_two_tables(table: pd.DataFrame) -> None:
    found = tables(speed.speeds(table))
    cpu, gpu = found[f"throughput {costed.CPU}"], found[f"throughput {costed.GPU}"]
    assert "throughput_eager" in keys(cpu)
    assert not any("compiled" in key for key in keys(cpu))  # none was compiled there
    assert {"throughput_eager", "throughput_compiled", "speedup"} <= set(keys(gpu))
    assert len(cpu.rows) == len(costed.NETWORKS) * len(costed.EAGER)
    assert len(gpu.rows) == len(costed.NETWORKS) * 2


def test_what_others_disturbed_is_marked(table: pd.DataFrame) -> None:
    calm = tables(speed.speeds(table))[f"latency {costed.CPU}"]
    assert not any("≈" in note for note in calm.notes)
    noisy = table.assign(disturbed=table["disturbed"].where(table["family"] != "vit", 12.0))
    found = tables(speed.speeds(noisy))[f"latency {costed.CPU}"]
    assert any("≈" in note for note in found.notes)
    marked = {row["family"] for row in found.rows if row["mark_eager"]}
    assert marked == {"vit"}


def test_a_network_that_never_compiled_shows_its_error(table: pd.DataFrame) -> None:
    broken = table.copy()
    lost = broken["compile"] & (broken["architecture"] == "vit_base_patch16_224")
    broken.loc[lost, ["throughput", "latency_p50"]] = None
    broken.loc[lost, "problems"] = "no C compiler"
    found = tables(speed.speeds(broken))[f"throughput {costed.GPU}"]
    said = [row["problems"] for row in found.rows if row["architecture"] == "vit_base_patch16_224"]
    assert said == ["compiled: no C compiler"] * 2
    only = tables(speed.speeds(broken[lost]))[f"throughput {costed.GPU}"]
    assert "throughput_compiled" in keys(only)


def test_a_ratio_that_turns_with_the_compiler_is_said(pairs: pd.DataFrame) -> None:
    gpu = " ".join(efficiency_pairs.verdict(summary(pairs[pairs["device_name"] == costed.GPU])))
    assert "1.51 times Swin's (1.49 to 1.54, over 3 sizes) in bfloat16, channels last, eager" in gpu
    assert "0.91 times Swin's" in gpu
    assert gpu.endswith("which of them is faster depends on how they are run.")
    cpu = " ".join(efficiency_pairs.verdict(summary(pairs[pairs["device_name"] == costed.CPU])))
    assert "depends" not in cpu


def test_a_ratio_within_the_noise_is_no_verdict(pairs: pd.DataFrame) -> None:
    one = pairs[(pairs["device_name"] == costed.CPU) & pairs["channels_last"]]
    wide = one.assign(ratio_low=one["ratio"] / 3, ratio_high=one["ratio"] * 3)
    (said,) = efficiency_pairs.verdict(summary(wide))
    assert said.endswith("the intervals leave open which of them is faster.")


def test_the_papers_comparison_stands_beside_the_measured_one(pairs: pd.DataFrame) -> None:
    found = tables(efficiency_pairs.paper(pairs))
    paper = found["paper"]
    assert [row["source"] for row in paper.rows].count("measured here") == 6
    published = {row["source"]: row for row in paper.rows}
    assert published["convnext-t1"]["T 224"] == pytest.approx(774.7 / 757.9)
    assert published["convnext-t1"]["layout"] is None  # Table 1 does not state it
    # No speed of one device stands beside one of another: only ratios do.
    assert not any("throughput" in key for key in keys(paper))
    ada = found["pairs NVIDIA RTX 4090"]
    assert {"source_eager", "source_compiled"} <= set(keys(ada))
    assert len(ada.rows) == 6
    assert all("4090" in str(row["source_eager"]) for row in ada.rows)


def test_published_blocks_stand_alone_where_nothing_was_measured(pairs: pd.DataFrame) -> None:
    paper = tables(efficiency_pairs.paper(pairs.iloc[:0]))["paper"]
    assert len(paper.rows) == 4
    assert list(efficiency_pairs.measured(pairs.iloc[:0])) == []


def test_what_bounds_each_family_is_said(table: pd.DataFrame) -> None:
    (cpu, _gpu) = roofline.sentences(shares(table))
    assert "convnext 30 and 35 %, nearer the copy; swin 20 and 35 %, nearer the copy" in cpu
    assert "vit 40 and 35 %, nearer the product" in cpu
    slow = table.assign(compute_share=table["compute_share"] / 20, bandwidth_share=1.0)
    assert "convnext 2 and 1 %, far from both" in next(roofline.sentences(shares(slow)))


def test_shares_of_the_copy_are_shown_where_bytes_were_counted(table: pd.DataFrame) -> None:
    blind = table.assign(bandwidth_share=table["bandwidth_share"].mask(table["compile"]))
    blind["bound"] = blind["bound"].mask(blind["compile"], "")
    found = tables(roofline.rooflines(blind))[f"roofline {costed.GPU}"]
    assert {"bandwidth_share_eager", "bound_eager", "compute_share_compiled"} <= set(keys(found))
    assert not {"bandwidth_share_compiled", "bound_compiled"} & set(keys(found))
    unknown = table.assign(bandwidth_share=float("nan"))
    assert "of the copy not known" in next(roofline.sentences(shares(unknown)))
    assert list(roofline.rooflines(table.assign(compute_share=float("nan")))) == []


def fronted(frame: pd.DataFrame, table: pd.DataFrame, cost: FrontCost) -> list[Block]:
    return list(front.front(frame, table, FRONTS[cost]))


def test_fronts_over_time_have_a_column_a_way(frame: pd.DataFrame, table: pd.DataFrame) -> None:
    blocks = fronted(frame, table, FrontCost.LATENCY)
    assert any(isinstance(b, Note) and "published" in b.text for b in blocks)
    found = tables(blocks)
    assert set(found) == {f"front on {costed.CPU}", f"front on {costed.GPU}"}
    gpu = found[f"front on {costed.GPU}"]
    ways = [column for column in gpu.columns if column.mark]
    assert len(ways) == len(costed.BOTH)
    row = next(row for row in gpu.rows if row["model"] == "convnext_tiny.fb_in1k")
    assert row["origin"] == "timm-results"
    assert row["mark bfloat16, channels last, eager"] == "●"
    (figure,) = (block for block in blocks if isinstance(block, Figure))
    assert len(figure.panels) == len(costed.EAGER) + len(costed.BOTH)
    shown = {(row["panel"], row["device_name"]) for row in figure.rows}
    assert len(shown) == len(figure.panels)  # no panel has two devices


def test_measured_accuracies_come_first(frame: pd.DataFrame) -> None:
    about = {"measure": "evaluate", "role": "val", "metric": "top1", "n": 100, "low": 70.0}
    about |= {"high": 90.0, "status": "ok", "source": "measured", "world": "imagenet"}
    about |= {"architecture": "convnext_tiny", "model": "convnext_tiny.mine", "scale": "1k"}
    about |= {"resolution": 224, "finished": "2030", "run": "r1", "value": 80.0}
    both = pd.concat([frame, costed.typed([about])], ignore_index=True)
    blocks = fronted(both, profile_table(both), FrontCost.GMACS)
    assert not any(isinstance(block, Note) for block in blocks)
    (row,) = tables(blocks)["front"].rows
    assert (row["model"], row["origin"]) == ("convnext_tiny.mine", "measured here")


def test_without_accuracy_or_cost_there_is_no_front(
    frame: pd.DataFrame, table: pd.DataFrame
) -> None:
    glyphs = frame.assign(world="glyphs")
    note = fronted(glyphs, profile_table(glyphs), FrontCost.GMACS)[-1]
    assert isinstance(note, Note)
    assert note.text.startswith("No accuracy has been measured")
    unknown = fronted(frame, table.assign(peak_memory=float("nan")), FrontCost.MEMORY)[-1]
    assert isinstance(unknown, Note)
    assert unknown.text.startswith("No peak memory of a network")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"precision": "float32", "channels_last": None, "compile": False}, "float32, eager"),
        ({"precision": "tf32", "channels_last": True}, "tf32, channels last, eager"),
        (
            {"precision": "float16", "channels_last": False, "compile": True},
            "float16, contiguous, compiled",
        ),
    ],
)
def test_what_no_source_states_is_not_said(row: dict[str, Any], said: str) -> None:
    assert way(row) == said
