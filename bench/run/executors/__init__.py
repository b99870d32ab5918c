"""Executors decide where jobs run: each takes a function and jobs, and yields outcomes.

An executor takes a job from the iterable when it is about to start it, never earlier, so that the
loop knows which jobs are running. It yields one outcome per job, in any order, made by
`bench.run.execute.attempt`, and lets KeyboardInterrupt pass. It never touches the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from bench.run.execute import Execute
from bench.spec import Job, Outcome


class Executor(Protocol):
    """Runs jobs somewhere."""

    def __call__(self, execute: Execute, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Yield the outcomes of the jobs as they finish."""
        ...
