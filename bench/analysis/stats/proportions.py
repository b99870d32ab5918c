"""Proportions: intervals, paired tests, and what a test set is able to see.

All proportions are fractions in 0..1, not percent. Pairs are two models on the same images:
``b`` images only the first gets right, ``c`` only the second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from bench.analysis.stats.intervals import Interval, quantile, wilson


@dataclass(frozen=True)
class PairedDifference:
    """First minus second accuracy (fractions) on the same ``n`` images."""

    difference: Interval
    p: float  #: mid-p McNemar, two-sided
    only_first: int
    only_second: int
    n: int

    @property
    def discordance(self) -> float:
        """Share of images on which exactly one of the two is right."""
        return (self.only_first + self.only_second) / self.n


def mcnemar_midp(b: int, c: int) -> float:
    """Two-sided mid-p McNemar test of ``b`` against ``c`` discordant images.

    The exact test minus the point probability: keeps 5 % without the exact test's loss of power
    (Fagerland, Lydersen & Laake 2013). No discordant image gives 1.

    >>> round(mcnemar_midp(2, 8), 5)
    0.06543
    """
    if b < 0 or c < 0:
        raise ValueError(f"counts must not be negative, got {b} and {c}")
    few = min(b, c)
    tail = 2 * stats.binom.cdf(few, b + c, 0.5) - stats.binom.pmf(few, b + c, 0.5)
    return float(min(1.0, tail))


def paired_interval(b: int, c: int, n: int, level: float = 0.95) -> Interval:
    """Score interval of the paired difference (b - c) / n (Tango 1998).

    Inverts the test whose variance is estimated under each candidate difference, so it stays
    inside -1..1 and keeps its coverage when few images are discordant.

    >>> i = paired_interval(8, 2, 100)
    >>> round(i.value, 3), round(i.low, 4), round(i.high, 4)
    (0.06, -0.0024, 0.1336)
    """
    if n < 1 or b < 0 or c < 0 or b + c > n:
        raise ValueError(f"need b, c >= 0 and b + c <= n, got {b}, {c}, {n}")
    z = quantile(level)

    def score(delta: float) -> float:
        linear = (2 * n - b + c) * delta - b - c
        q = (math.sqrt(linear**2 + 8 * n * c * delta * (1 - delta)) - linear) / (4 * n)
        variance = n * (2 * q + delta * (1 - delta))
        gap = b - c - n * delta
        if abs(gap) < 1e-9:
            return 0.0
        return gap / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, gap)

    edge, value = 1 - 1e-12, (b - c) / n
    low, high = -1.0, 1.0
    if value > -edge and score(-edge) > z:
        low = float(optimize.brentq(lambda d: score(d) - z, -edge, value, xtol=1e-13))
    if value < edge and score(edge) < -z:
        high = float(optimize.brentq(lambda d: score(d) + z, value, edge, xtol=1e-13))
    return Interval(value, low, high)


def paired_difference(first: ArrayLike, second: ArrayLike, level: float = 0.95) -> PairedDifference:
    """Compare two models by their correctness (bool, shape (n,)) on the same images.

    >>> d = paired_difference([1, 1, 1, 0, 1], [1, 0, 0, 0, 1])
    >>> d.difference.value, d.only_first, d.only_second, d.p
    (0.4, 2, 0, 0.25)
    """
    x, y = np.asarray(first).astype(bool), np.asarray(second).astype(bool)
    if x.ndim != 1 or x.shape != y.shape or not x.size:
        raise ValueError(f"need two equally long, non-empty rows, got {x.shape} and {y.shape}")
    b, c = int((x & ~y).sum()), int((~x & y).sum())
    return PairedDifference(paired_interval(b, c, x.size, level), mcnemar_midp(b, c), b, c, x.size)


def unpaired_interval(right1: int, n1: int, right2: int, n2: int, level: float = 0.95) -> Interval:
    """Interval of a difference of two independent proportions (Newcombe 1998, method 10).

    On one shared test set it is wider than need be: use `paired_difference` where predictions
    are stored.

    >>> i = unpaired_interval(56, 70, 48, 80)
    >>> round(i.value, 4), round(i.low, 4), round(i.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    p, q = wilson(right1, n1, level), wilson(right2, n2, level)
    value = p.value - q.value
    down = math.hypot(p.value - p.low, q.high - q.value)
    up = math.hypot(p.high - p.value, q.value - q.low)
    return Interval(value, value - down, value + up)


def detectable_difference(
    n: int, discordance: float, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Smallest paired difference in accuracy (fraction) that McNemar's test finds.

    Solves Connor's (1987) sample size for the difference: ``n`` images, of which a share
    ``discordance`` is right for one model only. Infinite where even the largest difference
    possible, ``discordance`` itself, would be missed.

    >>> round(100 * detectable_difference(10_000, 0.02), 3)  # points
    0.396
    """
    if n < 1 or not 0 <= discordance <= 1:
        raise ValueError(f"need n >= 1 and discordance in 0..1, got {n} and {discordance}")
    if not (0 < alpha < 1 and alpha / 2 < power < 1):
        raise ValueError(f"need 0 < alpha < 1 and alpha/2 < power < 1, got {alpha} and {power}")
    za, zb = float(stats.norm.isf(alpha / 2)), float(stats.norm.ppf(power))
    inside = n + zb * zb - za * za
    if inside < 0:
        return math.inf
    root = math.sqrt(n) * za + zb * math.sqrt(inside)
    difference = math.sqrt(discordance) * root / (n + zb * zb)
    return difference if 0 < difference <= discordance else math.inf


def holm(p: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """P-values adjusted for testing all of them (Holm 1979), in the order given; NaN stays NaN.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, dtype=np.float64)
    adjusted = np.full(values.shape, np.nan)
    order = np.flatnonzero(~np.isnan(values))
    order = order[np.argsort(values[order], kind="stable")]
    steps = values[order] * np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps)) if order.size else steps
    return adjusted
