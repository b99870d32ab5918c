"""Does the verdict hang on what counts as cost? The comparison at equal cost, axis by axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.analysis.scaling.equal_cost import at_equal_cost
from bench.analysis.scaling.laws import Laws, fit_series
from bench.analysis.tables.axes import COSTS, CostAxis
from bench.blocks import Block, Cell, Table
from bench.blocks.columns import column, columns
from bench.report.common.titles import FAMILIES, SCALE_TITLES, order
from bench.report.scaling.comparison import SCALES, at

if TYPE_CHECKING:
    import pandas as pd


def across(table: pd.DataFrame, main: CostAxis, own: Laws) -> Iterator[Block]:
    """Fitted val error of each series where all reach the same cost, for every kind of cost.

    ``own`` are the laws over ``main``, which are not fitted again. Nothing for a lone series.
    """
    scales = [scale for scale in SCALES if scale in set(table["scale"])]
    found: list[dict[str, Cell]] = []
    for axis in CostAxis:
        if table[COSTS[axis].column].notna().any():
            given = own if axis is main else fit_series(table, COSTS[axis].column).laws
            found += [_row(given, scale, axis) for scale in scales]
    if not any("at" in row for row in found):
        return
    names = [
        name for name in order(set(table["series"]), FAMILIES) if any(name in r for r in found)
    ]
    group = "Fitted val error there, %"
    yield Table(
        name="axes",
        caption="The same comparison over other costs, with 90 % intervals",
        columns=(
            *columns("axis", "scale", "at"),
            *(column("error_at", key=name, title=name, group=group) for name in names),
            column("verdict", title="Lowest error", about="Intervals that overlap do not tell"),
        ),
        rows=tuple(found),
        notes=("Latency is of one device, precision and library; the other costs are not.",),
    )


def _row(given: Laws, scale: str, axis: CostAxis) -> dict[str, Cell]:
    compared = at_equal_cost(given, scale, axis)
    row: dict[str, Cell] = {"axis": COSTS[axis].name, "scale": SCALE_TITLES[scale]}
    if compared.reason:
        return row | {"verdict": f"not testable: {compared.reason}"}
    for name, error in compared.errors.items():
        row |= {name: error.value, f"{name}_low": error.low, f"{name}_high": error.high}
    best, level = compared.best, compared.level
    verdict = f"{best}, {', '.join(level)}: not told apart" if level else best
    return row | {"at": at(compared), "verdict": verdict}
