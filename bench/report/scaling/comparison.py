"""Families at equal cost, see `bench.analysis.scaling.equal_cost`: in words and in a table."""

from __future__ import annotations

from collections.abc import Iterable

from bench.analysis.scaling.equal_cost import EqualCost
from bench.analysis.stats.intervals import Interval
from bench.analysis.tables.axes import COSTS
from bench.blocks import Cell, Column, Form, Table
from bench.blocks.cells import number
from bench.blocks.columns import column
from bench.report.common.phrases import in_words
from bench.report.common.titles import SCALE_TITLES

#: How a pretraining scale is said.
SCALES = {
    "1k": "trained on the 1k set alone",
    "12k": "after pretraining on the 12k set",
    "22k": "after pretraining on the 22k set",
    "web": "after web-scale pretraining",
}


def sentence(comparison: EqualCost) -> str:
    """The comparison in words."""
    scale = SCALES[comparison.scale]
    if comparison.reason:
        return f"Not testable {scale}: {comparison.reason}."
    best, error, level = comparison.best, comparison.errors[comparison.best], comparison.level
    verdict = "and no other's interval overlaps with that"
    if level:
        verdict = f"but {in_words(level)} {'overlap' if len(level) > 1 else 'overlaps'} with that"
    return (
        f"{scale[0].upper()}{scale[1:]}, {best} has the lowest val error at equal cost, "
        f"{percent(error)} at {at(comparison)}, {verdict}."
    )


def at(comparison: EqualCost) -> str:
    """Where the families are compared: ``3.4 GMACs``."""
    return f"{number(comparison.cost, Form.SIGNIFICANT, 2)} {COSTS[comparison.axis].unit}"


def equal_cost(comparisons: Iterable[EqualCost]) -> Table | None:
    """Fitted val error of each family at the shared cost; None where nothing can be compared."""
    able = [comparison for comparison in comparisons if not comparison.reason]
    if not able:
        return None
    found: dict[str, dict[str, Cell]] = {}
    for comparison in able:
        for family, error in comparison.errors.items():
            row = found.setdefault(family, {"family": family})
            row |= {comparison.scale: error.value}
            row |= {f"{comparison.scale}_low": error.low, f"{comparison.scale}_high": error.high}
    return Table(
        name="equal-cost",
        caption="Fitted val error at equal cost, with 90 % intervals",
        columns=(
            column("family"),
            *map(_of_scale, able),
        ),
        rows=tuple(found.values()),
        notes=("Families whose intervals overlap are not told apart by these sizes.",),
    )


def _of_scale(comparison: EqualCost) -> Column:
    scale = comparison.scale
    return column(
        "error_at",
        key=scale,
        title=SCALE_TITLES[scale],
        unit=f"% at {at(comparison)}",
        about=f"Trained {SCALES[scale]}, at the largest cost that all reach",
    )


def percent(error: Interval) -> str:
    """A value and its interval, in %.

    >>> percent(Interval(12.34, 11.0, 13.0))
    '12.3 % [11.0, 13.0]'
    """
    value, low, high = (number(v, Form.FIXED, 1) for v in (error.value, error.low, error.high))
    return f"{value} % [{low}, {high}]"
