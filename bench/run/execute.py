"""One job: sent to its measure, timed, and an error of it turned into a failed outcome.

Importing this file is light; a measure's file, and torch with it, is imported by its first job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from time import perf_counter

from bench.registry import user_folders
from bench.spec import Job, Measure, Outcome, Status, replace
from bench.spec.errors import one_line

Execute = Callable[[Job], Outcome]

#: Where each measure lives: a module with ``measure(job: Job) -> Outcome``.
MEASURES: Mapping[Measure, str] = {
    Measure.EVALUATE: "bench.tasks.classification.evaluate",
    Measure.PROFILE: "bench.cost.profile",
    Measure.SPEED: "bench.speed.speed",
}


def execute(job: Job) -> Outcome:
    """Make one measurement. Whatever is raised passes; `attempt` is where it stops."""
    user_folders(job.options.folders)  # another process has not looked for networks there yet
    outcome: Outcome = import_module(MEASURES[job.measure]).measure(job)
    return outcome


def attempt(job: Job, execute: Execute = execute) -> Outcome:
    """What ``execute`` makes of a job; a job that raises is a failed outcome, its error one line.

    This is the one place where an exception becomes a failed row, whatever the executor: one job
    never ends a run. That includes MemoryError, nearly always one allocation too large for this
    one job. KeyboardInterrupt and SystemExit pass. ``seconds`` is the wall time of it all, imports
    included, where the outcome does not say itself.
    """
    start = perf_counter()
    try:
        outcome = execute(job)
    except Exception as error:
        outcome = Outcome(job=job, status=Status.FAILED, error=one_line(error))
    return outcome if outcome.seconds else replace(outcome, seconds=perf_counter() - start)
