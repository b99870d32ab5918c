"""The same job timed in several processes, one after another: the process is what is replicated.

Memory layout, and with it speed, is drawn anew by each process; the samples of one share it. The
processes are started together, before anything is timed, and kept for the jobs that follow, so
that a run pays for loading torch once and not for every row.
"""

from __future__ import annotations

import atexit
import json
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryFile
from typing import Any

from bench.spec import Job, replace
from bench.spec.errors import JobError
from bench.speed.session import Timed

#: Modules are found where ours are, never first in the working folder (-P).
_START = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from bench.speed.worker import main; main()"
)
_COMMAND = (sys.executable, "-P", "-c", _START)
_LAST_WORDS = 200  # characters of what a process said before it died
_PATIENCE = 10.0  # seconds for one to end when asked to


class Process:
    """A child that times jobs; whatever happens to it, this process goes on."""

    def __init__(self) -> None:
        self._said = TemporaryFile()  # noqa: SIM115 - closed with the process
        self._child = subprocess.Popen(  # noqa: S603 - this interpreter, no shell
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,  # Ctrl-C is ours to hear: then we end it
        )
        self._ready = False
        self._tell(sys.path)

    def get_ready(self) -> None:
        """Return when it has loaded torch. Raises `JobError` if it cannot."""
        if not self._ready:
            self._answer()
            self._ready = True

    def timed(self, job: Job) -> Timed:
        """What it times. Raises `JobError` with its error, or with what became of it."""
        self.get_ready()
        self._tell(job)
        answer = self._answer()
        if "error" in answer:
            raise JobError(answer["error"])
        return Timed(**answer)

    def close(self, patience: float = _PATIENCE) -> None:
        """End it: by the end of its input, or after ``patience`` seconds by force."""
        with suppress(OSError):
            self._pipe("stdin").close()
        try:
            self._child.wait(patience)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._pipe("stdout").close()
        self._said.close()

    def _tell(self, thing: object) -> None:
        try:
            pickle.dump(thing, self._pipe("stdin"))
            self._pipe("stdin").flush()
        except BrokenPipeError:
            pass  # its end is reported when no answer comes

    def _answer(self) -> dict[str, Any]:
        line = self._pipe("stdout").readline()
        if not line.endswith(b"\n"):
            code = self._child.wait()
            raise JobError(f"the process that timed it {_ended(code)}{self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _pipe(self, name: str) -> Any:
        return getattr(self._child, name)

    def _last_words(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"; it last said: {last[:_LAST_WORDS]}" if last else ""


_processes: list[Process] = []


def replicated(job: Job) -> list[Timed]:
    """The job timed in ``job.options.replicates`` processes, the batch size chosen by the first.

    Raises `JobError` if it fails in any; interrupted, it ends the process that was at work.
    """
    found: list[Timed] = []
    _start(job.options.replicates)
    for number in range(job.options.replicates):
        try:
            found.append(_processes[number].timed(job))
        except BaseException:
            _processes.pop(number).close(patience=0)
            raise
        if job.options.batch_size == 0:
            job = replace(job, options=replace(job.options, batch_size=found[0].batch))
    if job.options.compile:  # what one compiled is in its memory, and would be found again
        close()
    return found


def close() -> None:
    """End all processes; the next job starts others."""
    while _processes:
        _processes.pop().close()


@contextmanager
def processes(count: int) -> Iterator[list[Process]]:
    """So many new ones, loaded and ready, ended on leaving. Raises `JobError` if one cannot."""
    made = [Process() for _ in range(count)]
    try:
        for process in made:
            process.get_ready()
        yield made
    finally:
        for process in made:
            process.close(patience=0)


def _start(count: int) -> None:
    """Have so many at hand; all are loaded before any is asked, as loading disturbs."""
    while len(_processes) < count:
        _processes.append(Process())
    for process in _processes[:count]:
        try:
            process.get_ready()
        except BaseException:
            close()
            raise


def _ended(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"


atexit.register(close)
