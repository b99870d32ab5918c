"""Progress on stderr: bars if it is a terminal, plain lines if not.

Both show each job and all jobs with the time left. Times are estimates, so a bar whose job takes
longer waits just short of full.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from bench.cli.lib.console import duration
from bench.spec import Job, Outcome, Status

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from bench.run.estimate import Estimate

Count = Callable[[int, int], None]
_ALMOST = 0.98
_LINE_EVERY_S = 5.0


def observer() -> _Bars | _Lines:
    """The observer that suits stderr, a context manager."""
    return _Bars() if sys.stderr.isatty() else _Lines()


@contextmanager
def counting(what: str) -> Iterator[Count]:
    """Yield a function to call with (done, total) during ``what``; shown once it is called."""
    if not sys.stderr.isatty():
        yield _line_counter(what)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with _progress(*columns, TimeRemainingColumn(compact=True)) as progress:
        task: list[TaskID] = []

        def count(done: int, total: int) -> None:
            if not task:
                task.append(progress.add_task(what, total=total))
            progress.update(task[0], completed=done, total=total)

        yield count


def _line_counter(what: str) -> Count:
    begun = shown = time.monotonic()

    def count(done: int, total: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if done >= total:
            say(f"{what}: {done} of {total}, {duration(now - begun)}")
        elif now - shown >= _LINE_EVERY_S:
            shown = now
            left = duration((now - begun) / done * (total - done)) if done else "unknown"
            say(f"{what}: {done} of {total}, about {left} left")

    return count


class _Lines:
    """One line per finished job."""

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def planned(self, todo: Sequence[Job], done_before: int, left: Estimate) -> None:
        self._total, self._done = len(todo) + done_before, done_before
        say(_opening(todo, done_before, left))

    def started(self, job: Job, expected: Estimate) -> None:
        """Prints nothing: one line per job is enough, when it finishes."""

    def finished(self, outcome: Outcome, left: Estimate) -> None:
        self._done += 1
        place = f"{self._done:>{len(str(self._total))}}/{self._total}"
        say(f"[{place}] {_closing(outcome)}; about {duration(left.seconds)} left")


class _Bars:
    """One bar for the running job, one for all jobs."""

    def __init__(self) -> None:
        from rich.progress import SpinnerColumn, TextColumn

        self._progress = _progress(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}", markup=False),
            _estimated_bar(),
            _time_left(),
        )

    def __enter__(self) -> _Bars:
        self._progress.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.__exit__(kind, error, trace)

    def planned(self, todo: Sequence[Job], done_before: int, left: Estimate) -> None:
        say(_opening(todo, done_before, left))
        self._count, self._finished = len(todo) + done_before, done_before
        self._job = self._progress.add_task("", total=None, visible=False)
        self._all = self._progress.add_task(
            self._overall(), total=max(left.seconds, 1e-9), visible=bool(todo)
        )

    def started(self, job: Job, expected: Estimate) -> None:
        self._progress.reset(
            self._job, description=job.label, total=max(expected.seconds, 1e-9), visible=True
        )

    def finished(self, outcome: Outcome, left: Estimate) -> None:
        self._finished += 1
        if outcome.status is Status.FAILED:
            self._progress.console.print(_closing(outcome), style="red", markup=False)
        elapsed = next(t.elapsed or 0.0 for t in self._progress.tasks if t.id == self._all)
        self._progress.update(
            self._all, description=self._overall(), total=elapsed + left.seconds + 1e-9
        )

    def _overall(self) -> str:
        return f"all jobs  {self._finished}/{self._count}"


def _progress(*columns: object) -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns, console=Console(stderr=True), transient=True)  # type: ignore[arg-type]


def _estimated_bar() -> object:
    """A bar over expected seconds instead of steps."""
    from rich.progress import ProgressColumn, Task
    from rich.progress_bar import ProgressBar

    class Bar(ProgressColumn):
        def render(self, task: Task) -> ProgressBar:
            total = task.total or 1.0
            return ProgressBar(
                total=total, completed=min(task.elapsed or 0.0, _ALMOST * total), width=40
            )

    return Bar()


def _time_left() -> object:
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Left(ProgressColumn):
        def render(self, task: Task) -> Text:
            left = (task.total or 0.0) - (task.elapsed or 0.0)
            text = f"about {duration(left)} left" if left >= 1 else "nearly done"
            return Text(text, style="progress.remaining")

    return Left()


def _opening(todo: Sequence[Job], done_before: int, left: Estimate) -> str:
    jobs = f"{len(todo)} job{'' if len(todo) == 1 else 's'} to do"
    before = f", {done_before} already in the store" if done_before else ""
    return f"{jobs}{before}; about {duration(left.seconds)}" if todo else f"nothing to do{before}"


def _closing(outcome: Outcome) -> str:
    if outcome.status is Status.FAILED:
        return f"{outcome.job.label}: FAILED: {outcome.error}"
    return f"{outcome.job.label}: {outcome.seconds:.1f} s"


def say(text: str) -> None:
    """Print one line on stderr and flush it."""
    print(text, file=sys.stderr, flush=True)
