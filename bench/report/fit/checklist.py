"""What a reader must be told of every scaling fit: how it was made, and how far it carries.

The points are those that reviews of published scaling laws found missing most often.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.analysis.scaling.fit import REFINED, SOFT_SCALE
from bench.analysis.scaling.groups import MOST_DROPPED, GroupFit
from bench.analysis.scaling.posterior import DISCREPANCY, WORTH
from bench.blocks import Block, Cell, Row, Table
from bench.blocks.columns import column, columns

#: Second best start within this of the best: the objective has one bottom.
_SAME = 1e-6
_NO_RANGE = f"Sizes are dropped in turn where there are 4 to {MOST_DROPPED} of them."
_FORMS = (
    "Median in ln y of M2 (a power law over a floor) and M3 (one that bends), as forms that fit "
    "alike part beyond the data and their median is safer than a choice; from 6 sizes also"
)


@dataclass(frozen=True)
class Provenance:
    """What the numbers are of, in the words of whoever knows: axes, training, code and data."""

    x: str
    y: str
    training: str
    source: str


def checklist(
    groups: Sequence[GroupFit], about: Provenance, *, unit: str = "%", factor: float = 100.0
) -> Iterator[Block]:
    """Two tables, what each fit rests on and how far it carries, and what all have in common.

    ``unit`` and ``factor`` turn y into what is shown. Refused fits are left out; nothing at all
    where none is left.
    """
    made = [group for group in groups if not group.law.refused]
    if not made:
        return
    rows = tuple(_row(group, factor) for group in made)
    yield _basis(rows, tuple(f"{what}: {done.rstrip('.')}." for what, done in method(made, about)))
    yield _reach(rows, unit)


def method(groups: Sequence[GroupFit], about: Provenance) -> Iterator[tuple[str, str]]:
    """The questions that have one answer for all ``groups``."""
    deltas = sorted({round(group.law.noise, 4) for group in groups})
    loss = any(form.form == "M5" for group in groups for form in group.law.forms)
    last = "M5 (a power law that starts late)" if loss else "M4 (a sigmoid below 100 %)"
    said = {
        "Form, and why": f"{_FORMS} {last}. The number of sizes decides, never the fit. "
        "3 sizes: M1, a line, for its exponent.",
        "x": about.x,
        "y": about.y,
        "Training": about.training,
        "Points left out": "x below a tenth of the largest, where 6 or more remain: early points "
        "lie outside the power regime and pull at the end that matters. Equal x are merged.",
        "Objective": f"Soft-L1 of residuals of ln y, weights x / x_max, delta {_span(deltas)}: "
        f"the larger of {SOFT_SCALE:g} and, where the number of images is known, the binomial "
        "noise of ln y",
        "Optimiser": f"Trust region with analytic Jacobian from the best {REFINED} cells of a "
        "grid; floor between 0 and the least y, exponent from 0.001 to 5",
        "Intervals": "90 %, grid posterior of M2 and M3, pooled half and half, with a discrepancy "
        f"of {DISCREPANCY:g} ln(x / x_max), more than {WORTH} points counting as so many; "
        "the unit is one trained model, nothing is resampled",
        "Code and data": about.source,
    }
    yield from said.items()


def _span(values: Sequence[float]) -> str:
    return f"{values[0]:g}" if len(values) == 1 else f"{values[0]:g} to {values[-1]:g}"


def _basis(rows: tuple[Row, ...], common: tuple[str, ...]) -> Table:
    return Table(
        name="fit-basis",
        caption="What each fit rests on, and how all were made",
        columns=(
            *columns("fit", "sizes", "used", "missing", "decades", "forms", "delta"),
            *columns("converged", "gradient", "second_start"),
        ),
        rows=rows,
        notes=common,
    )


def _reach(rows: tuple[Row, ...], unit: str) -> Table:
    return Table(
        name="fit-reach",
        caption="How far each fit carries",
        columns=(
            column("fit"),
            column("held_out_miss", key="miss", unit="points" if unit == "%" else unit),
            column("arms"),
            column("spread", unit=unit),
            column("slope_top"),
        ),
        rows=rows,
        notes=(_NO_RANGE,) if any("slope_low" not in row for row in rows) else (),
    )


def _row(group: GroupFit, factor: float) -> Row:
    law, held_out, dropped = group.law, group.held_out, group.drop_one
    done = sum(form.converged for form in law.forms)
    spread = law.forms_at(2 * group.top).scaled(factor)
    row: dict[str, Cell] = {
        "name": group.name,
        "sizes": law.n,
        "used": law.used,
        "missing": group.missing,
        "decades": law.decades,
        "forms": ", ".join(form.form for form in law.forms),
        "delta": law.noise,
        "converged": f"{done} of {len(law.forms)}",
        "gradient": f"{max(form.gradient for form in law.forms):.0e}",
        "second": _second(law.second_best),
        "spread": spread.value,
        "spread_low": spread.low,
        "spread_high": spread.high,
        "miss": held_out.miss * factor,
        "arms": held_out.ratio,
        "slope": law.slope(group.top),
    }
    if not math.isnan(dropped.low):
        row |= {"slope_low": dropped.low, "slope_high": dropped.high}
    return row


def _second(worse: float) -> str:
    """How much worse the second best refined start ended: none means that they agree."""
    return "the same" if worse < _SAME else f"+{100 * worse:.2g} %"
