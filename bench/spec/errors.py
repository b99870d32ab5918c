"""Errors, and the exit code that each kind ends the program with.

    BenchError                70   base class, never raised
    ├── UsageError             2   an option, name or path the user gave
    │   ├── UnknownNameError   2   an unknown name, with the nearest known ones
    │   └── StoreError         2   a results store that cannot be read or written
    ├── DataError              4   images or weights that are missing, damaged or not as declared
    └── JobError               3   a job that failed; the run goes on

Every message is one line: what was given, what is allowed, what to do. Any other exception is a bug
in bench and ends with 70; 1 is reserved for regressions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from enum import IntEnum

_LONGEST = 400
#: Line ends, what steers a terminal, and what turns the direction of text.
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class ExitCode(IntEnum):
    """Documented exit codes of the command line."""

    OK = 0
    REGRESSION = 1
    USAGE = 2
    JOBS_FAILED = 3
    DATA = 4
    INTERNAL = 70  #: a bug in bench; EX_SOFTWARE of sysexits.h
    INTERRUPTED = 130


class BenchError(Exception):
    """Base of all errors that a user can cause and fix."""

    exit_code = ExitCode.INTERNAL

    def __str__(self) -> str:
        return visible(super().__str__())


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
    """Images or weights that are missing, damaged or not as declared."""

    exit_code = ExitCode.DATA


class JobError(BenchError):
    """A job that cannot produce a trustworthy number."""

    exit_code = ExitCode.JOBS_FAILED


def visible(text: str) -> str:
    r"""Text in one line whatever names and values in it hold: control characters are escaped.

    >>> print(visible("a\nb.jpg"))
    a\nb.jpg
    """
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def one_line(error: BaseException) -> str:
    """An exception as one line of at most 400 characters: its type and message.

    >>> one_line(ValueError("no   such thing"))
    'ValueError: no such thing'
    """
    text = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(":")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
