"""Effective robustness: accuracy under shift beyond what in-distribution accuracy predicts.

Models of one kind of training lie on a line in logit-logit axes (Taori et al. 2020, Miller et al.
2021). A model's height above that line, in points, is its effective robustness. A line fitted to
the models at hand is circular for them, so ``n`` and R^2 go with it, and it is not extended
beyond the accuracies that it was fitted on without a mark. Accuracies here are percent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

Array = NDArray[np.float64]

#: Models below which no line is fitted.
LEAST_MODELS = 4
#: Spread of logits below which a line has nothing to stand on.
LEAST_SPREAD = 0.05


@dataclass(frozen=True)
class Line:
    """logit(shift) = slope logit(val) + intercept, of ``n`` models with val in low..high (%)."""

    slope: float
    intercept: float
    low: float
    high: float
    n: int
    r2: float
    source: str

    def predict(self, val: ArrayLike) -> Array:
        """Expected accuracy under shift (%) at in-distribution accuracy ``val`` (%), same shape."""
        return from_logit(self.slope * to_logit(val) + self.intercept)

    def effective(self, val: ArrayLike, shift: ArrayLike) -> Array:
        """Effective robustness in points: ``shift`` less what ``val`` predicts, same shape.

        >>> line = Line(1.0, -1.0, 50, 90, 20, 0.9, "example")
        >>> round(float(line.effective(50.0, 30.0)), 3)
        3.106
        """
        return np.asarray(np.asarray(shift, dtype=np.float64) - self.predict(val))

    def covers(self, val: ArrayLike) -> NDArray[np.bool_]:
        """Whether ``val`` lies within the accuracies the line was fitted on, same shape."""
        values = np.asarray(val, dtype=np.float64)
        return np.asarray((values >= self.low) & (values <= self.high))


@dataclass(frozen=True)
class NoLine:
    """Why no line could be fitted to ``n`` models."""

    n: int
    reason: str


def to_logit(percent: ArrayLike) -> Array:
    """Log odds of an accuracy in percent; 0 and 100 give -inf and inf.

    >>> float(to_logit(50.0))
    0.0
    """
    return np.asarray(special.logit(np.asarray(percent, dtype=np.float64) / 100))


def from_logit(logit: ArrayLike) -> Array:
    """Accuracy in percent of log odds.

    >>> float(from_logit(0.0))
    50.0
    """
    return np.asarray(100 * special.expit(np.asarray(logit, dtype=np.float64)))


def fit_line(val: ArrayLike, shift: ArrayLike, source: str = "these models") -> Line | NoLine:
    """Ordinary least squares in logits over models with 0 < accuracy < 100 on both sets.

    ``val`` and ``shift`` are percent, shape (models,); models that lack one are left out.
    Raises `ValueError` for shapes that differ or values outside 0..100.

    >>> line = fit_line([50, 60, 70, 80], [30, 40, 50, 62])
    >>> round(line.slope, 3), line.n
    (0.958, 4)
    >>> fit_line([50, 60], [30, 40])
    NoLine(n=2, reason='2 models; a line needs 4')
    """
    x, y = np.asarray(val, dtype=np.float64), np.asarray(shift, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"val and shift must be rows of one length, got {x.shape} and {y.shape}")
    for values in (x, y):
        if ((values < 0) | (values > 100)).any():
            raise ValueError("accuracies are percent, 0 to 100")
    a, b = to_logit(x), to_logit(y)
    usable = np.isfinite(a) & np.isfinite(b)
    a, b, n = a[usable], b[usable], int(usable.sum())
    if n < LEAST_MODELS:
        return NoLine(n, f"{n} model{'' if n == 1 else 's'}; a line needs {LEAST_MODELS}")
    if np.ptp(a) < LEAST_SPREAD:
        return NoLine(n, "the models' in-distribution accuracies hardly differ")
    if np.ptp(b) == 0:
        return Line(
            0.0, float(b[0]), float(x[usable].min()), float(x[usable].max()), n, 0.0, source
        )
    line = stats.linregress(a, b)
    return Line(
        float(line.slope),
        float(line.intercept),
        float(x[usable].min()),
        float(x[usable].max()),
        n,
        float(line.rvalue) ** 2,
        source,
    )


def absolute_drop(val: float, shift: float) -> float:
    """Points lost from the in-distribution twin to the shifted set.

    >>> absolute_drop(80.0, 60.0)
    20.0
    """
    return val - shift


def relative_drop(val: float, shift: float) -> float:
    """Percent of the twin's accuracy that is lost; NaN where there is none to lose.

    >>> relative_drop(80.0, 60.0)
    25.0
    """
    return 100 * (val - shift) / val if val > 0 else math.nan
