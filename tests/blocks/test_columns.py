"""The catalog of columns: each name once, each used, each whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.blocks import Form, cells
from bench.blocks.columns import CATALOG, column, columns
from bench.blocks.columns.accuracy import ACCURACY
from bench.blocks.columns.comparing import COMPARING
from bench.blocks.columns.cost import COST, SPEED
from bench.blocks.columns.laws import LAWS
from bench.blocks.columns.names import NAMES

ROOT = Path(__file__).parents[2]
THEMES = (NAMES, ACCURACY, COST, SPEED, COMPARING, LAWS)


def sources() -> Iterator[Path]:
    for folder in ("bench/report", "reports"):
        yield from (ROOT / folder).rglob("*.py")


def test_no_name_stands_in_two_themes() -> None:
    assert len(CATALOG) == sum(map(len, THEMES))


def test_every_entry_is_used() -> None:
    said = {
        node.value
        for file in sources()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(CATALOG) <= said


def test_a_table_says_only_what_is_its_own() -> None:
    found = column("gap", key="val", title="Gap on val")
    assert (found.key, found.low, found.high) == ("val", "val_low", "val_high")
    assert (found.unit, found.digits, found.form) == ("points", 2, Form.SIGNED)
    assert (
        cells.cell(found, {"val": 1.5, "val_low": -0.25, "val_high": 3}) == "+1.50 [−0.25, +3.00]"
    )


def test_a_suffix_follows_the_ends_too() -> None:
    found = column("throughput", suffix="_first_eager", mark="mark_first_eager")
    assert found.low == "throughput_low_first_eager"
    assert found.mark == "mark_first_eager"


def test_an_interval_can_be_left_out_or_asked_for() -> None:
    assert column("throughput", interval=False).low is None
    assert column("cost", interval=True).low == "cost_low"
    assert column("cost").low is None


def test_columns_come_in_the_order_of_their_names() -> None:
    assert [c.key for c in columns("n", "line_r2", group="g")] == ["n", "r2"]
    assert {c.group for c in columns("n", "line_r2", group="g")} == {"g"}


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError, match="no-such"):
        column("no-such")


def test_no_table_has_columns_of_its_own() -> None:
    """What is said of a number stands in the catalog, or it is said twice."""
    for file in sources():
        calls = (n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Call))
        names = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
        assert "Column" not in names, file
