"""A scaling law for each group of points, with what shows whether it can be believed.

This is the one place where a group's law is fitted; whoever needs it is handed the `GroupFit`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bench.analysis.scaling.forms import Array
from bench.analysis.scaling.heldout import HeldOut, predict_largest, slope_range
from bench.analysis.scaling.law import ScalingFit, fit
from bench.analysis.scaling.points import LEAST_SIZES
from bench.analysis.stats.intervals import UNKNOWN, Interval
from bench.analysis.tables.axes import Quantity
from bench.analysis.tables.observations import Observations

#: Sizes above which no size is dropped in turn: one of many changes little, and it takes minutes.
MOST_DROPPED = 16


@dataclass(frozen=True)
class GroupFit:
    """The law of one group of points; its trials are fitted when they are first asked for."""

    name: str
    x: Array  #: of the rows that have x and y, shape (points,)
    y: Array  #: error rates in 0..1, or losses
    law: ScalingFit
    missing: int = 0  #: rows that lack x or y
    images: int | None = None
    ceiling: float | None = 1.0
    _refits: dict[float, ScalingFit] = field(default_factory=dict, repr=False, compare=False)

    @property
    def points(self) -> int:
        """Rows that have x and y."""
        return self.x.size

    @property
    def top(self) -> float:
        """Largest x."""
        return float(self.law.x[-1]) if self.law.used else math.nan

    @property
    def middle(self) -> float:
        """Geometric mean of the range of x."""
        return math.sqrt(float(self.law.x[0])) * math.sqrt(self.top) if self.law.used else math.nan

    @cached_property
    def held_out(self) -> HeldOut:
        """The largest size predicted from the others, in units of y."""
        sizes = np.unique(self.x)
        if self.law.refused:
            return HeldOut(math.nan, math.nan, UNKNOWN, self.law.refused)
        if sizes.size <= LEAST_SIZES:
            why = f"{sizes.size} sizes; holding one out needs {LEAST_SIZES + 1}"
            return HeldOut(math.nan, math.nan, UNKNOWN, why)
        return predict_largest(self.x, self.y, self._without(float(sizes[-1])))

    @cached_property
    def drop_one(self) -> Interval:
        """Elasticity at the largest x, and its range over leaving out each size in turn.

        NaN where fewer than four sizes remain to drop from, or there are more than `MOST_DROPPED`.
        """
        sizes = np.unique(self.x).tolist()
        if self.law.refused or not LEAST_SIZES < len(sizes) <= MOST_DROPPED:
            return UNKNOWN
        return slope_range(self.law, [self._without(size) for size in sizes])

    def _without(self, size: float) -> ScalingFit:
        if size not in self._refits:
            kept = self.x != size
            law = fit(self.x[kept], self.y[kept], images=self.images, ceiling=self.ceiling)
            self._refits[size] = law
        return self._refits[size]


def fit_group(
    name: str,
    x: ArrayLike,
    y: ArrayLike,
    *,
    missing: int = 0,
    images: int | None = None,
    ceiling: float | None = 1.0,
    unit: str = "x",
) -> GroupFit:
    """Fit the law of one group; arguments and errors as `bench.analysis.scaling.fit` has them.

    >>> x = np.array([1.0, 2, 4, 8, 16])
    >>> group = fit_group("a", x, 0.1 + 0.2 * x**-0.5)
    >>> group.held_out.ratio < 1, round(group.held_out.actual, 3)
    (True, 0.15)
    >>> group.drop_one.high - group.drop_one.low < 0.02
    True
    """
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    law = fit(xs, ys, images=images, ceiling=ceiling, unit=unit)
    return GroupFit(name, xs, ys, law, missing, images, ceiling)


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
    points = dict(list(given.table.groupby("group", sort=False)))
    none = given.table[:0]
    return tuple(
        fit_group(
            name,
            points.get(name, none)["x"],
            points.get(name, none)["y"],
            missing=given.missing[name],
            images=images,
            ceiling=ceiling,
            unit=given.x,
        )
        for name in given.groups
    )


def summary(groups: Iterable[GroupFit], factor: float) -> pd.DataFrame:
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
