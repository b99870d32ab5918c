"""Runs one job after another in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.run.execute import Execute, attempt
from bench.spec import Job, Outcome


def local(execute: Execute, jobs: Iterable[Job]) -> Iterator[Outcome]:
    """Yield the outcomes of the jobs in order; see `bench.run.executors.Executor`."""
    for job in jobs:
        yield attempt(job, execute)
