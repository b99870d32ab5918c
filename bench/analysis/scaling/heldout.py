"""Is the fit any good? Predict the largest model from the others, and drop each in turn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bench.analysis.scaling.law import fit
from bench.analysis.scaling.points import LEAST_SIZES
from bench.analysis.stats.proportions import UNKNOWN, Interval


@dataclass(frozen=True)
class HeldOut:
    """The largest size predicted from all smaller ones; ``reason`` where that is impossible."""

    x: float
    actual: float
    predicted: Interval  #: 90 %, for one more model
    reason: str | None = None

    @property
    def miss(self) -> float:
        """Predicted less actual, in units of y."""
        return self.predicted.value - self.actual

    @property
    def ratio(self) -> float:
        """|miss| in units of the interval's arm on that side; > 1 is a miss."""
        arm = self.predicted.value - self.predicted.low
        if self.miss < 0:
            arm = self.predicted.high - self.predicted.value
        return abs(self.miss) / arm if arm > 0 else math.nan


def leave_largest_out(
    x: ArrayLike, y: ArrayLike, *, images: int | None = None, ceiling: float | None = 1.0
) -> HeldOut:
    """Fit without the largest x, then predict it; arguments as in `fit`.

    >>> x = np.array([1.0, 2, 4, 8, 16])
    >>> out = leave_largest_out(x, 0.1 + 0.2 * x**-0.5)
    >>> out.ratio < 1, round(out.actual, 3)
    (True, 0.15)
    """
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if np.unique(xs).size <= LEAST_SIZES:
        why = f"{np.unique(xs).size} sizes; holding one out needs {LEAST_SIZES + 1}"
        return HeldOut(math.nan, math.nan, UNKNOWN, why)
    top = xs.max()
    law = fit(xs[xs < top], ys[xs < top], images=images, ceiling=ceiling)
    actual = float(np.exp(np.log(ys[xs == top]).mean()))
    reason = f"without the largest: {law.refused}" if law.refused else None
    return HeldOut(float(top), actual, law.predict(float(top), observed=True), reason)


def drop_one(
    x: ArrayLike, y: ArrayLike, *, images: int | None = None, ceiling: float | None = 1.0
) -> Interval:
    """Elasticity at the largest x: of all points, and its range when any one point is dropped.

    Not a confidence interval: a wide range says that one model carries the conclusion. NaN where
    fewer than four sizes remain to drop from.

    >>> x = np.array([1.0, 2, 4, 8, 16])
    >>> r = drop_one(x, 0.3 * x**-0.25)
    >>> bool(abs(r.high - r.low) < 0.01)
    True
    """
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    sizes = np.unique(xs)
    if sizes.size <= LEAST_SIZES:
        return UNKNOWN
    top = float(sizes[-1])
    whole = fit(xs, ys, images=images, ceiling=ceiling).slope(top)
    parts = [
        fit(xs[xs != s], ys[xs != s], images=images, ceiling=ceiling).slope(top) for s in sizes
    ]
    known = [v for v in [*parts, whole] if not math.isnan(v)]
    return Interval(whole, min(known), max(known)) if known else UNKNOWN
