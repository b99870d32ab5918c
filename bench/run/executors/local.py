"""One job after another, in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.run.execute import Execute, attempt
from bench.spec import Job, Outcome


def local(execute: Execute, jobs: Iterable[Job]) -> Iterator[Outcome]:
    """Outcomes of the jobs, in their order; see `bench.run.executors.Executor`."""
    for job in jobs:
        yield attempt(job, execute)
