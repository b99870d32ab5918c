"""Where jobs run: each executor takes a function and jobs and yields what came of them.

An executor pulls a job from the iterable when it is about to start it, never earlier: that is how
the loop knows what is under way. It yields one outcome a job, in any order, and lets
KeyboardInterrupt pass. It never touches the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from bench.spec import Job, Outcome, Status

Execute = Callable[[Job], Outcome]


class Executor(Protocol):
    """Runs jobs somewhere."""

    def __call__(self, execute: Execute, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Outcomes of the jobs, as they finish."""
        ...


def guarded(execute: Execute, job: Job) -> Outcome:
    """``execute(job)``, where an exception becomes a failed outcome: one job never ends a run.

    That includes MemoryError, nearly always one allocation too large for this one job.
    KeyboardInterrupt and SystemExit pass.
    """
    try:
        return execute(job)
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(":")
        return Outcome(job=job, status=Status.FAILED, error=reason)
