"""Which points a law can be fitted to: cleaning, and refusal with a reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bench.analysis.scaling.forms import Array

#: Distinct sizes below which nothing is fitted.
LEAST_SIZES = 3
#: Largest over smallest x below which nothing is fitted.
LEAST_RANGE = 1.5
#: Points that a law is integrated over one by one; more are put together, see `weighted`.
MOST_POINTS = 1000


def clean(
    x: ArrayLike, y: ArrayLike, ceiling: float | None
) -> tuple[Array, Array, tuple[str, ...]]:
    """Distinct rising x, the geometric mean of y at each, and remarks.

    Raises `ValueError`, one line, for what cannot be: rows of two lengths, values that are not
    finite or not > 0, or y above its ``ceiling``.

    >>> x, y, notes = clean([4.0, 1.0, 4.0], [0.1, 0.4, 0.1], 1.0)
    >>> x.tolist(), np.round(y, 6).tolist(), notes
    ([1.0, 4.0], [0.4, 0.1], ('points of equal x merged: 3 to 2',))
    """
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if xs.ndim != 1 or xs.shape != ys.shape:
        raise ValueError(f"x and y must be rows of one length, got {xs.shape} and {ys.shape}")
    for name, values in (("x", xs), ("y", ys)):
        if not np.isfinite(values).all():
            raise ValueError(f"{name} has {int((~np.isfinite(values)).sum())} values not finite")
        if (values <= 0).any():
            raise ValueError(f"{name} must be > 0 on a log scale, got {float(values.min()):g}")
    if ceiling is not None and ys.size and ys.max() > ceiling:
        raise ValueError(
            f"y reaches {float(ys.max()):g}, above its ceiling {ceiling:g}; a loss has none"
        )
    distinct, where = np.unique(xs, return_inverse=True)
    if distinct.size == xs.size:
        return distinct, ys[np.argsort(xs)], ()
    mean = np.bincount(where, weights=np.log(ys)) / np.bincount(where)
    return distinct, np.exp(mean), (f"points of equal x merged: {xs.size} to {distinct.size}",)


@dataclass(frozen=True)
class Weighted:
    """Points on log axes, many of them put together: each array has shape (points,)."""

    log_x: Array
    log_y: Array
    weight: Array  #: how many each stands for
    within: float  #: squares of log_y about the point that stands for it, summed


def weighted(log_x: Array, log_y: Array, most: int = MOST_POINTS) -> Weighted:
    """Up to ``most`` points as they are; of more, the means within that many bins of ``log_x``.

    What a least-squares fit of a curve sees of either is the same, as a curve is straight within a
    bin of a thousandth of the range.

    >>> few = weighted(np.array([0.0, 0.1, 1.0]), np.array([2.0, 1.0, 0.0]), most=2)
    >>> few.log_y.tolist(), few.weight.tolist(), few.within
    ([1.5, 0.0], [2.0, 1.0], 0.5)
    """
    if log_x.size <= most:
        return Weighted(log_x, log_y, np.ones_like(log_x), 0.0)
    edges = np.linspace(log_x.min(), log_x.max(), most + 1)[1:-1]
    _, place = np.unique(np.searchsorted(edges, log_x), return_inverse=True)
    weight = np.bincount(place).astype(np.float64)
    mean_x, mean_y = (np.bincount(place, weights=v) / weight for v in (log_x, log_y))
    return Weighted(mean_x, mean_y, weight, float(((log_y - mean_y[place]) ** 2).sum()))


def why_not(x: Array, y: Array, unit: str) -> str | None:
    """Why these points carry no law, or None; ``unit`` names x.

    >>> why_not(np.array([1.0, 1.2, 1.3]), np.array([0.3, 0.2, 0.1]), "gmacs")
    'gmacs spans 1.30x; a fit needs 1.5x'
    """
    if x.size < LEAST_SIZES:
        return f"{x.size} size{'' if x.size == 1 else 's'}; a fit needs {LEAST_SIZES}"
    if x[-1] / x[0] < LEAST_RANGE:
        return f"{unit} spans {x[-1] / x[0]:.2f}x; a fit needs {LEAST_RANGE}x"
    if np.ptp(np.log(y)) < 1e-12:
        return f"y does not change with {unit}"
    slope = float(np.polyfit(np.log(x), np.log(y), 1)[0])
    if slope >= 0:
        return f"y does not fall with {unit} (log-log slope {slope:+.3f})"
    return None
