"""Tables of cost and speed: one row a network and way, errors kept, ratios and fronts by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.analysis.compare.speedup import (
    eager_and_compiled,
    matched,
    matched_by_mode,
    mean_ratio,
    overview,
    ratio,
    shares,
    summary,
)
from bench.analysis.stats.intervals import Interval
from bench.analysis.stats.pareto import pareto_front, standings
from bench.analysis.tables.axes import FRONTS, FrontCost
from bench.analysis.tables.costs import WAY
from bench.analysis.tables.efficiency import (
    accuracy_table,
    efficiency_table,
    fronts,
    profile_table,
    stage_table,
)
from bench.published import figures
from tests import costed

AXES: Any = {"gmacs": "lower", "top1": "higher"}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return costed.frame()


@pytest.fixture(scope="module")
def table(frame: pd.DataFrame) -> pd.DataFrame:
    return efficiency_table(frame)


def only(table: pd.DataFrame, **wanted: object) -> Any:
    """The one row that has these values."""
    for name, value in wanted.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_a_row_for_each_network_device_and_way(table: pd.DataFrame) -> None:
    ways = len(costed.EAGER) + len(costed.BOTH)
    assert len(table) == len(costed.NETWORKS) * ways
    assert not table.duplicated(["architecture", "resolution", *WAY]).any()
    row = only(
        table,
        architecture="swin_tiny_patch4_window7_224",
        device_name=costed.GPU,
        precision="bfloat16",
        compile=True,
    )
    speed = costed.throughput("swin", 4.51, costed.GPU, "bfloat16", True)
    assert row["throughput"] == pytest.approx(speed)
    assert row["throughput_low"] == pytest.approx(speed / 1.02)
    assert (row["batch"], row["params"], row["gmacs"]) == (64, 28.3, 4.51)
    assert (row["compute_share"], row["bandwidth_share"], row["bound"]) == (40, 35, "product")
    assert row["problems"] == ""


def test_costs_are_of_the_network_alone(frame: pd.DataFrame) -> None:
    costs = profile_table(frame)
    assert len(costs) == len(costed.NETWORKS)
    row = only(costs, architecture="vit_base_patch16_224")
    assert (row["params"], row["gmacs"]) == (86.6, 17.58)
    assert row["apart"] == pytest.approx(100 * (1 - 1 / 1.01))


def test_stages_stand_in_order_and_add_up(frame: pd.DataFrame) -> None:
    stages = stage_table(frame)
    own = stages[stages["architecture"] == "convnext_tiny"]
    assert tuple(own["stage"]) == costed.STAGES["convnext"]
    for metric in ("params", "gmacs", "activations"):
        totals = stages.groupby("architecture")[f"{metric}_share"].sum()
        assert totals.to_numpy() == pytest.approx(100)
        assert own[metric].sum() == pytest.approx(own[f"{metric}_total"].iloc[0])


def test_what_failed_is_a_row_with_its_error(frame: pd.DataFrame) -> None:
    lost = frame[(frame["architecture"] == "swin_base_patch4_window7_224") & frame["compile"]]
    errors = [
        costed.failed(row, "JobError: cannot compile it")
        for _, row in lost.drop_duplicates("job").iterrows()
    ]
    broken = pd.concat([frame.drop(lost.index), costed.typed(errors)], ignore_index=True)
    table = efficiency_table(broken)
    assert len(table) == len(efficiency_table(frame))
    bad = table[table["failed"] > 0]
    assert len(bad) == 2
    assert bad["problems"].eq("JobError: cannot compile it").all()
    assert bad["throughput"].isna().all()
    assert bad["gmacs"].eq(15.47).all()
    beside = eager_and_compiled(table)
    row = only(beside, architecture="swin_base_patch4_window7_224", precision="bfloat16")
    assert row["throughput_eager"] > 0
    assert row["problems_compiled"] == "JobError: cannot compile it"
    assert math.isnan(row["speedup"])


def test_a_profile_that_failed_is_a_row_too(frame: pd.DataFrame) -> None:
    own = frame[(frame["measure"] == "profile") & (frame["architecture"] == "convnext_tiny")]
    error = costed.failed(own.iloc[0], "JobError: counters differ by 9.1%")
    broken = pd.concat([frame.drop(own.index), costed.typed([error])], ignore_index=True)
    row = only(profile_table(broken), architecture="convnext_tiny")
    assert (row["failed"], row["problems"]) == (1, "JobError: counters differ by 9.1%")
    assert math.isnan(row["gmacs"])
    timed = efficiency_table(broken)
    assert timed.loc[timed["architecture"] == "convnext_tiny", "throughput"].notna().all()


def test_all_numbers_of_a_row_are_of_the_newest_job_that_succeeded(frame: pd.DataFrame) -> None:
    old = frame[(frame["architecture"] == "convnext_tiny") & (frame["device_name"] == costed.CPU)]
    old = old[(old["measure"] == "speed") & ~old["channels_last"]]
    new = old[old["metric"].isin(["throughput", "batch"])].assign(
        job="newer", finished="2031-01-01T00:00:00Z", value=7.0, low=6.9, high=7.1
    )
    last = costed.typed([costed.failed(old.iloc[0], "JobError: no memory") | {"job": "newest"}])
    # The order in the frame is not the order in time.
    table = efficiency_table(pd.concat([new, frame, last], ignore_index=True))
    row = only(table, architecture="convnext_tiny", device_name=costed.CPU, channels_last=False)
    assert (row["throughput"], row["batch"]) == (7.0, 7.0)
    assert math.isnan(row["latency_p50"])  # of the older job
    assert (row["failed"], row["problems"]) == (1, "JobError: no memory")


def test_the_batch_asked_for_stands_where_none_is_told(frame: pd.DataFrame) -> None:
    untold = frame[frame["metric"] != "batch"]
    assert efficiency_table(untold)["batch"].isna().all()  # 0 is the best one, not a size
    assert efficiency_table(untold.assign(batch_size=32))["batch"].eq(32).all()


def test_a_head_of_another_size_is_another_architecture(frame: pd.DataFrame) -> None:
    usual = frame.assign(classes=pd.array([1000] * len(frame), dtype="Int64"))
    own = usual[(usual["architecture"] == "convnext_tiny") & (usual["measure"] == "profile")]
    large = own.assign(classes=21841, job="p-22k", finished="2031-01-01T00:00:00Z")
    large.loc[large["metric"] == "params", "value"] = 44.6
    costs = profile_table(pd.concat([usual, large], ignore_index=True))
    assert only(costs, architecture="convnext_tiny")["params"] == 28.6
    assert only(costs, architecture="convnext_tiny (21841 classes)")["params"] == 44.6
    untold = frame.assign(classes=pd.array([pd.NA] * len(frame), dtype="Int64"))
    for told in (untold, untold.iloc[:0]):  # published figures and old stores do not say
        assert profile_table(told).equals(profile_table(told.drop(columns="classes")))


def test_a_frame_without_jobs_gives_tables_without_rows(frame: pd.DataFrame) -> None:
    nothing = frame.iloc[:0]
    table = efficiency_table(nothing)
    pairs = matched(table, "convnext", "swin")
    known = accuracy_table(figures.frame())
    assert list(table.columns) == list(efficiency_table(frame).columns)
    for empty in (table, profile_table(nothing), stage_table(nothing), eager_and_compiled(table)):
        assert empty.empty
    for empty in (pairs, matched_by_mode(pairs), summary(pairs), overview(pairs), shares(table)):
        assert empty.empty
    assert fronts(table, known, FRONTS[FrontCost.LATENCY]).empty


def test_a_ratio_of_two_measured_speeds_covers_the_true_one() -> None:
    """Speeds with log-normal noise: 95 % intervals of each give about 95 % of the ratio."""
    rng, spread, hits, trials = np.random.default_rng(0), np.array([0.05, 0.02]), 0, 2000
    for _ in range(trials):
        ends = [
            Interval(*np.exp(log + s * np.array([0, -1.96, 1.96])))
            for log, s in zip(np.log([3.0, 2.0]) + spread * rng.normal(size=2), spread, strict=True)
        ]
        found = ratio(*ends)
        hits += found.low <= 1.5 <= found.high
    assert 0.935 < hits / trials < 0.965


def test_a_ratio_without_intervals_has_none() -> None:
    found = ratio(Interval(3.0, math.nan, math.nan), Interval(2.0, 1.9, 2.1))
    assert found.value == 1.5
    assert math.isnan(found.low)
    assert math.isnan(mean_ratio([found]).high)


def test_compiled_stands_beside_eager(table: pd.DataFrame) -> None:
    beside = eager_and_compiled(table)
    swin = only(beside, architecture="swin_small_patch4_window7_224", precision="bfloat16")
    assert swin["speedup"] == pytest.approx(2.0)
    assert swin["latency_speedup"] == pytest.approx(2.0)
    reach = math.hypot(math.log(1.02), math.log(1.02))
    assert swin["speedup_low"] == pytest.approx(2 * math.exp(-reach))
    alone = beside[beside["device_name"] == costed.CPU]
    assert alone["throughput_compiled"].isna().all()


def test_families_meet_at_equal_cost_on_one_device_in_one_way(table: pd.DataFrame) -> None:
    pairs = matched(table, "convnext", "swin")
    assert len(pairs) == 3 * (len(costed.EAGER) + len(costed.BOTH))
    assert (pairs["size"] == pairs["size_second"]).all()
    for row in pairs.to_dict("records"):
        gain = costed.SHARE["convnext", row["compile"]] / costed.SHARE["swin", row["compile"]]
        wanted = gain * row["gmacs_second"] / row["gmacs_first"]
        assert row["ratio"] == pytest.approx(wanted)
    means = summary(pairs)
    assert means["pairs"].eq(3).all()
    assert means.loc[means["compile"], "ratio"].to_numpy() == pytest.approx(0.9 / 0.9934, rel=1e-3)
    assert matched(table, "convnext", "vit")["second"].unique().tolist() == [
        "vit_small_patch16_224"
    ]
    other = table.assign(resolution=table["resolution"].where(table["family"] == "swin", 288))
    assert matched(other, "convnext", "swin").empty


def test_the_papers_speeds_are_never_paired_across_devices() -> None:
    paper = figures.convnext_paper()
    named = paper["label"].str.partition("-")
    paper = paper.assign(family=named[0].str.lower(), size=named[2], world="imagenet")
    pairs = matched(paper, "convnext", "swin")
    assert pairs.groupby("device_name").size().to_dict() == {
        "NVIDIA A100": 6,
        "NVIDIA RTX 4090": 12,
        "NVIDIA V100": 6,
    }
    found = overview(pairs.assign(source=pairs["source_first"])).set_index("source")
    # Liu et al. (2022), tables 1 and 12: 774.7 / 757.7, and 1943.5 / 1325.6.
    assert found.loc["convnext-t1", "T 224"] == pytest.approx(774.7 / 757.9)
    assert found.loc["convnext-t12", "T 224"] == pytest.approx(1943.5 / 1325.6)
    assert found.loc["timm-4090-compiled", "B 224"] == pytest.approx(2688.67 / 2205.57)


def test_shares_are_of_the_median_network(table: pd.DataFrame) -> None:
    doubled = table.copy()
    doubled.loc[doubled["architecture"] == "convnext_base", "compute_share"] *= 2
    found = shares(doubled[~doubled["compile"]])
    row = only(
        found, device_name=costed.CPU, precision="float32", channels_last=True, family="convnext"
    )
    assert (row["networks"], row["compute_share"]) == (3, 30)
    assert (row["compute_share_low"], row["compute_share_high"]) == (30, 60)


def test_a_front_is_of_one_device_way_and_scale(table: pd.DataFrame, frame: pd.DataFrame) -> None:
    accuracy = accuracy_table(figures.frame())
    best = accuracy[(accuracy["architecture"] == "convnext_base") & (accuracy["resolution"] == 224)]
    assert not best.duplicated("scale").any()
    for cost, axis in FRONTS.items():
        found = fronts(table if axis.timed else profile_table(frame), accuracy, axis)
        one = ["scale", *(WAY if axis.timed else ())]
        for _, part in found.groupby(one):
            by_hand = pareto_front(part, {axis.column: axis.better, "top1": "higher"})
            assert part["front"].tolist() == by_hand.tolist(), cost
    # A thousand times as fast a device takes nobody off the other's front.
    slow = fronts(table[table["device_name"] == costed.CPU], accuracy, FRONTS[FrontCost.LATENCY])
    both = fronts(table, accuracy, FRONTS[FrontCost.LATENCY])
    mine = both[both["device_name"] == costed.CPU]
    assert mine["front"].tolist() == slow["front"].tolist()


def test_memory_is_compared_at_one_batch_size_only(table: pd.DataFrame) -> None:
    accuracy = accuracy_table(figures.frame())
    apart = table.assign(batch=range(len(table)))
    assert fronts(apart, accuracy, FRONTS[FrontCost.MEMORY])["front"].all()
    assert not fronts(table, accuracy, FRONTS[FrontCost.MEMORY])["front"].all()


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(0, 2), st.integers(60, 65), st.integers(0, 2)),
        max_size=7,
    )
)
def test_standings_hold_for_all_that_the_intervals_allow(rows: list[tuple[int, ...]]) -> None:
    """Against brute force: every corner of every two rows' intervals."""
    t = pd.DataFrame(rows, columns=["gmacs", "a", "top1", "b"]).astype(float)
    t = t.assign(gmacs_low=t["gmacs"] - t["a"] / 2, gmacs_high=t["gmacs"] + t["a"] / 2)
    t = t.assign(top1_low=t["top1"] - t["b"], top1_high=t["top1"] + t["b"])
    found = standings(t, AXES)
    assert found["front"].tolist() == pareto_front(t, AXES).tolist()
    for i, own in enumerate(t.to_dict("records")):
        surely, maybe = False, False
        for other in (other for j, other in enumerate(t.to_dict("records")) if j != i):
            beats = [_beats(one, two) for one in _corners(other) for two in _corners(own)]
            surely, maybe = surely or all(beats), maybe or any(beats)
        assert found["tied"].iloc[i] == (maybe and not surely)
        assert not (found["front"].iloc[i] and surely)


def _corners(row: dict[Any, float]) -> list[tuple[float, float]]:
    """Cost and accuracy at every pair of ends of the row's intervals."""
    return [(row[f"gmacs_{c}"], row[f"top1_{a}"]) for c in ("low", "high") for a in ("low", "high")]


def _beats(other: tuple[float, float], own: tuple[float, float]) -> bool:
    return other[0] <= own[0] and other[1] >= own[1] and other != own


def test_what_is_not_known_has_no_standing() -> None:
    t = pd.DataFrame({"gmacs": [1.0, math.nan], "top1": [70.0, 99.0], "top1_low": [69.0, math.nan]})
    assert standings(t, AXES).to_numpy().tolist() == [[True, False], [False, False]]
