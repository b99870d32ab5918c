"""Where jobs run: each executor takes a function and jobs and yields what came of them.

An executor pulls a job from the iterable when it is about to start it, never earlier: that is how
the loop knows what is under way. It yields one outcome a job, in any order, made by
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
        """Outcomes of the jobs, as they finish."""
        ...
