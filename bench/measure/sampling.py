"""Timing something repeatedly: when to stop, and what the samples say. Standard library only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, exp, lgamma, log
from time import perf_counter
from typing import TypeAlias

Samples: TypeAlias = list[float]  #: seconds a pass


@dataclass(frozen=True)
class Rule:
    """Warm up for ``warmup`` passes; then sample until both others are reached."""

    warmup: int
    iterations: int
    seconds: float


def sampled(once: Callable[[], object], rule: Rule) -> Samples:
    """Seconds of each call of ``once`` after the warm-up, until the rule is met."""
    for _ in range(rule.warmup):
        once()
    samples: Samples = []
    start = perf_counter()
    while len(samples) < rule.iterations or perf_counter() - start < rule.seconds:
        before = perf_counter()
        once()
        samples.append(perf_counter() - before)
    return samples


def median(samples: Samples) -> float:
    """The middle sample, or the mean of the two in the middle.

    >>> median([3.0, 1.0, 2.0, 10.0])
    2.5
    """
    ordered = sorted(samples)
    middle = len(ordered) // 2
    return (ordered[middle] + ordered[~middle]) / 2


def median_interval(samples: Samples) -> tuple[float, float] | None:
    """Order statistics that hold the population's median with at least 95 %; None below six.

    Of n independent samples, the number below the median is binomial (n, 1/2), whatever the
    distribution; the narrowest symmetric pair of ranks with 95 % between them is taken.

    Source: Conover (1999), Practical nonparametric statistics, section 3.2.

    >>> median_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])
    (2.0, 9.0)
    """
    n = len(samples)
    below = accumulate(
        exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * log(2)) for k in range(n + 1)
    )
    rank = sum(1 for tail in below if tail <= 0.025) - 1
    if rank < 0:
        return None
    ordered = sorted(samples)
    return ordered[rank], ordered[~rank]


def percentile(samples: Samples, percent: float) -> float:
    """The least sample that at least ``percent`` % of all do not exceed (nearest rank).

    Always a time that was measured, never one between two.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 50), percentile([1.0, 2.0, 3.0, 4.0], 99)
    (2.0, 4.0)
    """
    ordered = sorted(samples)
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1]
