"""Plain text for terminals and pipes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bench.blocks.encodings import IN_WORDS
from bench.spec.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

Cell = str | int | None
_PIPE = 180  # columns
_UNSAID = 80  # of a terminal that does not tell
_NARROWEST = 40  # what is narrower would cut headings and numbers


def columns(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Rows under a header, numbers right-aligned, never wrapped, so that `grep` and `cut` work.

    >>> print(columns(["name", "n"], [["a", 5], ["bc", 10]]))
    name   n
    a      5
    bc    10
    """
    table = [list(row) for row in rows]
    texts = [list(header), *(["-" if c is None else str(c) for c in row] for row in table)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    right = [
        bool(table) and all(isinstance(row[i], int) for row in table) for i in range(len(header))
    ]
    lines = (
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in texts
    )
    return "\n".join(lines)


def counted(number: int, noun: str) -> str:
    """A number with its noun, singular or plural.

    >>> counted(1, "model"), counted(2, "model")
    ('1 model', '2 models')
    """
    return f"{number} {noun}" + ("" if number == 1 else "s")


def duration(seconds: float) -> str:
    """Seconds in readable units.

    >>> duration(7.4), duration(75), duration(3 * 3600 + 120)
    ('7 s', '1 min 15 s', '3 h 2 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def write(text: str, to: Path | None) -> None:
    """Write to a file, noting it on stderr, or to standard output if ``to`` is None.

    Raises UsageError if the file cannot be written.
    """
    if to is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        return
    try:
        to.write_text(text, encoding="utf-8", errors=IN_WORDS)
    except OSError as error:
        raise UsageError(f"cannot write {str(to)!r}: {error.strerror or error}") from error
    print(f"wrote {to}", file=sys.stderr)


def stdout_console() -> Console:
    """The console for reports: as wide as the terminal; in a pipe wide enough for whole tables."""
    from rich.console import Console

    return Console(width=_width(os.environ.get("COLUMNS", ""), sys.stdout))


def _width(given: str, stream: TextIO) -> int:
    """Columns to print in: those of ``COLUMNS`` if that is a number, else those there are.

    >>> import io
    >>> [_width(given, io.StringIO()) for given in ("100", "20", "0", "-5", "wide", "")]
    [100, 40, 180, 180, 180, 180]
    """
    if re.fullmatch("0*[1-9][0-9]{0,3}", given):
        return max(int(given), _NARROWEST)
    if not stream.isatty():
        return _PIPE
    return max(os.get_terminal_size(stream.fileno()).columns or _UNSAID, _NARROWEST)


def warn(text: str) -> None:
    """Print a one-line warning on stderr."""
    print(f"bench: warning: {text}", file=sys.stderr)
