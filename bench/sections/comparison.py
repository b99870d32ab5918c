"""Families at equal cost: the sentence that answers the question, with its intervals.

Compared where all of them have been measured, at the top of the range of GMACs that they share:
nothing is extrapolated. Fitted errors have 90 % intervals; families whose intervals overlap are
not told apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.analysis.scaling import ScalingFit, fit
from bench.analysis.stats import Interval
from bench.render.cells import number
from bench.report import Cell, Column, Form, Table

if TYPE_CHECKING:
    import pandas as pd

#: (family, pretraining scale) to its law of top-1 error (fraction) over GMACs.
Laws = Mapping[tuple[str, str], ScalingFit]
#: How a pretraining scale is said.
SCALES = {"1k": "from scratch on the 1k set", "22k": "after pretraining on the 22k set"}
_TITLES = {"1k": "From scratch on 1k", "22k": "Pretrained on 22k"}


def laws(table: pd.DataFrame, fits: pd.DataFrame) -> Laws:
    """The laws behind the rows of ``fits``, to draw and to compare."""
    found = {}
    for row in fits.to_dict("records"):
        family, scale, images = str(row["family"]), str(row["scale"]), row["images"]
        own = table[(table["family"] == family) & (table["scale"] == scale)]
        own = own.dropna(subset=["gmacs", "val"])
        try:
            law = fit(own["gmacs"], 1 - own["val"] / 100, images=_whole(images), unit="gmacs")
        except ValueError:  # no law has such values; `fits` gives the reason
            continue
        found[family, scale] = law
    return found


def _whole(value: float | None) -> int | None:
    return None if value is None or math.isnan(value) else int(value)


@dataclass(frozen=True)
class Comparison:
    """Fitted val errors (%) of families at ``gmacs``, or the ``reason`` why there are none."""

    scale: str
    gmacs: float = float("nan")
    errors: Mapping[str, Interval] | None = None
    reason: str | None = None


def compare(laws: Laws, scale: str) -> Comparison:
    """All families of that pretraining scale at the largest cost that each of them reaches."""
    given = {family: law for (family, s), law in laws.items() if s == scale}
    own = {family: law for family, law in given.items() if not law.refused}
    if len(own) < 2:
        why = [f"{family}: {law.refused}" for family, law in given.items() if law.refused]
        alone = [f"{family} is the only family with a fitted curve" for family in own]
        return Comparison(scale, reason=", ".join(why + alone) or "no family has errors and cost")
    top = min(float(law.x[-1]) for law in own.values())
    if top < max(float(law.x[0]) for law in own.values()):
        return Comparison(scale, reason="the families share no range of GMACs")
    errors = {family: law.predict(top).scaled(100) for family, law in own.items()}
    return Comparison(scale, top, dict(sorted(errors.items(), key=lambda item: item[1].value)))


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
        f"{percent(error)} at {number(comparison.gmacs, Form.SIGNIFICANT, 2)} GMACs, {verdict}."
    )


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
                    title=_TITLES[comparison.scale],
                    unit=f"% at {number(comparison.gmacs, Form.SIGNIFICANT, 2)} GMACs",
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
