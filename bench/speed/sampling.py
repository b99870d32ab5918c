"""Timing something repeatedly: when to stop, which samples to repeat, and statistics of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, exp, inf, lgamma, log, pi, sqrt
from statistics import fmean, variance
from time import perf_counter
from typing import Protocol, TypeAlias

Samples: TypeAlias = list[float]  #: seconds per pass
Burst: TypeAlias = Callable[[], Samples]  #: one or more passes, timed

#: A sample that loses more than this share of its time to others is repeated.
TOLERANCE = 0.05
#: Warm-up goes on while a pass is this much faster than all before it ...
_STEADY = 0.05
#: ... up to this many times the number of passes that the rule asks for.
_LONGEST_WARMUP = 10
#: Degrees of freedom that the spread within processes counts for.
_PRIOR = 1
#: Distance of a normal distribution's quartiles, in standard deviations.
_QUARTILES_APART = 1.349


class ContentionMonitor(Protocol):
    """Measures how much a sample was disturbed by other programs."""

    def begin(self) -> None:
        """A sample starts."""

    def lost(self) -> float:
        """Share of the time since ``begin`` that was lost to others, 0..1."""


class NullMonitor:
    """A monitor that sees nothing."""

    def begin(self) -> None:
        """Does nothing."""

    def lost(self) -> float:
        """Always 0."""
        return 0.0


@dataclass(frozen=True)
class Rule:
    """Warm up, then sample until there are ``iterations`` samples and ``seconds`` have passed.

    After ``longest`` seconds, ``least`` samples are enough. Disturbed samples are repeated: at most
    ``iterations`` of them, and within ``longest``.
    """

    warmup: int
    iterations: int
    seconds: float
    longest: float = inf
    least: int = 1


@dataclass(frozen=True)
class KeptSamples:
    """The undisturbed samples, and the least disturbed ones if there are too few of those."""

    seconds: Samples
    discarded: int = 0  #: disturbed samples that were replaced
    disturbed: int = 0  #: disturbed samples that were kept


def sample_passes(
    burst: Burst, rule: Rule, monitor: ContentionMonitor | None = None
) -> KeptSamples:
    """Seconds of each pass after the warm-up, in the order they were made."""
    monitor = monitor or NullMonitor()
    _warm_up(burst, rule.warmup)
    found: list[tuple[float, float]] = []  # share lost, seconds
    noisy = 0
    start = perf_counter()
    while not _enough(rule, len(found), noisy, perf_counter() - start):
        monitor.begin()
        passes = burst()
        lost = monitor.lost()
        noisy += len(passes) if lost > TOLERANCE else 0
        found += [(lost, seconds) for seconds in passes]
    clean = len(found) - noisy
    wanted = max(clean, min(rule.iterations, len(found)))
    limit = sorted(lost for lost, _ in found)[wanted - 1]
    kept = [seconds for lost, seconds in found if lost <= max(limit, TOLERANCE)]
    return KeptSamples(kept, discarded=len(found) - len(kept), disturbed=len(kept) - clean)


def _enough(rule: Rule, found: int, noisy: int, elapsed: float) -> bool:
    if elapsed >= rule.longest and found >= rule.least:
        return True
    clean = found - noisy
    return (clean >= rule.iterations or noisy >= rule.iterations) and elapsed >= rule.seconds


def _warm_up(burst: Burst, least: int) -> None:
    fastest = inf
    for number in range(1, least * _LONGEST_WARMUP + 1):
        latest = median(burst())
        if number >= least and latest > (1 - _STEADY) * fastest:
            return
        fastest = min(fastest, latest)


def median(samples: Sequence[float]) -> float:
    """The middle sample, or the mean of the two in the middle.

    >>> median([3.0, 1.0, 2.0, 10.0])
    2.5
    """
    ordered = sorted(samples)
    middle = len(ordered) // 2
    return (ordered[middle] + ordered[~middle]) / 2


def median_interval(samples: Sequence[float]) -> tuple[float, float] | None:
    """Order statistics that hold the population's median with at least 95 %; None for n < 6.

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


def repeat_interval(processes: Sequence[Sequence[float]]) -> tuple[float, float] | None:
    """Where the median of as many processes, run again, will fall with about 95 % probability.

    Each element holds one process's samples, all positive. The reported value is the median of
    their R medians. With s the standard deviation of a logged median, two such values differ with a
    variance of about pi s^2 / R, so by at most t s sqrt(pi / R). A few processes tell little about
    s, so their own s_b^2 with R - 1 degrees of freedom is averaged with the variance of single
    samples within a process, which counts for one more; t is Student's 97.5th percentile with R
    degrees of freedom. The interval also covers each process's own `median_interval`; for a single
    process that is all there is.

    Source: for the variance of a median Kenney and Keeping (1962), Mathematics of statistics,
    section 14.7; for averaging variances Smyth (2004), doi:10.2202/1544-6115.1027, section 3;
    replication by process: Kalibera and Jones (2013), Rigorous benchmarking in reasonable time.

    >>> low, high = repeat_interval([[1.00, 1.01, 1.00], [1.02, 1.01, 1.02], [0.99, 1.00, 0.99]])
    >>> round(low, 2), round(high, 2)
    (0.96, 1.04)
    """
    inside = [interval for samples in processes if (interval := median_interval(samples))]
    lows, highs = [low for low, _ in inside], [high for _, high in inside]
    medians = [median(samples) for samples in processes]
    if (count := len(medians)) > 1:
        from scipy.special import stdtrit  # here: the first import of scipy takes a while

        between = variance([log(value) for value in medians])
        within = fmean(_log_spread(samples) ** 2 for samples in processes)
        spread = sqrt(((count - 1) * between + _PRIOR * within) / (count - 1 + _PRIOR))
        student = float(stdtrit(count - 1 + _PRIOR, 0.975))
        reach = exp(student * spread * sqrt(pi / count))
        lows.append(median(medians) / reach)
        highs.append(median(medians) * reach)
    return (min(lows), max(highs)) if lows else None


def _log_spread(samples: Sequence[float]) -> float:
    """Standard deviation of the logged samples from their quartiles, robust to a few slow ones."""
    return log(percentile(samples, 75) / percentile(samples, 25)) / _QUARTILES_APART


def percentile(samples: Sequence[float], percent: float) -> float:
    """The smallest sample that at least ``percent`` % of all do not exceed (nearest rank).

    Always a measured time, never interpolated.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 50), percentile([1.0, 2.0, 3.0, 4.0], 99)
    (2.0, 4.0)
    """
    ordered = sorted(samples)
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1]
