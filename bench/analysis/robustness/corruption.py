"""Corruption error: how much a model errs on corrupted images, beside a reference model.

With E(c, s) the error on corruption c at severity s, the corruption error of c is
sum_s E(c, s) / sum_s E_ref(c, s) in percent, the relative one the same of E(c, s) - E(clean);
mCE is the mean over corruptions (Hendrycks & Dietterich 2019). Beside them stands the mean error
itself, which needs no reference. In ImageNet-C one image comes in every corruption, and its
75 answers are far from independent: standard errors here are clustered by image.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from bench.analysis.stats.intervals import Interval

Array = NDArray[np.float64]

#: Severity of an image that is not corrupted.
CLEAN = 0


@dataclass(frozen=True)
class MeanError:
    """A mean over corruptions, in percent, with its standard error from so many clusters."""

    interval: Interval
    standard_error: float
    clusters: int


def corruption_errors(errors: ArrayLike, reference: ArrayLike) -> Array:
    """Corruption error of each corruption in percent, shape (corruptions,).

    ``errors`` are error rates 0..1, shape (corruptions, severities); ``reference`` those of the
    reference, of the same shape or its means over severities, shape (corruptions,). For relative
    corruption errors, take the clean error from both first. Raises `ValueError` for other shapes
    and where a reference makes no errors to compare with.

    >>> corruption_errors([[0.1, 0.3], [0.2, 0.4]], [0.4, 0.5]).round(9).tolist()
    [50.0, 60.0]
    """
    own = np.asarray(errors, dtype=np.float64)
    known = np.asarray(reference, dtype=np.float64)
    if own.ndim != 2 or known.shape not in (own.shape, own.shape[:1]):
        raise ValueError(f"errors and reference do not fit: {own.shape} and {known.shape}")
    base = known if known.ndim == 1 else known.mean(axis=1)
    if not (base > 0).all():
        raise ValueError("the reference makes no errors on some corruption: no ratio to it")
    return np.asarray(100 * own.mean(axis=1) / base)


@dataclass(frozen=True, eq=False)
class Cells:
    """Which corruption at which severity each of N answers is to, and to which image."""

    kinds: NDArray[np.str_]  #: sorted
    severities: int
    #: (N,), kind x severities + severity, both by their place; one more is that of clean images
    cell: NDArray[np.int32]
    image: NDArray[np.int32]  #: (N,), each of 0..G-1 at least once

    @classmethod
    def of(cls, kind: ArrayLike, severity: ArrayLike, image: ArrayLike) -> Cells:
        """Of arrays of one entry an answer, shape (N,).

        ``kind`` is the corruption, ``severity`` its strength, `CLEAN` for images that are not
        corrupted, whose kind does not matter, and ``image`` names the image. Raises `ValueError`,
        one line, for unequal lengths, no corrupted image, and kinds that lack a severity.
        """
        rank, names, who = np.asarray(severity), np.asarray(kind, dtype=np.str_), np.asarray(image)
        if who.ndim != 1 or len({a.shape for a in (rank, names, who)}) > 1:
            raise ValueError("kind, severity and image must be rows of one length")
        dirty = rank != CLEAN
        if not dirty.any():
            raise ValueError("no corrupted images")
        kinds, which = np.unique(names[dirty], return_inverse=True)
        levels, at = np.unique(rank[dirty], return_inverse=True)
        cell = np.full(who.size, kinds.size * levels.size, dtype=np.int32)
        cell[dirty] = which * levels.size + at
        if np.unique(cell[dirty]).size < kinds.size * levels.size:
            raise ValueError("some corruption lacks a severity that another has")
        groups = np.unique(who, return_inverse=True)[1]
        return cls(kinds, levels.size, cell, groups.astype(np.int32))

    @classmethod
    def of_groups(cls, names: Sequence[str], group: ArrayLike, image: ArrayLike) -> Cells:
        """Of groups named ``<corruption>-<severity>``; ``group`` (N,) is the place in ``names``.

        >>> Cells.of_groups(("fog-1", "fog-2"), [0, 1, 0, 1], [0, 0, 7, 7]).image.tolist()
        [0, 0, 1, 1]
        """
        groups = np.asarray(group)
        there, place = np.unique(groups, return_inverse=True)
        parts = [names[i].rpartition("-") for i in there]
        # One answer a group stands for all of it: names of millions would be slow to sort.
        few = cls.of([p[0] for p in parts], [int(p[2]) for p in parts], np.arange(len(parts)))
        who = np.unique(np.asarray(image), return_inverse=True)[1]
        return cls(few.kinds, few.severities, few.cell[place], who.astype(np.int32))

    def _cells(self, values: Array) -> tuple[Array, Array]:
        """Mean and count of each cell; the last is that of clean images."""
        size = self.kinds.size * self.severities + 1
        count = np.bincount(self.cell, minlength=size).astype(float)
        total = np.bincount(self.cell, weights=values, minlength=size)
        return total / np.maximum(count, 1), count

    def means(self, values: Array, relative: bool) -> Array:
        """Mean over severities, shape (kinds,), less the clean mean if ``relative``."""
        mean, count = self._cells(values)
        if relative and not count[-1]:
            raise ValueError("relative errors need clean images: severity 0")
        found = mean[:-1].reshape(self.kinds.size, self.severities).mean(axis=1)
        return np.asarray(found - mean[-1] if relative else found)

    def influence(self, values: Array, weight: Array, relative: bool) -> Array:
        """What each answer adds to the error of mean(weight x `means`), shape (N,)."""
        mean, count = self._cells(values)
        each = weight / weight.size
        of_cell = np.append(np.repeat(each / self.severities, self.severities), 0.0)
        if relative:
            of_cell[-1] = -each.sum()
        return np.asarray((of_cell / np.maximum(count, 1))[self.cell] * (values - mean[self.cell]))


def mean_error_in(
    cells: Cells,
    wrong: ArrayLike,
    reference: Mapping[str, float] | ArrayLike | None = None,
    *,
    relative: bool = False,
    level: float = 0.95,
) -> MeanError:
    """Mean corruption error, mCE (%), of answers to one set, with an interval clustered by image.

    ``wrong`` says of each answer whether it was, shape (N,), in the order of ``cells``.
    ``reference`` is the error of each kind, as
    `bench.analysis.robustness.published_errors.ALEXNET`, or whether a reference model was wrong on
    the same answers, for a paired interval; without it the result is the mean error itself.
    ``relative`` takes clean errors off first: the mean drop, or relative mCE.

    The standard error is that of the mean linearised in the answers (delta method), answers of one
    image summed before they are squared, G / (G - 1) for G images. The interval ends where no
    answers could lie beyond.

    Raises `ValueError`, one line, for unequal lengths and references that lack a kind or make no
    errors.

    >>> cells = Cells.of(["fog", "fog", "snow", "snow"], [1, 1, 1, 1], [0, 1, 0, 1])
    >>> found = mean_error_in(cells, [1, 0, 1, 1])
    >>> found.interval.value, found.standard_error, found.clusters, found.interval.high
    (75.0, 25.0, 2, 100.0)
    """
    errs = np.asarray(wrong, dtype=np.float64)
    if errs.shape != cells.cell.shape:
        raise ValueError("wrong and the cells must be rows of one length")
    own = cells.means(errs, relative)
    other: Array | None = None
    if reference is None:
        base = np.ones(cells.kinds.size)
    elif isinstance(reference, Mapping):
        base = _known(reference, cells.kinds, relative)
    else:
        other = np.asarray(reference, dtype=np.float64)
        if other.shape != errs.shape:
            raise ValueError(f"{other.size} reference answers for {errs.size}")
        base = cells.means(other, relative)
    if not (base > 0).all():
        raise ValueError("the reference makes no errors on some corruption: no ratio to it")
    ratio = own / base
    share = cells.influence(errs, 1 / base, relative)
    if other is not None:
        share -= cells.influence(other, ratio / base, relative)
    sums = np.bincount(cells.image, weights=share)
    error = math.nan
    if sums.size > 1:
        error = 100 * math.sqrt(sums.size / (sums.size - 1) * float(sums @ sums))
    # A reference that was measured too may err less than it did here, and then mCE has no end.
    most = math.inf if other is not None else 100 * float((1 / base).mean())
    bounds = (-math.inf, math.inf) if relative else (0.0, most)
    return _estimate(100 * float(ratio.mean()), error, sums.size, level, bounds)


def mean_corruption_error_of_cells(
    errors: ArrayLike,
    images: ArrayLike,
    reference: ArrayLike | None = None,
    reference_images: ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> MeanError:
    """`mean_error_in` of counts alone, where no two answers are of one image.

    ``errors`` (fractions) and ``images`` (how many) have shape (corruptions, severities), as have
    those of the reference; a reference without ``reference_images`` is known exactly. Model and
    reference count as independent, so the interval is wider than a paired one. Not for sets that
    repeat their images, as ImageNet-C does: there it is far too narrow.

    >>> found = mean_corruption_error_of_cells([[0.2, 0.4]], [[100, 100]], [[0.5, 0.7]])
    >>> round(found.interval.value, 6), round(found.standard_error, 3), found.clusters
    (50.0, 5.27, 200)
    """
    own, n = np.asarray(errors, dtype=np.float64), np.asarray(images, dtype=np.float64)
    if own.shape != n.shape or (n < 1).any():
        raise ValueError(f"need images > 0 for each error, got {n.shape} for {own.shape}")
    known = np.ones(own.shape) if reference is None else np.asarray(reference, dtype=np.float64)
    each = corruption_errors(own, known)
    base = known if known.ndim == 1 else known.mean(axis=1)
    variance = (own * (1 - own) / n).sum(axis=1)
    if reference is not None and reference_images is not None:
        m = np.asarray(reference_images, dtype=np.float64)
        variance = variance + (each / 100) ** 2 * (known * (1 - known) / m).sum(axis=1)
    error = 100 * math.sqrt(float((variance / base**2).sum())) / own.size
    exact = reference is None or reference_images is None
    bounds = (0.0, 100 * float((1 / base).mean()) if exact else math.inf)
    return _estimate(float(each.mean()), error, int(n.sum()), level, bounds)


def _known(reference: Mapping[str, float], kinds: NDArray[np.str_], relative: bool) -> Array:
    wanted = [*map(str, kinds), *(["clean"] if relative else [])]
    if absent := [name for name in wanted if name not in reference]:
        raise ValueError(f"the reference has no error for {', '.join(absent)}")
    base = np.array([reference[str(kind)] for kind in kinds])
    return base - reference["clean"] if relative else base


def _estimate(
    value: float, error: float, clusters: int, level: float, bounds: tuple[float, float]
) -> MeanError:
    reach = float(stats.norm.ppf(0.5 + level / 2)) * error
    low, high = max(bounds[0], value - reach), min(bounds[1], value + reach)
    if math.isnan(error):
        low = high = math.nan
    return MeanError(Interval(value, low, high), error, clusters)
