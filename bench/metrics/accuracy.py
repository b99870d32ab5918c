"""Accuracy: top-1 and top-5, in percent, with Wilson intervals."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import numpy as np

from bench.metrics import Estimate, Logits, Metric, Targets

_Z = NormalDist().inv_cdf(0.975)  #: two-sided 95 %


def rank(logits: Logits, targets: Targets) -> Targets:
    """How many classes come before the target, 0 where it is the prediction; shape (N,).

    Classes of equal logits come in index order, as in ``argmax``: a network that answers the same
    for every class is right on class 0 alone, not always.

    >>> import numpy as np
    >>> rank(np.array([[0.1, 0.9, 0.5], [1.0, 1.0, 1.0]]), np.array([2, 1])).tolist()
    [1, 1]
    """
    of_target = np.take_along_axis(logits, targets[:, None], axis=1)
    higher = logits > of_target
    before = (logits == of_target) & (np.arange(logits.shape[1]) < targets[:, None])
    return np.asarray((higher | before).sum(axis=1), dtype=np.int64)


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


def topk(logits: Logits, targets: Targets, k: int) -> Estimate:
    """Percent of images whose target is among the ``k`` classes of highest logits.

    >>> import numpy as np
    >>> topk(np.array([[0.1, 0.9, 0.5], [0.7, 0.2, 0.1]]), np.array([2, 0]), k=1).value
    50.0
    """
    return wilson(int((rank(logits, targets) < k).sum()), len(targets))


def top1(logits: Logits, targets: Targets) -> Estimate:
    """Percent of images whose prediction is the target.

    >>> import numpy as np
    >>> top1(np.array([[0.1, 0.9], [0.7, 0.2]]), np.array([1, 1])).value
    50.0
    """
    return topk(logits, targets, 1)


def top5(logits: Logits, targets: Targets) -> Estimate:
    """Percent of images whose target is among the five likeliest classes.

    >>> import numpy as np
    >>> top5(np.arange(10.0)[None], np.array([4])).value
    0.0
    """
    return topk(logits, targets, 5)


METRICS = (Metric("top1", "%", top1), Metric("top5", "%", top5))
