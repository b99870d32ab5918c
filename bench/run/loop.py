"""The main loop: jobs missing from the store go to an executor, their outcomes into the store.

The driver is the only writer, and an outcome is on disk before the next is requested. So Ctrl-C,
SIGTERM and even SIGKILL lose at most the running jobs; the same command resumes from there.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

from bench.run.estimate import Estimate, Estimator
from bench.run.execute import Execute
from bench.run.executors import Executor
from bench.run.executors.local import local
from bench.spec import Job, Measure, Outcome, Status
from bench.store import Store
from bench.store.durations import JobDuration


class Observer(Protocol):
    """Shows progress; times left are estimates."""

    def planned(self, todo: Sequence[Job], done_before: int, left: Estimate) -> None:
        """Called once, before the first job."""

    def started(self, job: Job, expected: Estimate) -> None:
        """An executor starts the job."""

    def finished(self, outcome: Outcome, left: Estimate) -> None:
        """The outcome is in the store, on disk."""


class Silent:
    """An observer that shows nothing."""

    def planned(self, todo: Sequence[Job], done_before: int, left: Estimate) -> None:
        """Does nothing."""

    def started(self, job: Job, expected: Estimate) -> None:
        """Does nothing."""

    def finished(self, outcome: Outcome, left: Estimate) -> None:
        """Does nothing."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What one call of `run` did; ``interrupted`` means by Ctrl-C or SIGTERM."""

    done_before: int
    ok: int
    failures: tuple[Outcome, ...]
    seconds: float
    interrupted: bool

    @property
    def failed(self) -> int:
        """Number of jobs that failed."""
        return len(self.failures)


def run(
    jobs: Sequence[Job],
    store: Store,
    execute: Execute,
    *,
    run_id: str,
    executor: Executor = local,
    observer: Observer | None = None,
) -> Summary:
    """Run the jobs that have no successful outcome in the store, and store each outcome.

    A failed job is stored with its error, the others go on, and it is tried again next time.
    ``run_id`` is from `Store.begin_run`.

    Raises StoreError if another run is writing this store, or an outcome cannot be written.
    """
    observer = observer or Silent()
    begun = time.monotonic()
    ok, failures, interrupted = 0, list[Outcome](), False
    with store.driver():
        done = store.done()
        pending = {job.id: job for job in jobs if job.id not in done}
        done_before = len({job.id for job in jobs}) - len(pending)
        _refuse_undigested(pending.values())
        estimator = Estimator(pending.values(), store.durations())
        observer.planned(list(pending.values()), done_before, estimator.left())
        try:
            outcomes = _outcomes(pending, execute, executor, observer, estimator)
            with terminable(), closing(outcomes):
                for outcome in outcomes:
                    store.append(outcome, run_id)
                    estimator.finished(pending.pop(outcome.job.id))
                    if outcome.status is Status.OK:
                        ok += 1
                        estimator.learn(JobDuration.of(outcome.job, outcome.seconds))
                    else:
                        failures.append(outcome)
                    observer.finished(outcome, estimator.left())
        except KeyboardInterrupt:
            interrupted = True
    return Summary(
        done_before=done_before,
        ok=ok,
        failures=tuple(failures),
        seconds=time.monotonic() - begun,
        interrupted=interrupted,
    )


def _outcomes(
    pending: dict[str, Job],
    execute: Execute,
    executor: Executor,
    observer: Observer,
    estimator: Estimator,
) -> Generator[Outcome, None, None]:
    """One outcome for each pending job, whatever the executor does."""

    def taken() -> Iterator[Job]:
        for job in list(pending.values()):
            observer.started(job, estimator.expected(job))
            yield job

    for outcome in executor(execute, taken()):
        if outcome.job.id not in pending:
            raise ValueError(
                f"the executor returned a duplicate or unknown job: {outcome.job.label}"
            )
        yield outcome
    for job in list(pending.values()):
        yield Outcome(job=job, status=Status.FAILED, error="the executor returned no outcome")


def _refuse_undigested(jobs: Iterable[Job]) -> None:
    for job in jobs:
        if job.measure is Measure.EVALUATE and job.dataset_digest is None:
            raise ValueError(f"{job.label} has no dataset digest, so it can be listed but not run")


@contextmanager
def terminable() -> Iterator[None]:
    """Within it, SIGTERM acts like Ctrl-C. Does nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    driver = os.getpid()

    def interrupt(number: int, _frame: FrameType | None) -> None:
        if os.getpid() != driver:  # a forked worker that inherited this handler: just end
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
