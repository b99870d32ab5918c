"""The same job timed in several processes, one after another.

Memory layout differs from process to process, and speed with it; samples of one process share a
layout. The processes are started together before anything is timed, and kept for the next jobs, so
that a run loads torch once and not for every row.
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
from bench.speed.session import ProcessTiming

#: The child gets our sys.path; -P keeps the working folder out of it.
_START = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from bench.speed.worker import main; main()"
)
_COMMAND = (sys.executable, "-P", "-c", _START)
_STDERR_SHOWN = 200  # characters of the last line on stderr
_CLOSE_TIMEOUT = 10.0  # seconds


class Process:
    """A child process that times jobs. If it crashes, this process goes on."""

    def __init__(self) -> None:
        self._stderr = TemporaryFile()  # noqa: SIM115 - closed with the process
        self._child = subprocess.Popen(  # noqa: S603 - this interpreter, no shell
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,  # Ctrl-C reaches us alone, and we end the child
        )
        self._ready = False
        self._send(sys.path)

    def wait_until_ready(self) -> None:
        """Return once it has loaded torch. Raises `JobError` if it ends before that."""
        if not self._ready:
            self._receive()
            self._ready = True

    def time_job(self, job: Job) -> ProcessTiming:
        """Time a job there. Raises `JobError` with the job's error, or if the process ends."""
        self.wait_until_ready()
        self._send(job)
        reply = self._receive()
        if "error" in reply:
            raise JobError(reply["error"])
        return ProcessTiming(**reply)

    def close(self, timeout: float = _CLOSE_TIMEOUT) -> None:
        """Close its input, which ends it; kill it if that takes longer than ``timeout`` seconds."""
        with suppress(OSError):
            self._pipe("stdin").close()
        try:
            self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._pipe("stdout").close()
        self._stderr.close()

    def _send(self, thing: object) -> None:
        try:
            pickle.dump(thing, self._pipe("stdin"))
            self._pipe("stdin").flush()
        except BrokenPipeError:
            pass  # `_receive` reports that it has ended

    def _receive(self) -> dict[str, Any]:
        line = self._pipe("stdout").readline()
        if not line.endswith(b"\n"):
            code = self._child.wait()
            raise JobError(f"the timing process {_ended(code)}{self._last_line()}")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _pipe(self, name: str) -> Any:
        return getattr(self._child, name)

    def _last_line(self) -> str:
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"; its last line: {last[:_STDERR_SHOWN]}" if last else ""


_processes: list[Process] = []


def time_in_processes(job: Job) -> list[ProcessTiming]:
    """Time the job in ``job.options.replicates`` processes; the first one chooses the batch size.

    Raises `JobError` if it fails in any of them. A process that fails or is interrupted is ended.
    """
    found: list[ProcessTiming] = []
    _ensure_ready(job.options.replicates)
    for number in range(job.options.replicates):
        try:
            found.append(_processes[number].time_job(job))
        except BaseException:
            _processes.pop(number).close(timeout=0)
            raise
        if job.options.batch_size == 0:
            job = replace(job, options=replace(job.options, batch_size=found[0].batch))
    if job.options.compile:  # a process would find in memory what it has compiled before
        close()
    return found


def close() -> None:
    """End all processes; the next job starts new ones."""
    while _processes:
        _processes.pop().close()


@contextmanager
def processes(count: int) -> Iterator[list[Process]]:
    """``count`` new processes with torch loaded, ended on exit. Raises `JobError` if one fails."""
    made = [Process() for _ in range(count)]
    try:
        for process in made:
            process.wait_until_ready()
        yield made
    finally:
        for process in made:
            process.close(timeout=0)


def _ensure_ready(count: int) -> None:
    """Start processes until there are ``count``; all load before any times, as loading disturbs."""
    while len(_processes) < count:
        _processes.append(Process())
    for process in _processes[:count]:
        try:
            process.wait_until_ready()
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
