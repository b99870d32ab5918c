"""Metrics: from logits and targets to numbers, numpy only.

A metric is two functions: ``each`` reduces the outputs for some images to one row per image, ``of``
reduces the rows of all images to the number. So a dataset need not fit into memory, however many
classes it has. With its name and unit, a metric is one line in the ``METRICS`` tuple of its file:
`accuracy`, `calibration`, or any file in ``metrics/`` of a folder named in ``BENCH_PATH``.
`bench.tasks.classification.evaluate` applies all of them to every model and dataset::

    from bench.tasks.classification import Outputs, Metric, Rows

    def margin(outputs: Outputs) -> Rows:
        top = np.sort(outputs.logits, axis=1)
        return top[:, -1] - top[:, -2]

    METRICS = (Metric("margin", "logit", margin),)  # the mean of the rows by default
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.spec import Measurement
from bench.spec.errors import JobError, one_line

Logits: TypeAlias = NDArray[np.float64]
Targets: TypeAlias = NDArray[np.int64]
#: One row per image: shape (B, ...), any dtype.
Rows: TypeAlias = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Outputs:
    """A network's logits for B images and their targets, and what follows from them, cached."""

    logits: Logits  #: float64 (B, K), finite, one column a class
    targets: Targets  #: int64 (B,), the right class of each image, in 0..K-1

    def __len__(self) -> int:
        return len(self.logits)

    @cached_property
    def prediction(self) -> Targets:
        """Class of the highest logit, the first if several are equal; (B,)."""
        return np.asarray(self.logits.argmax(axis=1), dtype=np.int64)

    @cached_property
    def rank(self) -> Targets:
        """Number of classes ranked above the target, 0 if it is the prediction; (B,).

        Classes of equal logits rank in index order, as in ``prediction``: a network with the same
        logit for every class is right on class 0 only, not always.

        >>> Outputs(np.array([[0.1, 0.9, 0.5], [1.0, 1.0, 1.0]]), np.array([2, 1])).rank.tolist()
        [1, 1]
        """
        of_target = self._of_target(self.logits)[:, None]
        higher = self.logits > of_target
        before = np.arange(self.logits.shape[1]) < self.targets[:, None]
        return np.asarray((higher | (self.logits == of_target) & before).sum(axis=1))

    @cached_property
    def probability(self) -> Logits:
        """Softmax of the logits, (B, K); shifted by the maximum, so no logit overflows.

        >>> Outputs(np.array([[1000.0, 1000.0]]), np.array([0])).probability.tolist()
        [[0.5, 0.5]]
        """
        return np.asarray(self._weight / self._total[:, None])

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """Probability of the prediction, (B,), in 1/K..1.

        >>> Outputs(np.zeros((1, 4)), np.array([0])).confidence.tolist()
        [0.25]
        """
        return np.asarray(1.0 / self._total)  # the weight of the largest logit is 1

    @cached_property
    def target_logp(self) -> NDArray[np.float64]:
        """Log-probability of the target in nat, (B,), at most 0.

        >>> Outputs(np.zeros((1, 4)), np.array([2])).target_logp.round(4).tolist()
        [-1.3863]
        """
        return np.asarray(self._of_target(self._shifted) - np.log(self._total))

    @cached_property
    def _shifted(self) -> Logits:
        return np.asarray(self.logits - self.logits.max(axis=1, keepdims=True))

    @cached_property
    def _weight(self) -> Logits:
        return np.exp(self._shifted)

    @cached_property
    def _total(self) -> NDArray[np.float64]:
        return np.asarray(self._weight.sum(axis=1))

    def _of_target(self, values: Logits) -> NDArray[np.float64]:
        return np.asarray(values[np.arange(len(values)), self.targets])


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval, ``low <= value <= high``."""

    value: float
    low: float
    high: float


def mean(rows: Rows) -> float:
    """Mean over the images.

    >>> mean(np.array([1.0, 2.0]))
    1.5
    """
    return float(rows.mean())


@dataclass(frozen=True)
class Metric:
    """A metric's name in the results, its unit, and the two functions that compute it.

    ``each`` may be called with any part of the images, in any order, and more than once for an
    image; ``of`` is called once, with the rows of all N >= 1 images in the dataset's order.
    """

    name: str
    unit: str
    each: Callable[[Outputs], Rows]
    of: Callable[[Rows], float | Estimate] = mean
    #: whether it makes sense if several classes of an image are right, as in ReaL; ``targets`` are
    #: then the right classes with the highest logits
    several: bool = False

    def rows(self, outputs: Outputs) -> Rows:
        """``each`` of these outputs; JobError if it raises or returns another number of rows."""
        try:
            found = np.asarray(self.each(outputs))
        except Exception as error:
            raise self._failed(error) from error
        if found.shape[:1] != (len(outputs),):
            raise JobError(
                f"metric {self.name!r} returned an array of shape {found.shape} for {len(outputs)} "
                "images; its `each` must return one row per image"
            )
        return found

    def measurement(self, rows: Rows) -> Measurement:
        """``of`` all rows.

        Raises `JobError` if it raises or returns a value that is not finite: such a number never
        reaches the store.
        """
        try:
            given = self.of(rows)
            estimate = given if isinstance(given, Estimate) else None
            value = float(estimate.value if estimate else given)  # type: ignore[arg-type]
        except Exception as error:
            raise self._failed(error) from error
        if not isfinite(value):
            raise JobError(f"metric {self.name!r} returned {value}; it must be finite")
        return Measurement(
            metric=self.name,
            value=value,
            unit=self.unit,
            low=estimate.low if estimate else None,
            high=estimate.high if estimate else None,
            n=len(rows),
        )

    def _failed(self, error: Exception) -> JobError:
        return JobError(f"metric {self.name!r} failed: {one_line(error)}")
