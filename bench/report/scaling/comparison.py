"""Families at equal cost, see `bench.analysis.scaling.equal_cost`: in words and in a table."""

from __future__ import annotations

from collections.abc import Iterable

from bench.analysis.scaling.equal_cost import EqualCost
from bench.analysis.stats.proportions import Interval
from bench.analysis.tables.axes import COSTS
from bench.blocks import Cell, Column, Form, Table
from bench.blocks.cells import number

#: How a pretraining scale is said.
SCALES = {
    "1k": "trained on the 1k set alone",
    "12k": "after pretraining on the 12k set",
    "22k": "after pretraining on the 22k set",
    "web": "after web-scale pretraining",
}
TITLES = {
    "1k": "Trained on 1k alone",
    "12k": "Pretrained on 12k",
    "22k": "Pretrained on 22k",
    "web": "Pretrained on the web",
}


def sentence(comparison: EqualCost) -> str:
    """The comparison in words."""
    scale = SCALES[comparison.scale]
    if comparison.reason:
        return f"Not testable {scale}: {comparison.reason}."
    best, error, level = comparison.best, comparison.errors[comparison.best], comparison.level
    verdict = "and no other's interval overlaps with that"
    if level:
        verdict = f"but {series(level)} {'overlap' if len(level) > 1 else 'overlaps'} with that"
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
            Column(key="family", title="Family"),
            *(
                Column(
                    key=comparison.scale,
                    title=TITLES[comparison.scale],
                    unit=f"% at {at(comparison)}",
                    form=Form.FIXED,
                    low=f"{comparison.scale}_low",
                    high=f"{comparison.scale}_high",
                    about=f"Trained {SCALES[comparison.scale]}, at the largest cost that all reach",
                )
                for comparison in able
            ),
        ),
        rows=tuple(found.values()),
        notes=("Families whose intervals overlap are not told apart by these sizes.",),
    )


def percent(error: Interval) -> str:
    """A value and its interval, in %.

    >>> percent(Interval(12.34, 11.0, 13.0))
    '12.3 % [11.0, 13.0]'
    """
    value, low, high = (number(v, Form.FIXED, 1) for v in (error.value, error.low, error.high))
    return f"{value} % [{low}, {high}]"


def series(items: list[str]) -> str:
    """A list in words.

    >>> series(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else items[0]
