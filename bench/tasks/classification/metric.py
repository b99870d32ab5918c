"""Predictions -> numbers: one function a metric, numpy only.

A metric is two functions: ``each`` reduces the answers to some images to one row an image, ``of``
the rows of all images to the number. So no set of images need fit into memory, however many
classes there are. With its name and unit it is one line in the ``METRICS`` tuple of its file:
`accuracy`, `calibration`, or any file in the ``metrics/`` folder of a place that ``BENCH_PATH``
names. `bench.tasks.classification.evaluate` applies them all to every model and dataset::

    from bench.tasks.classification import Answers, Metric, Rows

    def margin(answers: Answers) -> Rows:
        top = np.sort(answers.logits, axis=1)
        return top[:, -1] - top[:, -2]

    METRICS = (Metric("margin", "logit", margin),)  # the mean of the rows, if nothing else is said
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
#: One row an image: shape (B, ...), of any dtype.
Rows: TypeAlias = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network answered to B images, and what follows from it, each worked out once."""

    logits: Logits  #: float64 (B, K), finite, one column a class
    targets: Targets  #: int64 (B,), the right class of each, in 0..K-1

    def __len__(self) -> int:
        return len(self.logits)

    @cached_property
    def prediction(self) -> Targets:
        """Class of the highest logit, the first of equal ones; (B,)."""
        return np.asarray(self.logits.argmax(axis=1), dtype=np.int64)

    @cached_property
    def rank(self) -> Targets:
        """How many classes come before the target, 0 where it is the prediction; (B,).

        Classes of equal logits come in index order, as in ``prediction``: a network that answers
        the same for every class is right on class 0 alone, not always.

        >>> Answers(np.array([[0.1, 0.9, 0.5], [1.0, 1.0, 1.0]]), np.array([2, 1])).rank.tolist()
        [1, 1]
        """
        of_target = self._of_target(self.logits)[:, None]
        higher = self.logits > of_target
        before = np.arange(self.logits.shape[1]) < self.targets[:, None]
        return np.asarray((higher | (self.logits == of_target) & before).sum(axis=1))

    @cached_property
    def probability(self) -> Logits:
        """Softmax of the logits, (B, K); shifted by the maximum, so no logit overflows.

        >>> Answers(np.array([[1000.0, 1000.0]]), np.array([0])).probability.tolist()
        [[0.5, 0.5]]
        """
        return np.asarray(self._weight / self._total[:, None])

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """Probability of the prediction, (B,), in 1/K..1.

        >>> Answers(np.zeros((1, 4)), np.array([0])).confidence.tolist()
        [0.25]
        """
        return np.asarray(1.0 / self._total)  # the weight of the largest logit is 1

    @cached_property
    def target_logp(self) -> NDArray[np.float64]:
        """Log-probability of the target in nat, (B,), at most 0.

        >>> Answers(np.zeros((1, 4)), np.array([2])).target_logp.round(4).tolist()
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
    """A name that results carry, the unit of the number, and the functions that give it.

    ``each`` may be called with any part of the images, in any order, with some of them again;
    ``of`` once, with the rows of all N >= 1 images in the dataset's order.
    """

    name: str
    unit: str
    each: Callable[[Answers], Rows]
    of: Callable[[Rows], float | Estimate] = mean
    #: whether it has a meaning where several classes of an image are right, as in ReaL; its
    #: ``targets`` are then the right classes of highest logits
    several: bool = False

    def rows(self, answers: Answers) -> Rows:
        """``each`` of these answers; JobError if it raises or gives no row for each image."""
        try:
            found = np.asarray(self.each(answers))
        except Exception as error:
            raise self._failed(error) from error
        if found.shape[:1] != (len(answers),):
            raise JobError(
                f"metric {self.name!r} gave an array of shape {found.shape} for {len(answers)} "
                "images; its `each` must give one row an image"
            )
        return found

    def measurement(self, rows: Rows) -> Measurement:
        """``of`` all rows.

        Raises `JobError` if it raises or gives a value that is not finite: a wrong number never
        reaches the store.
        """
        try:
            given = self.of(rows)
            estimate = given if isinstance(given, Estimate) else None
            value = float(estimate.value if estimate else given)  # type: ignore[arg-type]
        except Exception as error:
            raise self._failed(error) from error
        if not isfinite(value):
            raise JobError(f"metric {self.name!r} gave {value}, which is no finite number")
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
