"""Measures: ``execute(job) -> Outcome``, and one file a measure.

Importing this package is light; a measure's file, and torch with it, is imported by its first job.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from time import perf_counter

from bench.spec import Job, Measure, Outcome, Status, replace

#: Where each measure lives: a module with ``measure(job: Job) -> Outcome``.
MEASURES: Mapping[Measure, str] = {
    Measure.EVALUATE: "bench.tasks.classification.evaluate",
    Measure.PROFILE: "bench.cost.profile",
    Measure.SPEED: "bench.speed.speed",
}

_LONGEST_ERROR = 400


def execute(job: Job) -> Outcome:
    """Make one measurement; ``seconds`` is the wall time of it all, imports included.

    A job that fails is an outcome like any other: ``Status.FAILED`` and the error on one line.
    What is not the job's own fault passes: KeyboardInterrupt, SystemExit, MemoryError.
    """
    start = perf_counter()
    try:
        outcome: Outcome = import_module(MEASURES[job.measure]).measure(job)
    except MemoryError:
        raise
    except Exception as error:
        outcome = Outcome(job=job, status=Status.FAILED, error=_one_line(error))
    return replace(outcome, seconds=perf_counter() - start)


def _one_line(error: Exception) -> str:
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= _LONGEST_ERROR else f"{text[: _LONGEST_ERROR - 1]}…"
