"""Accuracy: top-1 and top-5, in percent, with Wilson intervals.

Where several classes of an image are right, one of them among the first is enough (Beyer et al.
2020, Are we done with ImageNet?).
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from bench.tasks.classification.metric import Answers, Estimate, Metric, Rows

_Z = NormalDist().inv_cdf(0.975)  #: two-sided 95 %


def wilson(right: int, n: int) -> Estimate:
    """Share of successes in percent, with Wilson's 95 % score interval.

    ``right`` of ``n`` trials, 0 <= right <= n and n >= 1; else ValueError. Unlike the normal
    approximation it stays within 0..100 % and keeps its coverage near both ends.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference;
    Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion.

    >>> e = wilson(0, 10)
    >>> e.value, e.low, round(e.high, 2)
    (0.0, 0.0, 27.75)
    """
    if not 0 <= right <= n or n < 1:
        raise ValueError(f"{right} of {n} is no share")
    share = right / n
    weight = _Z**2 / n
    middle = (share + weight / 2) / (1 + weight)
    half = _Z * sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    # At the ends the bound is exact; rounding alone would put it just beside the value.
    low = 0.0 if right == 0 else middle - half
    high = 1.0 if right == n else middle + half
    return Estimate(100 * share, 100 * low, 100 * high)


def share(right: Rows) -> Estimate:
    """Percent of rows (N,), bool, that are true.

    >>> import numpy as np
    >>> share(np.array([True, False])).value
    50.0
    """
    return wilson(int(right.sum()), len(right))


def top1(answers: Answers) -> Rows:
    """Whether the prediction is right; bool (B,).

    >>> import numpy as np
    >>> top1(Answers(np.array([[0.1, 0.9], [0.7, 0.2]]), np.array([1, 1]))).tolist()
    [True, False]
    """
    return answers.rank < 1


def top5(answers: Answers) -> Rows:
    """Whether the target is among the five classes of highest logits; bool (B,).

    >>> import numpy as np
    >>> top5(Answers(np.arange(10.0)[None], np.array([4]))).tolist()
    [False]
    """
    return answers.rank < 5


TOP1 = Metric("top1", "%", top1, share, several=True)
TOP5 = Metric("top5", "%", top5, share, several=True)
METRICS = (TOP1, TOP5)
