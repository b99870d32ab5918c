"""Where a gap between two models comes from: per set, per class, in their confidence.

Everything rests on per-image answers of both models to the same images, so each difference has a
paired interval. Accuracies and differences here are fractions in 0..1, not percent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from bench.analysis.stats.intervals import UNKNOWN, Interval
from bench.analysis.stats.proportions import detectable_difference, holm, paired_difference
from bench.analysis.stats.ranking import error_consistency, error_ratio

Array = NDArray[Any]
#: Bins of equal width that `expected_calibration_error` sorts confidences into.
BINS = 15


class Answers(Protocol):
    """What a model said of each image, arrays of shape (images,)."""

    @property
    def target(self) -> Array:
        """The label."""

    @property
    def prediction(self) -> Array:
        """The class it gave."""

    @property
    def rank(self) -> Array:
        """Classes before a right one; 0 is right."""

    @property
    def confidence(self) -> Array:
        """The probability it gave that class, 0..1."""

    @property
    def target_logp(self) -> Array:
        """Log-probability it gave the label, nat."""


def right(answers: Answers) -> NDArray[np.bool_]:
    """Whether each image is right, shape (images,)."""
    return np.asarray(answers.rank == 0)


def expected_calibration_error(confidence: ArrayLike, correct: ArrayLike) -> float:
    """Mean |accuracy - confidence| within 15 equal bins of confidence (Guo et al. 2017), 0..1.

    >>> round(expected_calibration_error([0.8, 0.8], [1, 0]), 6)
    0.3
    """
    sure, hit = np.asarray(confidence, dtype=np.float64), np.asarray(correct).astype(bool)
    place = np.clip(np.ceil(sure * BINS).astype(np.int64) - 1, 0, BINS - 1)
    gap = np.bincount(place, weights=hit - sure, minlength=BINS)
    return float(np.abs(gap).sum() / hit.size)


def mean_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Mean of independent ``values`` with its t-interval; NaN ends for a single one.

    >>> i = mean_interval([1.0, 2.0, 3.0])
    >>> i.value, round(i.low, 3), round(i.high, 3)
    (2.0, -0.484, 4.484)
    """
    v = np.asarray(values, dtype=np.float64)
    if v.ndim != 1 or not v.size:
        raise ValueError(f"need a row that is not empty, got shape {v.shape}")
    if v.size == 1:
        return Interval(float(v[0]), math.nan, math.nan)
    half = float(stats.t.ppf(0.5 + level / 2, v.size - 1) * v.std(ddof=1) / math.sqrt(v.size))
    return Interval(float(v.mean()), float(v.mean()) - half, float(v.mean()) + half)


def compare_sets(pairs: Mapping[str, tuple[Answers, Answers]]) -> pd.DataFrame:
    """First against second model on each set, by its role; the one named ``val`` is the clean set.

    One row a set: ``role n``, accuracies ``first`` and ``second``, ``gap`` with ``_low`` and
    ``_high`` (Tango, 95 %), ``p`` (mid-p McNemar), ``p_holm`` over all sets, ``discordance``,
    ``detectable`` (found with 80 % power), ``only_first`` and ``only_second`` images; ``widening``
    with its ends, by how much the gap exceeds that on val (independent sets, MOVER); ``ratio`` of
    error rates with its ends (bootstrap over images), ``kappa`` of errors, and ``same_answer``, the
    share of images that both give one class.

    Raises `ValueError` where the two did not see the same labels in the same order.
    """
    rows, gaps = [], {}
    for role, (one, two) in pairs.items():
        if not np.array_equal(one.target, two.target):
            raise ValueError(f"{role}: the two models' labels differ, so their images do")
        x, y = right(one), right(two)
        pair = paired_difference(x, y)
        gaps[role] = pair.difference
        row = {"role": role, "n": pair.n, "first": float(x.mean()), "second": float(y.mean())}
        row |= _ends("gap", pair.difference) | {"p": pair.p, "discordance": pair.discordance}
        row |= {"only_first": pair.only_first, "only_second": pair.only_second}
        row |= {"detectable": detectable_difference(pair.n, pair.discordance)}
        row |= _ends("ratio", error_ratio(x, y)) | {"kappa": error_consistency(x, y)}
        rows.append(row | {"same_answer": float((one.prediction == two.prediction).mean())})
    for row in rows:
        clean = gaps.get("val") if row["role"] != "val" else None
        row |= _ends("widening", _less(gaps[str(row["role"])], clean) if clean else UNKNOWN)
    found = pd.DataFrame(rows)
    if len(found):
        found["p_holm"] = holm(found["p"].to_numpy(float))
    return found


def compare_confidence(pairs: Mapping[str, tuple[Answers, Answers]]) -> pd.DataFrame:
    """How sure both are, and whether rightly: one row a set.

    ``role n``; for each of ``first`` and ``second``: ``confidence_`` (mean, 0..1), ``over_``
    (mean confidence less accuracy), ``ece_`` and ``nll_`` (nat); ``over_gap`` and ``nll_gap``,
    first less second, with ``_low`` and ``_high`` (95 %, paired over images).
    """
    rows = []
    for role, (one, two) in pairs.items():
        row: dict[str, object] = {"role": role, "n": len(one.target)}
        over, losses = [], []
        for name, side in (("first", one), ("second", two)):
            sure, hit = np.asarray(side.confidence, dtype=np.float64), right(side)
            over.append(sure - hit)
            losses.append(-np.asarray(side.target_logp, dtype=np.float64))
            row[f"confidence_{name}"] = float(sure.mean())
            row[f"over_{name}"] = float(over[-1].mean())
            row[f"ece_{name}"] = expected_calibration_error(sure, hit)
            row[f"nll_{name}"] = float(losses[-1].mean())
        row |= _ends("over_gap", mean_interval(over[0] - over[1]))
        rows.append(row | _ends("nll_gap", mean_interval(losses[0] - losses[1])))
    return pd.DataFrame(rows)


def compare_parts(
    first: ArrayLike, second: ArrayLike, part: Sequence[object] | Array
) -> pd.DataFrame:
    """First against second model on each part of one set: each class, each corruption.

    ``first`` and ``second`` are correctness (bool), ``part`` a label for each image, all of shape
    (images,). One row a part, largest |gap| first: ``part n first second``, ``gap`` with its ends
    (Tango, 95 %), ``p`` and ``p_holm`` over all parts, ``only_first`` and ``only_second``.

    >>> parts = compare_parts([1] * 9 + [0] * 9, [0] * 9 + [1] * 9, ["a"] * 9 + ["b"] * 9)
    >>> parts[["part", "n", "gap"]].values.tolist()
    [['a', 9, 1.0], ['b', 9, -1.0]]
    """
    x, y, where = np.asarray(first).astype(bool), np.asarray(second).astype(bool), np.asarray(part)
    if not x.shape == y.shape == where.shape or x.ndim != 1:
        raise ValueError(f"need three rows of one length, got {x.shape}, {y.shape}, {where.shape}")
    rows = []
    for name in np.unique(where):
        mine = where == name
        pair = paired_difference(x[mine], y[mine])
        row = {"part": name.item(), "n": pair.n}
        row |= {"first": float(x[mine].mean()), "second": float(y[mine].mean())}
        row |= _ends("gap", pair.difference) | {"p": pair.p}
        rows.append(row | {"only_first": pair.only_first, "only_second": pair.only_second})
    found = pd.DataFrame(rows)
    if found.empty:
        return found
    found["p_holm"] = holm(found["p"].to_numpy(float))
    return found.sort_values("gap", key=abs, ascending=False, kind="stable", ignore_index=True)


def _less(shift: Interval, clean: Interval) -> Interval:
    """Difference of two independent estimates from their intervals (Donner & Zou 2012)."""
    value = shift.value - clean.value
    down = math.hypot(shift.value - shift.low, clean.high - clean.value)
    up = math.hypot(shift.high - shift.value, clean.value - clean.low)
    return Interval(value, value - down, value + up)


def _ends(name: str, interval: Interval) -> dict[str, object]:
    return {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
