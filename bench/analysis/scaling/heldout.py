"""Is the fit any good? Predict the largest size from the others, and leave out each in turn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.analysis.scaling.forms import Array
from bench.analysis.scaling.law import ScalingFit
from bench.analysis.stats.intervals import UNKNOWN, Interval


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


def predict_largest(x: Array, y: Array, smaller: ScalingFit) -> HeldOut:
    """The largest of ``x`` as the law of all ``smaller`` ones has it; x and y of shape (n,)."""
    top = float(x.max())
    actual = float(np.exp(np.log(y[x == top]).mean()))
    reason = f"without the largest: {smaller.refused}" if smaller.refused else None
    return HeldOut(top, actual, smaller.predict(top, observed=True), reason)


def slope_range(law: ScalingFit, without: Sequence[ScalingFit]) -> Interval:
    """Elasticity at the largest x: of ``law``, and its range over the laws ``without`` one size.

    Not a confidence interval: a wide range says that one model carries the conclusion.
    """
    top = float(law.x[-1])
    whole = law.slope(top)
    known = [v for v in [*(other.slope(top) for other in without), whole] if not math.isnan(v)]
    return Interval(whole, min(known), max(known)) if known else UNKNOWN
