"""What a reader may do with a file of others: answer or refuse in one line, and touch nothing."""

from __future__ import annotations

import os
import resource
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unicodedata import category

from bench.spec.errors import BenchError

SECONDS = 20.0  # for one small file; machines stall
MEMORY = 2 << 30  # bytes of addresses beyond what the process has
TOUCHED = 256 << 20  # bytes of memory that are used
_HOME = Path(__file__).resolve().parents[2]
_PACKAGES = {str(_HOME), *sysconfig.get_paths().values(), sys.prefix, sys.base_prefix}
_READ = (*sorted(_PACKAGES), "/proc", "/sys", "/dev", "/usr", "/etc/localtime", "/lib")
_watching: list[tuple[Path, list[str]]] = []


@contextmanager
def watched(folder: Path, let: type[BenchError] | None = None) -> Iterator[None]:
    """Fails where the block takes long, takes much memory or opens files out of ``folder``.

    A `BenchError` or ``ValueError`` of one line ends the block well; one to ``let`` goes on.
    """
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked.append(True)
    strange: list[str] = []
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    _watching.append((folder, strange))
    try:
        with _little_memory():
            yield
    except (BenchError, ValueError) as error:
        told(error)
        if let is not None and isinstance(error, let):
            raise
    finally:
        _watching.pop()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert not strange, f"opened {strange}"
    assert time.monotonic() - began < SECONDS, "it took long"
    assert sys.platform != "linux" or grown < TOUCHED, f"it took {grown >> 20} MiB"


_hooked: list[bool] = []


def told(error: BenchError | ValueError) -> None:
    """A message is one line without control characters; a ValueError is bench's own."""
    text = str(error)
    assert text, "it says nothing"
    assert isinstance(error, BenchError) or type(error) is ValueError, repr(error)
    assert not [char for char in text if category(char) in ("Cc", "Zl", "Zp")], repr(text)


@contextmanager
def _little_memory() -> Iterator[None]:
    statm = Path("/proc/self/statm")
    if not statm.exists():
        yield
        return
    has = int(statm.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (has + MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event not in ("open", "os.remove", "os.rename", "os.mkdir", "os.symlink") or not _watching:
        return
    path = arguments[0]
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, str | Path):
        return  # a descriptor that is open already
    folder, strange = _watching[-1]
    real = os.path.abspath(path)  # noqa: PTH100 - no other call of the system in a hook
    if real.startswith(str(folder)):
        return
    mode = arguments[1] if len(arguments) > 1 else None
    flags = arguments[2] if len(arguments) > 2 else 0
    writes = event != "open" or (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR))
    compiled = "__pycache__" in real
    if not compiled and (writes or not real.startswith(_READ)):
        strange.append(f"{event} {path!r} {mode!r}")
