"""Predictions -> numbers: one function a metric, numpy only.

A metric is a function ``(logits, targets) -> float | Estimate`` and one line in the ``METRICS``
tuple of the file it lives in: `bench.metrics.accuracy`, `bench.metrics.calibration`, or any file in
the ``metrics/`` folder of a place that ``BENCH_PATH`` names. `bench.measure.evaluate` applies them
all to every model and dataset::

    from bench.metrics import Logits, Metric, Targets

    def margin(logits: Logits, targets: Targets) -> float:
        top = np.sort(logits, axis=1)
        return float((top[:, -1] - top[:, -2]).mean())

    METRICS = (Metric("margin", "logit", margin),)

Everywhere ``logits`` is float64 of shape (N, K), finite, one row an image and one column a class,
and ``targets`` is int64 of shape (N,), each in 0..K-1; N >= 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.errors import JobError
from bench.spec import Measurement

Logits: TypeAlias = NDArray[np.float64]
Targets: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval, ``low <= value <= high``."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Metric:
    """A name that rows carry, the unit of the number, and the function that gives it."""

    name: str
    unit: str
    of: Callable[[Logits, Targets], float | Estimate]


def measured(metrics: Iterable[Metric], logits: Logits, targets: Targets) -> list[Measurement]:
    """Every metric's value on one set of predictions, in the order given.

    Raises `JobError` when two metrics share a name, or one raises or gives a value that is not
    finite: a wrong number never reaches the store.
    """
    found: dict[str, Measurement] = {}
    for metric in metrics:
        if metric.name in found:
            raise JobError(f"two metrics are named {metric.name!r}; rename one of them")
        try:
            given = metric.of(logits, targets)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise JobError(f"metric {metric.name!r} failed: {reason}") from error
        estimate = given if isinstance(given, Estimate) else None
        value = float(estimate.value if estimate else given)  # type: ignore[arg-type]
        if not isfinite(value):
            raise JobError(f"metric {metric.name!r} gave {value}, which is no finite number")
        found[metric.name] = Measurement(
            metric=metric.name,
            value=value,
            unit=metric.unit,
            low=estimate.low if estimate else None,
            high=estimate.high if estimate else None,
            n=len(targets),
        )
    return list(found.values())
