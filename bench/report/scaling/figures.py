"""Figures of the scaling report: error over cost, and accuracy under shift over val."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bench.analysis.robustness.effective import Line, NoLine
from bench.analysis.scaling.curves import law_band, line_points
from bench.analysis.scaling.laws import Laws
from bench.analysis.tables.axes import COSTS, CostAxis
from bench.analysis.tables.drawn import errors, shifted_points
from bench.blocks import Axis, AxisScale, Curve, Figure
from bench.report.common.rows import rows
from bench.report.common.speed_ways import DISTURBED, disturbed
from bench.report.common.titles import FAMILIES, SCALE_TITLES, TITLES, order

if TYPE_CHECKING:
    import pandas as pd


def error_over_cost(table: pd.DataFrame, laws: Laws, axis: CostAxis = CostAxis.GMACS) -> Figure:
    """Val error against cost in log-log axes, a panel for each pretraining scale."""
    cost = COSTS[axis]
    timed = axis is CostAxis.LATENCY
    body = [_point(row, timed) for row in rows(errors(table))]
    hues = order(set(table["series"]), FAMILIES)
    styles = order(set(table["scale"]), tuple(SCALE_TITLES))
    noisy = timed and any(map(disturbed, body))
    return Figure(
        name=f"error-{axis}",
        title="Val error against cost",
        caption="Lines are scaling fits with 90 % bands; they weigh points by cost, as the large "
        f"end matters. Bars are 95 % intervals.{f' {DISTURBED}' if noisy else ''}",
        alt=f"Val error in percent falls as {cost.name} rise, one curve for each family.",
        rows=tuple(body),
        x=Axis(key=cost.column, label="Cost", unit=cost.unit, scale=AxisScale.LOG),
        y=Axis(
            key="error", label="Val error", unit="%", scale=AxisScale.LOG, low="low", high="high"
        ),
        hue="series",
        style="scale",
        hues=hues,
        styles=styles,
        label="name",
        panel="panel",
        panels=tuple(SCALE_TITLES.get(s, s) for s in styles if s in set(table["scale"])),
        curves=tuple(_fitted(laws)),
    )


def _point(row: dict[str, Any], timed: bool) -> dict[str, Any]:
    mark = disturbed(row) if timed else ""
    return row | {
        "panel": SCALE_TITLES.get(row["scale"], row["scale"]),
        "name": row["model"] + mark,
    }


def _fitted(laws: Laws) -> Iterator[Curve]:
    """Each law over the sizes that it was fitted on, no further."""
    for (family, scale), law in laws.items():
        if law.refused:
            continue
        band = law_band(law, float(law.x[0]), float(law.x[-1]))
        yield Curve(
            x=band.x,
            y=band.y,
            low=band.low,
            high=band.high,
            hue=family,
            panel=SCALE_TITLES.get(scale, scale),
        )


def shift_over_val(table: pd.DataFrame, lines: Mapping[str, Line | NoLine]) -> Figure:
    """Accuracy on each shifted set against its twin in logit axes, with this run's line."""
    shifts = [role for role in lines if table[role].notna().any()]
    body = [row | {"set": TITLES[row["role"]]} for row in rows(shifted_points(table, shifts))]
    drawn = ((role, lines[role]) for role in shifts)
    curves = [curve for role, line in drawn for curve in _line(line, TITLES[role])]
    return Figure(
        name="robustness",
        title="Accuracy under shift against accuracy on val",
        caption="Logit axes. A model above the line is more robust than its val accuracy "
        "predicts; what is missing to the dashes is lost to the shift.",
        alt="Accuracy under shift rises with val accuracy along one line for all families.",
        rows=tuple(body),
        x=Axis(key="twin", label="Val accuracy", scale=AxisScale.LOGIT),
        y=Axis(
            key="shift",
            label="Accuracy under shift",
            scale=AxisScale.LOGIT,
            low="low",
            high="high",
        ),
        hue="family",
        style="scale",
        hues=order(set(table["family"]), FAMILIES),
        styles=order(set(table["scale"]), tuple(SCALE_TITLES)),
        label="model",
        panel="set",
        panels=tuple(TITLES[role] for role in shifts),
        share=False,  # a set near chance would squeeze the others
        curves=tuple(curves),
    )


def _line(line: Line | NoLine, panel: str) -> Iterator[Curve]:
    """The line, and dashes from where it begins to where it ends that lose nothing."""
    if isinstance(line, Line):
        x, y = line_points(line)
        yield Curve(x=x, y=y, panel=panel, label="line of these models")
        ends = (x[0], x[-1])
        yield Curve(x=ends, y=ends, panel=panel, dashed=True, label="no loss")
