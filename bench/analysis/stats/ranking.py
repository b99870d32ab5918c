"""Leaderboards that admit ties, and whether two models fail on the same images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.analysis.stats.intervals import Interval
from bench.analysis.stats.proportions import holm, mcnemar_midp


@dataclass(frozen=True)
class Ranks:
    """Places on one set, 1 the best; each array has shape (models,)."""

    rank: NDArray[np.int64]  #: by accuracy; equal accuracies share the better place
    best: NDArray[np.int64]  #: 1 + models that are significantly better
    worst: NDArray[np.int64]  #: models less those that are significantly worse
    p: NDArray[np.float64]  #: adjusted, of each pair, shape (models, models); diagonal 1

    def tied(self, i: int, j: int, alpha: float = 0.05) -> bool:
        """Whether models ``i`` and ``j`` cannot be told apart."""
        return bool(self.p[i, j] > alpha)


def rank(correct: ArrayLike, alpha: float = 0.05) -> Ranks:
    """Rank models with intervals from all pairs' mid-p McNemar tests, Holm-adjusted.

    ``correct`` is bool, shape (models, images), on the same images. With probability of at least
    1 - ``alpha``, as far as the tests keep their size, every true place lies in best..worst at
    once. Raises `ValueError` for another shape.

    >>> r = rank([[1] * 90 + [0] * 10, [1] * 88 + [0] * 12, [1] * 50 + [0] * 50])
    >>> r.rank.tolist(), r.best.tolist(), r.worst.tolist(), r.tied(0, 1)
    ([1, 2, 3], [1, 1, 3], [2, 2, 3], True)
    """
    right = np.asarray(correct).astype(bool)
    if right.ndim != 2 or not right.size:
        raise ValueError(f"correct must be (models, images) and not empty, got {right.shape}")
    counts = right.astype(np.float32)
    both = np.rint(counts @ counts.T).astype(int)
    total = np.diag(both)
    only = total[:, None] - both  # right for the row's model alone
    m = len(right)
    rows, columns = np.triu_indices(m, 1)
    pairs = [
        mcnemar_midp(int(b), int(c))
        for b, c in zip(only[rows, columns], only[columns, rows], strict=True)
    ]
    p = np.ones((m, m))
    p[rows, columns] = p[columns, rows] = holm(pairs)
    surely = p <= alpha
    better = surely & (total[None, :] > total[:, None])  # the column's model beats the row's
    worse = surely & (total[None, :] < total[:, None])
    place = 1 + (total[None, :] > total[:, None]).sum(axis=1)
    return Ranks(place, 1 + better.sum(axis=1), m - worse.sum(axis=1), p)


def error_consistency(first: ArrayLike, second: ArrayLike) -> float:
    """Cohen's kappa of two models' correctness on the same images (Geirhos et al. 2020).

    1: they fail on the same images; 0: no more alike than their accuracies make them; NaN where
    both are always right or always wrong. Arguments are bool, shape (images,).

    >>> error_consistency([1, 1, 0, 0], [1, 1, 0, 1])
    0.5
    """
    x, y = np.asarray(first).astype(bool), np.asarray(second).astype(bool)
    if x.ndim != 1 or x.shape != y.shape or not x.size:
        raise ValueError(f"need two equally long, non-empty rows, got {x.shape} and {y.shape}")
    p, q = float(x.mean()), float(y.mean())
    chance = p * q + (1 - p) * (1 - q)
    return (float((x == y).mean()) - chance) / (1 - chance) if chance < 1 else math.nan


def error_ratio(
    first: ArrayLike, second: ArrayLike, level: float = 0.95, draws: int = 4000, seed: int = 0
) -> Interval:
    """First over second error rate, with a percentile interval by bootstrap over images.

    Images are resampled in pairs, as counts of the four outcomes. NaN where the second makes no
    error; the high end is infinite where resamples have none.

    >>> r = error_ratio([1] * 80 + [0] * 20, [1] * 60 + [0] * 40)
    >>> r.value, 0.3 < r.low < 0.5 < r.high < 0.7
    (0.5, True)
    """
    x, y = np.asarray(first).astype(bool), np.asarray(second).astype(bool)
    if x.ndim != 1 or x.shape != y.shape or not x.size:
        raise ValueError(f"need two equally long, non-empty rows, got {x.shape} and {y.shape}")
    cells = np.array([(~x & ~y).sum(), (~x & y).sum(), (x & ~y).sum(), (x & y).sum()])
    if cells[0] + cells[2] == 0:
        return Interval(math.nan, math.nan, math.nan)
    drawn = np.random.default_rng(seed).multinomial(x.size, cells / x.size, size=draws)
    errors, others = drawn[:, 0] + drawn[:, 1], drawn[:, 0] + drawn[:, 2]
    ratio = np.where(others > 0, errors / np.maximum(others, 1), np.inf)
    low, high = np.quantile(ratio, [(1 - level) / 2, (1 + level) / 2], method="nearest")
    return Interval(float((cells[0] + cells[1]) / (cells[0] + cells[2])), float(low), float(high))
