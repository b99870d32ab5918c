"""Run one job by its measure, and turn an error into a failed outcome.

Importing this module is cheap: a measure, and torch with it, is imported by its first job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from time import perf_counter

from bench.registry import user_folders
from bench.spec import Job, Measure, Outcome, Status, replace
from bench.spec.errors import one_line

Execute = Callable[[Job], Outcome]

#: The module of each measure, with a function ``measure(job: Job) -> Outcome``.
MEASURES: Mapping[Measure, str] = {
    Measure.EVALUATE: "bench.tasks.classification.evaluate",
    Measure.PROFILE: "bench.cost.profile",
    Measure.SPEED: "bench.speed.speed",
}


def execute(job: Job) -> Outcome:
    """Make one measurement. Passes on all exceptions; `attempt` catches them."""
    user_folders(job.options.folders)  # in another process they are not on sys.path yet
    outcome: Outcome = import_module(MEASURES[job.measure]).measure(job)
    return outcome


def attempt(job: Job, execute: Execute = execute) -> Outcome:
    """Run ``execute`` on a job; if it raises, return a failed outcome with the error in one line.

    This is the only place where an exception becomes a failed row, for every executor: one job
    never ends a run. That includes MemoryError, which is nearly always one allocation too large for
    this job. KeyboardInterrupt and SystemExit pass. ``seconds`` is the wall time including imports,
    unless the outcome has its own.
    """
    start = perf_counter()
    try:
        outcome = execute(job)
    except Exception as error:
        outcome = Outcome(job=job, status=Status.FAILED, error=one_line(error))
    return outcome if outcome.seconds else replace(outcome, seconds=perf_counter() - start)
