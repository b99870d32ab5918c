"""What can go wrong, and the exit code that each kind ends the program with.

    BenchError                70   never raised itself
    ├── UsageError             2   an option, name or path the user gave
    │   ├── UnknownNameError   2   a name nothing matches, with the nearest ones
    │   └── StoreError         2   a results store that cannot be read or written
    ├── DataError              4   images or weights that are absent, damaged or not what they say
    └── JobError               3   a job that failed; the run goes on

Every message is one line: what was given, what is allowed, what to do. Anything else that is raised
is a fault of bench's own and ends with 70, never with 1: that code says "a number got worse".
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from enum import IntEnum

_LONGEST = 400


class ExitCode(IntEnum):
    """Documented exit codes of the command line."""

    OK = 0
    REGRESSION = 1
    USAGE = 2
    JOBS_FAILED = 3
    DATA = 4
    INTERNAL = 70  #: a fault of bench's own, sysexits' EX_SOFTWARE
    INTERRUPTED = 130


class BenchError(Exception):
    """Base of all errors that a user can cause and mend."""

    exit_code = ExitCode.INTERNAL


class UsageError(BenchError):
    """An option, name or path that cannot be used."""

    exit_code = ExitCode.USAGE


class UnknownNameError(UsageError):
    """A name that matches nothing.

    >>> print(UnknownNameError("model", "convnxt", ["convnext", "swin"]))
    unknown model 'convnxt'; did you mean convnext? `bench list models` shows all
    """

    def __init__(self, what: str, given: str, known: Iterable[str]) -> None:
        near = get_close_matches(given, list(known), n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(near)}?" if near else ";"
        super().__init__(f"unknown {what} {given!r}{hint} `bench list {what}s` shows all")


class StoreError(UsageError):
    """A results store that cannot be opened, read or written."""


class DataError(BenchError):
    """Images or weights that are missing, damaged or not what they claim to be."""

    exit_code = ExitCode.DATA


class JobError(BenchError):
    """A job that cannot give a number it could vouch for."""

    exit_code = ExitCode.JOBS_FAILED


def one_line(error: BaseException) -> str:
    """An exception as one line of at most 400 characters: its type, and what it says.

    >>> one_line(ValueError("no   such thing"))
    'ValueError: no such thing'
    """
    text = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(":")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
