"""Families at equal cost: the sentence that answers the question, with its intervals.

Compared where all of them have been measured, at the top of the range of cost that they share:
nothing is extrapolated. Fitted errors have 90 % intervals; families whose intervals overlap are
not told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.analysis.scaling import ScalingFit, fit
from bench.analysis.scaling.laws import images_of
from bench.analysis.stats.proportions import Interval
from bench.analysis.tables.axes import COSTS, CostAxis
from bench.blocks import Cell, Column, Form, Table
from bench.blocks.cells import number

if TYPE_CHECKING:
    import pandas as pd

#: (series, pretraining scale) to its law of top-1 error (fraction) over a cost.
Laws = Mapping[tuple[str, str], ScalingFit]
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


def laws(table: pd.DataFrame, axis: CostAxis = CostAxis.GMACS) -> Laws:
    """The laws behind the rows of `bench.analysis.scaling.laws.fits`, to draw and to compare."""
    found, x, images = {}, COSTS[axis].column, images_of(table)
    for (name, scale), group in table.groupby(["series", "scale"], sort=False):
        own = group.dropna(subset=[x, "val"])
        try:
            law = fit(own[x], 1 - own["val"] / 100, images=images, unit=x)
        except ValueError:  # no law has such values; `fits` gives the reason
            continue
        found[str(name), str(scale)] = law
    return found


@dataclass(frozen=True)
class Comparison:
    """Fitted val errors (%) of families at ``cost``, or the ``reason`` why there are none."""

    scale: str
    axis: CostAxis
    cost: float = float("nan")
    errors: Mapping[str, Interval] | None = None
    reason: str | None = None


def compare(laws: Laws, scale: str, axis: CostAxis = CostAxis.GMACS) -> Comparison:
    """All families of that pretraining scale at the largest cost that each of them reaches."""
    given = {family: law for (family, s), law in laws.items() if s == scale}
    own = {family: law for family, law in given.items() if not law.refused}
    if len(own) < 2:
        why = [f"{family}: {law.refused}" for family, law in given.items() if law.refused]
        alone = [f"{family} is the only family with a fitted curve" for family in own]
        why = why + alone or ["no family has errors and cost"]
        return Comparison(scale, axis, reason=", ".join(why))
    top = min(float(law.x[-1]) for law in own.values())
    if top < max(float(law.x[0]) for law in own.values()):
        reason = f"the families share no range of {COSTS[axis].name}"
        return Comparison(scale, axis, reason=reason)
    errors = {family: law.predict(top).scaled(100) for family, law in own.items()}
    ranked = sorted(errors.items(), key=lambda item: item[1].value)
    return Comparison(scale, axis, top, dict(ranked))


def sentence(comparison: Comparison) -> str:
    """The comparison in words."""
    scale = SCALES[comparison.scale]
    if comparison.errors is None:
        return f"Not testable {scale}: {comparison.reason}."
    (best, error), *others = comparison.errors.items()
    level = [family for family, other in others if other.low <= error.high]
    verdict = "and no other's interval overlaps with that"
    if level:
        verdict = f"but {series(level)} {'overlap' if len(level) > 1 else 'overlaps'} with that"
    return (
        f"{scale[0].upper()}{scale[1:]}, {best} has the lowest val error at equal cost, "
        f"{percent(error)} at {at(comparison)}, {verdict}."
    )


def at(comparison: Comparison) -> str:
    """Where the families are compared: ``3.4 GMACs``."""
    return f"{number(comparison.cost, Form.SIGNIFICANT, 2)} {COSTS[comparison.axis].unit}"


def equal_cost(comparisons: Iterable[Comparison]) -> Table | None:
    """Fitted val error of each family at the shared cost; None where nothing can be compared."""
    able = [(c, c.errors) for c in comparisons if c.errors is not None]
    if not able:
        return None
    found: dict[str, dict[str, Cell]] = {}
    for comparison, errors in able:
        for family, error in errors.items():
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
                for comparison, _ in able
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
