"""Accuracy: top-1 and top-5, in percent, with Wilson intervals.

If several classes of an image are right, one of them among the first 1 or 5 is enough (Beyer et al.
2020, Are we done with ImageNet?).
"""

from __future__ import annotations

from bench.analysis.stats.intervals import wilson
from bench.tasks.classification.metric import Estimate, Metric, Outputs, Rows


def share(right: Rows) -> Estimate:
    """Percentage of the rows, bool (N,), that are true, with Wilson's 95 % interval; N >= 1.

    >>> import numpy as np
    >>> share(np.array([True, False])).value
    50.0
    """
    found = wilson(int(right.sum()), len(right)).scaled(100)
    return Estimate(found.value, found.low, found.high)


def top1(outputs: Outputs) -> Rows:
    """Whether the prediction is right; bool (B,).

    >>> import numpy as np
    >>> top1(Outputs(np.array([[0.1, 0.9], [0.7, 0.2]]), np.array([1, 1]))).tolist()
    [True, False]
    """
    return outputs.rank < 1


def top5(outputs: Outputs) -> Rows:
    """Whether the target is among the five classes of highest logits; bool (B,).

    >>> import numpy as np
    >>> top5(Outputs(np.arange(10.0)[None], np.array([4]))).tolist()
    [False]
    """
    return outputs.rank < 5


TOP1 = Metric("top1", "%", top1, share, several=True)
TOP5 = Metric("top5", "%", top5, share, several=True)
METRICS = (TOP1, TOP5)
