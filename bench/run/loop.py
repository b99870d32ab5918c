"""The one loop: what the store lacks goes to an executor, what comes back goes to the store.

The driver is the only writer, and an outcome is durable before the next is asked for. So Ctrl-C,
SIGTERM and even SIGKILL cost at most the jobs under way; the same command goes on from there.
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
from bench.store.timing import Timing


class Observer(Protocol):
    """Told what happens, to show it; times left are estimates."""

    def planned(self, todo: Sequence[Job], done_before: int, left: Estimate) -> None:
        """Once, before the first job: what is to do and what the store already has."""

    def started(self, job: Job, expected: Estimate) -> None:
        """An executor takes the job up."""

    def finished(self, outcome: Outcome, left: Estimate) -> None:
        """The outcome is in the store, and durable."""


class Silent:
    """An observer that shows nothing."""

    def planned(self, todo: Sequence[Job], done_before: int, left: Estimate) -> None:
        """Nothing."""

    def started(self, job: Job, expected: Estimate) -> None:
        """Nothing."""

    def finished(self, outcome: Outcome, left: Estimate) -> None:
        """Nothing."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What one call of `run` did; ``interrupted`` by Ctrl-C or SIGTERM, to be gone on with."""

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
    """Do the jobs that the store has no good outcome of, and store what comes of each.

    A failed job is stored with its error and the others go on; it is tried again next time.
    ``run_id`` is `Store.begin_run`'s.

    Raises StoreError if another run writes this store, or an outcome cannot be written.
    """
    observer = observer or Silent()
    begun = time.monotonic()
    ok, failures, interrupted = 0, list[Outcome](), False
    with store.driver():
        done = store.done()
        pending = {job.id: job for job in jobs if job.id not in done}
        done_before = len({job.id for job in jobs}) - len(pending)
        _refuse_undigested(pending.values())
        clock = Estimator(pending.values(), store.timings())
        observer.planned(list(pending.values()), done_before, clock.left())
        try:
            outcomes = _outcomes(pending, execute, executor, observer, clock)
            with terminable(), closing(outcomes):
                for outcome in outcomes:
                    store.append(outcome, run_id)
                    clock.finished(pending.pop(outcome.job.id))
                    if outcome.status is Status.OK:
                        ok += 1
                        clock.timed(Timing.of(outcome.job, outcome.seconds))
                    else:
                        failures.append(outcome)
                    observer.finished(outcome, clock.left())
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
    clock: Estimator,
) -> Generator[Outcome, None, None]:
    """One outcome for each pending job, whatever the executor does."""

    def taken() -> Iterator[Job]:
        for job in list(pending.values()):
            observer.started(job, clock.expected(job))
            yield job

    for outcome in executor(execute, taken()):
        if outcome.job.id not in pending:
            raise ValueError(f"the executor gave an outcome twice or unasked: {outcome.job.label}")
        yield outcome
    for job in list(pending.values()):
        yield Outcome(job=job, status=Status.FAILED, error="the executor gave no outcome")


def _refuse_undigested(jobs: Iterable[Job]) -> None:
    for job in jobs:
        if job.measure is Measure.EVALUATE and job.dataset_digest is None:
            raise ValueError(f"no digest of the data of {job.label}: it can be listed, not run")


@contextmanager
def terminable() -> Iterator[None]:
    """Within, SIGTERM is Ctrl-C. Signals reach the main thread only, so elsewhere: nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    driver = os.getpid()

    def interrupt(number: int, _frame: FrameType | None) -> None:
        if os.getpid() != driver:  # a forked worker that inherited this: just end
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
