"""Files that a path or pattern names."""

from __future__ import annotations

import glob
import re
from pathlib import Path

from bench.spec.errors import UsageError

_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d{1,9})\.\.(\d{1,9})")
_MOST_SHARDS = 100_000


def expanded(place: str) -> list[Path]:
    """Files that a path or pattern names: ``*`` those that are there, ``{}`` all spelled out.

    Brackets are those of a file's name where there is such a file, else a pattern. Raises
    UsageError for a range that is none.
    """
    if Path(place).is_file():
        return [Path(place)]
    patterns = spelled_out(place)
    paths = [path for pattern in patterns for path in _matching(pattern)]
    return paths if patterns != [place] or glob.has_magic(place) else []


def spelled_out(pattern: str) -> list[str]:
    """Braces as shells take them.

    >>> spelled_out("val-{08..10}.tar")
    ['val-08.tar', 'val-09.tar', 'val-10.tar']
    >>> spelled_out("{a,b}.tar")
    ['a.tar', 'b.tar']
    """
    found = _BRACES.search(pattern)
    if found is None:
        return [pattern]
    numbers = _RANGE.fullmatch(found[1])
    first, last = (int(numbers[1]), int(numbers[2])) if numbers else (0, found[1].count(","))
    rests = spelled_out(pattern[found.end() :])
    if not 0 < (last - first + 1) * len(rests) <= _MOST_SHARDS:
        raise UsageError(f"braces in {pattern!r} must rise, to at most {_MOST_SHARDS} files in all")
    parts = (
        [f"{number:0{len(numbers[1])}d}" for number in range(first, last + 1)]
        if numbers
        else found[1].split(",")
    )
    return [pattern[: found.start()] + part + rest for part in parts for rest in rests]


def _matching(pattern: str) -> list[Path]:
    """The file of that name, else those that it matches as a pattern."""
    if not glob.has_magic(pattern) or Path(pattern).is_file():
        return [Path(pattern)]
    folder, slash, name = pattern.rpartition("/")
    within = (
        f"{folder.replace('[', '[[]')}{slash}"  # where the folder is called so, or the file too
    )
    for one in (pattern, within + name, within + name.replace("[", "[[]")):
        if found := sorted(glob.glob(one)):  # noqa: PTH207 - of absolute paths too
            return list(map(Path, found))
    return [] if "*" in pattern or "?" in pattern else [Path(pattern)]
