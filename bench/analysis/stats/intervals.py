"""An estimate with its interval, and that of a share; standard library alone, to load fast."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True)
class Interval:
    """An estimate with the interval around it; NaN where unknown."""

    value: float
    low: float
    high: float

    def scaled(self, factor: float) -> Interval:
        """In another unit, such as percent; ``factor`` > 0.

        >>> Interval(0.5, 0.25, 0.75).scaled(100)
        Interval(value=50.0, low=25.0, high=75.0)
        """
        return Interval(self.value * factor, self.low * factor, self.high * factor)


UNKNOWN = Interval(math.nan, math.nan, math.nan)


def quantile(level: float) -> float:
    """Standard normal quantile that a two-sided interval of ``level`` reaches to.

    >>> round(quantile(0.95), 3)
    1.96
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(right: int, n: int, level: float = 0.95) -> Interval:
    """Share ``right`` of ``n`` (fraction) with its score interval; never leaves 0..1.

    Unlike the normal approximation it keeps its coverage near both ends. Raises `ValueError` unless
    0 <= ``right`` <= ``n`` and ``n`` >= 1.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference;
    Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion.

    >>> i = wilson(80, 100)
    >>> i.value, round(i.low, 4), round(i.high, 4)
    (0.8, 0.7112, 0.8666)
    """
    if n < 1 or not 0 <= right <= n:
        raise ValueError(f"need 0 <= right <= n and n >= 1, got {right} of {n}")
    z, p = quantile(level), right / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # At the ends the bound is exact; rounding alone would put it just beside the value.
    low = 0.0 if right == 0 else max(0.0, middle - half)
    return Interval(p, low, 1.0 if right == n else min(1.0, middle + half))
