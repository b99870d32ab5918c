"""Every column of every table finds its numbers, and every interval that a row has is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from bench import registry
from bench.analysis.stats.sensitivity import Plan
from bench.analysis.tables.axes import FrontCost
from bench.analysis.tables.observations import observations
from bench.blocks import Report, Table
from bench.report import build, power
from bench.report.fit import fitting
from bench.report.pair import gap, gap_tables
from bench.report.pair import matched as families
from bench.report.pair import matched_tables as family_tables
from bench.store import Store, predictions
from tests import costed, stored, synthetic

#: Intervals that a table leaves out on purpose, and rows that a filter or a figure needs besides.
WITHOUT = {("scaling", "throughput")}


def corrupted(frame: pd.DataFrame) -> pd.DataFrame:
    """With accuracies of two corruptions at two severities."""
    whole = frame[(frame["role"] == "c") & (frame["metric"] == "top1")]
    cells = [whole.assign(metric=f"top1/{k}-{s}", n=100) for k in ("fog", "blur") for s in (1, 2)]
    return pd.concat([frame, *cells], ignore_index=True)


def made(name: str, frame: pd.DataFrame, **choices: FrontCost) -> Report:
    return build.made(registry.report(name), frame, {}, None, **choices)


def reports(folder: Path) -> Iterator[Report]:
    frame = corrupted(synthetic.frame(("convnext", "swin"), failed=1))
    yield made("scaling", frame)
    yield made("leaderboard", frame)
    for cost in (FrontCost.THROUGHPUT, FrontCost.GMACS):
        yield made("efficiency", costed.frame(), cost=cost)
    yield power.report(Plan(1000, 0.1))
    points = [(f, x, 0.1 + 0.3 * x**-c) for f, c in (("a", 0.5), ("b", 0.9)) for x in (1, 2, 4, 8)]
    table = pd.DataFrame([*points, ("c", 1, 0.2)], columns=["family", "gmacs", "error"])
    yield fitting.report(fitting.fitted(observations(table, "gmacs", "error", ["family"])))
    with Store(stored.make(folder / "results"), readonly=True) as store:
        read, known = predictions.reader(store), store.frame()
        two = gap.between(known, read, "convnext_m.g22k", "swin_m.g1k")
        yield gap_tables.report(two, known)
        sides = [(f, [m for m in stored.MODELS if m.startswith(f)]) for f in ("convnext", "swin")]
        yield family_tables.report(families.between(known, read, *sides), known)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> list[Table]:
    made = reports(tmp_path_factory.mktemp("stored"))
    return [block for report in made for block in report.blocks if isinstance(block, Table)]


def test_every_column_finds_its_numbers(tables: list[Table]) -> None:
    assert len(tables) > 30
    for table in tables:
        known = {key for row in table.rows for key in row}
        for column in table.columns:
            assert column.key in known, (table.name, column.key)


def test_ends_are_there_where_a_column_wants_them(tables: list[Table]) -> None:
    """In some table: published speeds have no intervals."""
    ends = {end for t in tables for c in t.columns for end in (c.low, c.high) if end is not None}
    assert ends - {key for table in tables for row in table.rows for key in row} == set()


def test_an_interval_that_a_row_has_is_shown(tables: list[Table]) -> None:
    for table in tables:
        known = {key for row in table.rows for key in row}
        for column in table.columns:
            ends = (f"{column.key}_low", f"{column.key}_high")
            if set(ends) <= known and (table.name, column.key) not in WITHOUT:
                assert (column.low, column.high) == ends, (table.name, column.key)


def test_a_title_says_one_thing(tables: list[Table]) -> None:
    """One number, one unit and one number of digits, whatever table it stands in."""
    said: dict[str, set[tuple[str, str, int]]] = {}
    for table in tables:
        for column in table.columns:
            how = (column.unit, str(column.form), column.digits)
            said.setdefault(column.title, set()).add(how)
    for title in ("GMACs", "Params", "Range", "Images", "Top-1", "p, Holm", "Detectable"):
        assert len(said[title]) == 1, (title, said[title])
