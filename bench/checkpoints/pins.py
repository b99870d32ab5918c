"""What is remembered of published weights between runs, in the folder ``weights`` of bench's cache.

``pins.json`` maps each repository to the commit that was first used: a later run measures the same
weights though the repository has moved on. ``digests.json`` keeps the sha256 of files that did not
change since, so that gigabytes are not hashed at each start. Several processes may write at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.images.drawn.store import cache_folder
from bench.spec.errors import DataError

#: A file written so recently may be written again without its times telling.
_SETTLED_S = 2.0


def pinned(repository: str) -> str | None:
    """The commit that is used of a repository of the hub; None before it was used once.

    Raises `DataError` for a damaged file of pins: to pass over it could change numbers.
    """
    return _pins().get(repository)


def pin(repository: str, commit: str) -> None:
    """Use this commit of the repository from now on; `DataError` if that cannot be kept."""
    if pinned(repository) == commit:
        return
    path = _folder() / "pins.json"
    try:
        with _alone():
            _replace(path, _pins() | {repository: commit})
    except OSError as error:
        raise DataError(
            f"cannot keep which commit of {repository} is used in {path}: "
            f"{error.strerror or error}; free some space or set BENCH_CACHE to another folder"
        ) from error


def digest(path: Path) -> str:
    """The sha256 of a file, from memory if its size and times are those of last time.

    Raises OSError where it cannot be read.
    """
    seen = path.stat()
    state = [seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns]
    known = _read(_folder() / "digests.json").get(str(path.absolute()))
    if isinstance(known, list) and known[:-1] == state:
        return str(known[-1])
    found = sha256(path)
    if time.time() - seen.st_mtime > _SETTLED_S:
        try:
            with _alone():
                known = _read(_folder() / "digests.json")
                _replace(
                    _folder() / "digests.json", {**known, str(path.absolute()): [*state, found]}
                )
        except OSError:  # it will be hashed again, no more
            pass
    return found


def sha256(path: Path) -> str:
    """Hex digest of the bytes on disk now; raises OSError where they cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _folder() -> Path:
    return cache_folder() / "weights"


def _pins() -> dict[str, str]:
    path = _folder() / "pins.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}; restore or delete it") from error
    if not isinstance(found, dict) or not all(isinstance(commit, str) for commit in found.values()):
        raise DataError(f"{path} does not map repositories to commits; restore or delete it")
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _replace(path: Path, content: dict[str, Any]) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        part.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _alone() -> Iterator[None]:
    """No other process reads and replaces the files meanwhile; a lock dies with its process."""
    _folder().mkdir(parents=True, exist_ok=True)
    with (_folder() / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
