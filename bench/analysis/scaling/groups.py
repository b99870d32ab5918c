"""A scaling law for each group of points, with what shows whether it can be believed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.analysis.scaling import HeldOut, ScalingFit, drop_one, fit, leave_largest_out
from bench.analysis.stats.proportions import UNKNOWN, Interval
from bench.analysis.tables.axes import Quantity
from bench.analysis.tables.observations import Observations

#: Sizes above which no size is dropped in turn: one of many changes little, and it takes minutes.
MOST_DROPPED = 16


@dataclass(frozen=True)
class GroupFit:
    """The law of one group, of y as `Observations` has it."""

    name: str
    law: ScalingFit
    points: int  #: rows that had x and y
    missing: int  #: rows that lacked one
    held_out: HeldOut
    drop_one: Interval  #: elasticity at the largest x: of all sizes, and its range

    @property
    def top(self) -> float:
        """Largest x."""
        return float(self.law.x[-1]) if self.law.used else math.nan

    @property
    def middle(self) -> float:
        """Geometric mean of the range of x."""
        return math.sqrt(float(self.law.x[0])) * math.sqrt(self.top) if self.law.used else math.nan


def fit_groups(given: Observations, *, images: int | None = None) -> tuple[GroupFit, ...]:
    """Fit every group of ``given``; one that carries no law comes back refused, with the reason.

    ``images`` is the size of the test set, for the binomial noise of error rates.

    >>> from bench.analysis.tables.observations import observations
    >>> x = [1.0, 2.0, 4.0, 8.0]
    >>> t = pd.DataFrame({"x": [*x, 1.0], "y": [0.4, 0.3, 0.25, 0.22, 0.5], "g": [*"aaaab"]})
    >>> [(g.name, g.law.label, g.law.refused) for g in fit_groups(observations(t, "x", "y", ["g"]))]
    [('a', 'median of M2, M3', None), ('b', '', '1 size; a fit needs 3')]
    """
    ceiling = None if given.quantity is Quantity.LOSS else 1.0
    return tuple(
        _fit(name, given.table[given.table["group"] == name], given, images, ceiling)
        for name in given.groups
    )


def _fit(
    name: str,
    points: pd.DataFrame,
    given: Observations,
    images: int | None,
    ceiling: float | None,
) -> GroupFit:
    x, y = points["x"].to_numpy(float), points["y"].to_numpy(float)
    law = fit(x, y, images=images, ceiling=ceiling, unit=given.x)
    out, dropped = HeldOut(math.nan, math.nan, UNKNOWN, law.refused), UNKNOWN
    if not law.refused:
        out = leave_largest_out(x, y, images=images, ceiling=ceiling)
        if np.unique(x).size <= MOST_DROPPED:
            dropped = drop_one(x, y, images=images, ceiling=ceiling)
    return GroupFit(name, law, len(points), given.missing[name], out, dropped)


def summary(groups: tuple[GroupFit, ...], factor: float) -> pd.DataFrame:
    """One row a group; y, its intervals (90 %) and misses times ``factor``, see `Observations`.

    ``group points missing sizes used decades form reason notes x_top``; with ``_low`` and
    ``_high``: ``top at_2x at_4x`` (y there), ``elasticity`` at the middle, ``elasticity_top``,
    ``exponent``, ``floor`` and ``held_out``; ``identified``; ``held_out_x held_out_actual
    held_out_miss held_out_ratio held_out_reason``; ``drop_one_low drop_one_high``.
    """
    return pd.DataFrame([_row(group, factor) for group in groups])


def _row(group: GroupFit, factor: float) -> Mapping[str, object]:
    law, top, out = group.law, group.top, group.held_out
    row: dict[str, object] = {"group": group.name, "points": group.points, "missing": group.missing}
    row |= {"sizes": law.n, "used": law.used, "decades": law.decades, "form": law.label}
    row |= {"reason": law.refused or "", "notes": "; ".join(law.notes), "x_top": top}
    for name, at in (("top", 1.0), ("at_2x", 2.0), ("at_4x", 4.0)):
        row |= _columns(name, law.predict(at * top).scaled(factor))
    row |= _columns("elasticity", law.elasticity(group.middle))
    row |= _columns("elasticity_top", law.elasticity(top))
    row |= _columns("exponent", law.exponent()) | {"identified": law.identified}
    row |= _columns("floor", law.floor().scaled(factor))
    row |= _columns("held_out", out.predicted.scaled(factor))
    row |= {"held_out_x": out.x, "held_out_actual": out.actual * factor}
    row |= {"held_out_miss": out.miss * factor, "held_out_ratio": out.ratio}
    row |= {"held_out_reason": out.reason or ""}
    return row | {"drop_one_low": group.drop_one.low, "drop_one_high": group.drop_one.high}


def _columns(name: str, interval: Interval) -> dict[str, object]:
    return {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
