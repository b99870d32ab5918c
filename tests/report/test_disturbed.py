"""A speed that others disturbed bears one mark and one line wherever it is shown."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.analysis.compare.family_speed import FIRST, SECOND
from bench.analysis.compare.speedup import matched
from bench.analysis.tables.axes import FRONTS, CostAxis, FrontCost, MatchBy
from bench.analysis.tables.efficiency import efficiency_table
from bench.analysis.tables.scaling import scaling_table
from bench.blocks import Block, Figure, Table, cells
from bench.render import markdown
from bench.report.common.models_table import table_of
from bench.report.common.speed_ways import DISTURBED, MARK
from bench.report.efficiency import front, pairs, roofline, speed
from bench.report.pair import gap, gap_tables
from bench.report.pair import matched as families
from bench.report.pair import matched_tables as family_tables
from bench.report.scaling.figures import error_over_cost
from bench.store import Store, predictions
from tests import costed, stored, synthetic

ROOT = Path(__file__).parents[2]


def disturb(frame: pd.DataFrame, which: pd.Series[bool], share: float) -> pd.DataFrame:
    """The frame with what its speed jobs say of disturbed samples."""
    whole = frame[which & (frame["metric"] == "throughput")]
    rows = whole.assign(metric="disturbed", value=share, unit="%")
    return pd.concat([frame, rows], ignore_index=True)


def marked(table: Table, key: str) -> set[str]:
    """First cells of the rows whose cell of that key bears the mark."""
    (column,) = (c for c in table.columns if c.key == key)
    first = table.columns[0]
    return {cells.value(first, row) for row in table.rows if MARK in cells.cell(column, row)}


def tables(blocks: Any) -> dict[str, Table]:
    return {block.name: block for block in blocks if isinstance(block, Table)}


@pytest.mark.parametrize("share", [100.0, 0.0])
def test_in_the_scaling_report(share: float) -> None:
    frame = synthetic.frame(("convnext", "swin"))
    noisy = disturb(frame, frame["family"] == "swin", share)
    table = scaling_table(noisy)
    shown = table_of(table, noisy)
    swin = {model for model in table["model"] if model.startswith("swin")}
    assert marked(shown, "throughput") == (swin if share else set())
    assert (DISTURBED in shown.notes) == bool(share)


def test_in_a_figure_over_latency_and_in_no_other() -> None:
    frame = synthetic.frame(("swin",))
    latency = frame[frame["metric"] == "throughput"].assign(metric="latency_p50", value=3.0)
    whole = pd.concat([frame, latency], ignore_index=True)
    table = scaling_table(disturb(whole, whole["family"] == "swin", 5.0))
    for axis in (CostAxis.LATENCY, CostAxis.GMACS):
        found = error_over_cost(table, {}, axis)
        assert isinstance(found, Figure)
        assert (DISTURBED in found.caption) == (axis is CostAxis.LATENCY)
        names = {str(row[found.label]) for row in found.rows}
        assert all(name.endswith(MARK) == (axis is CostAxis.LATENCY) for name in names)


@pytest.fixture(scope="module")
def noisy() -> pd.DataFrame:
    """Swin's speeds were disturbed, compiled ones and not."""
    frame = costed.frame()
    return disturb(frame, frame["family"] == "swin", 12.0)


@pytest.mark.parametrize("cost", [FrontCost.THROUGHPUT, FrontCost.LATENCY, FrontCost.MEMORY])
def test_on_a_front(noisy: pd.DataFrame, cost: FrontCost) -> None:
    blocks = front.front(noisy, efficiency_table(noisy), FRONTS[cost])
    for table in tables(blocks).values():
        speeds = [c.key for c in table.columns if c.mark]
        found = set.union(*(marked(table, key) for key in speeds))
        assert all("swin" in model for model in found)
        assert bool(found) == (DISTURBED in table.notes) == (cost is not FrontCost.MEMORY)


def test_in_every_table_of_the_efficiency_report(noisy: pd.DataFrame) -> None:
    speeds = efficiency_table(noisy)
    blocks: list[Block] = [*speed.speeds(speeds), *roofline.rooflines(speeds)]
    shown = tables(blocks)
    keys = {"throughput": "throughput_eager", "latency": "latency_p50_eager"}
    keys["roofline"] = "compute_share_eager"
    for name, table in shown.items():
        kind = name.split()[0]
        if kind in keys:
            found = marked(table, keys[kind])
            assert found == {n for n in costed.NETWORKS if n.startswith("swin")}
            assert DISTURBED in table.notes
    side_by_side = tables(pairs.measured(matched(speeds, FIRST, SECOND)))
    for table in side_by_side.values():
        assert DISTURBED in table.notes
        assert marked(table, "throughput_second_eager")
        assert not marked(table, "throughput_first_eager")
    assert not any(DISTURBED in t.notes for t in tables(speed.speeds(calm())).values())


def calm() -> pd.DataFrame:
    return efficiency_table(costed.frame())


def test_in_a_comparison_of_two_and_of_families(tmp_path: Path) -> None:
    folder = stored.make(tmp_path / "results")
    with Store(folder, readonly=True) as store:
        frame, read = store.frame(), predictions.reader(store)
        speeds = frame[frame["metric"] == "latency_p50"]
        own = speeds[speeds["architecture"] == "swin_m"].assign(metric="disturbed", value=50.0)
        noisy = pd.concat([frame, own], ignore_index=True)
        two = gap.between(noisy, read, "convnext_m.g22k", "swin_m.g22k")
        sides = (("convnext", ["convnext_m.g22k"]), ("swin", ["swin_m.g22k", "swin_l.g1k"]))
        by = {
            match: families.between(noisy, read, *sides, by=match, band=1.5)
            for match in (MatchBy.LATENCY, MatchBy.GMACS)
        }
        calm = gap.between(frame, read, "convnext_m.g22k", "swin_m.g22k")
    about = tables(gap_tables.report(two, noisy).blocks)["about"]
    assert marked(about, "second") == {"Latency, ms"}
    assert marked(about, "first") == set()
    assert DISTURBED in about.notes
    assert all("second_mark" not in row for row in calm.about)
    for match, found in by.items():
        paired = tables(family_tables.report(found, noisy).blocks)["pairs"]
        disturbed = match is MatchBy.LATENCY
        assert bool(marked(paired, "cost_second")) == (DISTURBED in paired.notes) == disturbed
        assert not marked(paired, "cost_first")


def test_whole_reports_say_it_in_every_format(noisy: pd.DataFrame) -> None:
    file = ROOT / "reports" / "efficiency.py"
    spec = importlib.util.spec_from_file_location("efficiency_report", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert DISTURBED in markdown.render(module.build(noisy, {}))
