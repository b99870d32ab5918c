"""Where a test turns into a word such as "better" or "tied"."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

#: Size of the tests that decide on such words.
ALPHA = 0.05


def clear(p: ArrayLike, alpha: float = ALPHA) -> int:
    """How many p-values, adjusted where that is due, are at most ``alpha``; NaN never is.

    >>> clear([0.01, 0.05, 0.2, float("nan")])
    2
    """
    return int((np.asarray(p, dtype=np.float64) <= alpha).sum())


def excludes(low: float, high: float, value: float = 0.0) -> bool:
    """Whether an interval lies wholly on one side of ``value``; unknown ends exclude nothing.

    >>> excludes(0.2, 1.0), excludes(-0.2, 1.0), excludes(float("nan"), float("nan"))
    (True, False, False)
    """
    return low > value or high < value
