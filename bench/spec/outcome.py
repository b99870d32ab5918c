"""Outcomes: the result of a job, as numbers with units and intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.spec.job import Job
from bench.spec.kinds import Status


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One number: ``value``, with a 95 % interval ``low``..``high`` if one is known."""

    metric: str  #: ``top1``, ``gmacs``, ``throughput`` ...
    value: float
    unit: str  #: ``%``, ``GMACs``, ``img/s``, ``ms``, ``M``, ``nat`` ...
    low: float | None = None
    high: float | None = None
    n: int | None = None  #: number of images or iterations behind it


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of a job; ``error`` is one line if it failed."""

    job: Job
    status: Status
    measurements: tuple[Measurement, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)  #: JSON: batch, raw samples, versions
    predictions: bytes | None = (
        None  #: npz of per-image predictions, see `bench.tasks.classification.predictions`
    )
    seconds: float = 0.0
    error: str | None = None
