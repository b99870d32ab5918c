"""What a test set can see before anything is run: power of paired and unpaired comparisons.

All shares are fractions in 0..1. Two models share a test set of ``n`` images; a share
``discordance`` of them is right for one model only, and their accuracies differ by ``difference``.
`bench.analysis.stats.proportions.detectable_difference` is the smallest difference that McNemar's
test finds.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats


def _check(alpha: float, power: float) -> tuple[float, float]:
    """Normal quantiles of both; ValueError where they say nothing."""
    if not (0 < alpha < 1 and alpha / 2 < power < 1):
        raise ValueError(f"need 0 < alpha < 1 and alpha/2 < power < 1, got {alpha} and {power}")
    return float(stats.norm.isf(alpha / 2)), float(stats.norm.ppf(power))


def images_needed(
    difference: float, discordance: float, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Images on which McNemar's test finds a ``difference`` at this ``discordance``.

    Connor (1987): n = (z_a sqrt(d) + z_b sqrt(d - difference^2))^2 / difference^2. Raises
    `ValueError` unless 0 < difference <= discordance <= 1: accuracies cannot differ by more than
    the images on which the models do.

    >>> images_needed(0.002, 0.02), images_needed(0.01, 0.1)
    (39243, 7847)
    """
    za, zb = _check(alpha, power)
    if not 0 < difference <= discordance <= 1:
        raise ValueError(
            f"need 0 < difference <= discordance <= 1, got {difference} and {discordance}"
        )
    root = za * math.sqrt(discordance) + zb * math.sqrt(discordance - difference**2)
    return math.ceil((root / difference) ** 2)


def mcnemar_power(n: int, difference: float, discordance: float, alpha: float = 0.05) -> float:
    """Probability that the two-sided mid-p McNemar test on ``n`` images rejects, exactly.

    Sums over the number of discordant images, binomial in ``n``, the chance that those split
    beyond the test's bounds. Raises `ValueError` for |difference| > discordance.

    >>> round(mcnemar_power(10_000, 0.00396, 0.02), 2)
    0.8
    >>> mcnemar_power(10_000, 0.0, 0.02) < 0.05
    True
    """
    if n < 1 or not 0 <= discordance <= 1 or abs(difference) > discordance:
        raise ValueError(
            f"need n >= 1 and |difference| <= discordance <= 1, got {n}, {difference}, "
            f"{discordance}"
        )
    _check(alpha, 0.5 + alpha / 4)
    if discordance == 0:
        return 0.0
    middle, reach = n * discordance, 10 * math.sqrt(n * discordance * (1 - discordance)) + 10
    found = np.arange(max(0, math.floor(middle - reach)), min(n, math.ceil(middle + reach)) + 1)
    edges = _largest_rejected(found, alpha)
    first = (discordance + difference) / (2 * discordance)  # share of them for the first model
    beyond = stats.binom.cdf(edges, found, first) + stats.binom.cdf(edges, found, 1 - first)
    weight = stats.binom.pmf(found, n, discordance)
    return float(min(1.0, np.sum(weight * np.where(edges >= 0, beyond, 0.0))))


def _largest_rejected(found: NDArray[np.int64], alpha: float) -> NDArray[np.int64]:
    """For each number of discordant images, the largest minority that is rejected; -1: none."""
    edge = np.asarray(stats.binom.ppf(alpha / 2, found, 0.5)).astype(int) + 1
    edge = np.minimum(edge, found // 2)
    for _ in range(4):
        tail = 2 * stats.binom.cdf(edge, found, 0.5) - stats.binom.pmf(edge, found, 0.5)
        edge = np.where((edge >= 0) & (np.minimum(tail, 1.0) > alpha), edge - 1, edge)
    return np.asarray(edge, dtype=np.int64)


def unpaired_difference(n: int, accuracy: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """Smallest rise from ``accuracy`` that a z-test of two separate sets of ``n`` images finds.

    What comparing two printed accuracies amounts to. Unpooled variance; infinite where even a
    rise to 1 would be missed.

    >>> round(100 * unpaired_difference(10_000, 0.8), 2)  # points
    1.56
    """
    za, zb = _check(alpha, power)
    if n < 1 or not 0 < accuracy < 1:
        raise ValueError(f"need n >= 1 and accuracy in 0..1, got {n} and {accuracy}")

    def short(difference: float) -> float:
        other = accuracy + difference
        variance = (accuracy * (1 - accuracy) + other * (1 - other)) / n
        return difference - (za + zb) * math.sqrt(variance)

    top = 1 - accuracy
    if short(top) < 0:
        return math.inf
    return float(optimize.brentq(short, 0.0, top, xtol=1e-12))
