"""Figures of the scaling report: error over cost, and accuracy under shift over val."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from bench.analysis.robustness.effective import Line, NoLine
from bench.analysis.tables.axes import COSTS, CostAxis
from bench.blocks import Axis, AxisScale, Curve, Figure, Row
from bench.report.common.models import rows
from bench.report.common.shared import FAMILIES, TITLES, order
from bench.report.scaling.comparison import TITLES as PANELS
from bench.report.scaling.comparison import Laws

if TYPE_CHECKING:
    import pandas as pd

_POINTS = 33  # of a curve


def error_over_cost(table: pd.DataFrame, laws: Laws, axis: CostAxis = CostAxis.GMACS) -> Figure:
    """Val error against cost in log-log axes, a panel for each pretraining scale."""
    cost = COSTS[axis]
    body: list[Row] = []
    for row in rows(table):
        error = {"error": 100 - row["val"], "low": 100 - row["val_high"]}
        shown = {"panel": PANELS.get(row["scale"], row["scale"]), "high": 100 - row["val_low"]}
        body.append(row | error | shown)
    hues = order(set(table["series"]), FAMILIES)
    styles = order(set(table["scale"]), tuple(PANELS))
    return Figure(
        name=f"error-{axis}",
        title="Val error against cost",
        caption="Lines are scaling fits with 90 % bands; they weigh points by cost, as the large "
        "end matters. Bars are 95 % intervals.",
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
        label="model",
        panel="panel",
        panels=tuple(PANELS.get(s, s) for s in styles if s in set(table["scale"])),
        curves=tuple(_fitted(laws)),
    )


def _fitted(laws: Laws) -> Iterator[Curve]:
    """Each law over the sizes that it was fitted on, no further."""
    for (family, scale), law in laws.items():
        if law.refused:
            continue
        first, last = math.log(float(law.x[0])), math.log(float(law.x[-1]))
        steps = [math.exp(first + (last - first) * i / (_POINTS - 1)) for i in range(_POINTS)]
        bands = [law.predict(x).scaled(100) for x in steps]
        yield Curve(
            x=tuple(steps),
            y=tuple(band.value for band in bands),
            low=tuple(band.low for band in bands),
            high=tuple(band.high for band in bands),
            hue=family,
            panel=PANELS.get(scale, scale),
        )


def shift_over_val(table: pd.DataFrame, lines: Mapping[str, Line | NoLine]) -> Figure:
    """Accuracy on each shifted set against its twin in logit axes, with this run's line."""
    shifts = [role for role in lines if table[role].notna().any()]
    body: list[Row] = []
    for row in rows(table):
        for role in shifts:
            ends = {end: row[f"{role}_{end}"] / 100 for end in ("low", "high")}
            point = {"twin": row[f"twin_{role}"] / 100, "shift": row[role] / 100}
            about = {key: row[key] for key in ("model", "family", "scale")}
            body.append(about | {"set": TITLES[role]} | point | ends)
    curves = []
    for role in shifts:
        line = lines[role]
        if isinstance(line, Line):
            span = line.high - line.low
            x = [line.low + span * i / (_POINTS - 1) for i in range(_POINTS)]
            curves.append(
                Curve(
                    x=tuple(v / 100 for v in x),
                    y=tuple(float(v) / 100 for v in line.predict(x)),
                    panel=TITLES[role],
                    label="line of these models",
                )
            )
            diagonal = (line.low / 100, line.high / 100)
            curves.append(
                Curve(x=diagonal, y=diagonal, panel=TITLES[role], dashed=True, label="no loss")
            )
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
        styles=order(set(table["scale"]), tuple(PANELS)),
        label="model",
        panel="set",
        panels=tuple(TITLES[role] for role in shifts),
        share=False,  # a set near chance would squeeze the others
        curves=tuple(curves),
    )
