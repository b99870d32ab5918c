"""The images of a set listed from its place, whatever the format.

A place is one of
    a folder of class folders ``n01440764/*.JPEG``, of tars, or of ``.parquet``/``.arrow`` tables
    tars or tables: ``imagenet-a.tar``, ``val-*.tar``, ``imagenet1k-validation-{00..63}.tar``
    ``hf:<owner>/<name>[@revision][:split]``, or ``hf-stream:`` and the same
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from pathlib import Path

from bench.images.listed import folders, hub, tables, tars
from bench.images.listed import listing as listed
from bench.images.types import Listing
from bench.spec import Dataset, Role, replace
from bench.spec.errors import DataError, UsageError

_TARS = (".tar",)
_TABLES = (".parquet", ".arrow")
_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d{1,9})\.\.(\d{1,9})")
_MOST_SHARDS = 100_000


def listing(dataset: Dataset) -> Listing:
    """The encoded images of a set at its ``place``.

    Reads names and sizes, no image. Raises `DataError` where there is nothing readable, classes
    are not the set's, or labels are missing; UsageError for a set without a place.
    """
    if dataset.draw:
        raise UsageError(f"{dataset.name} is drawn, not read; `bench doctor` checks drawn sets")
    if not dataset.place:
        raise UsageError(
            f"{dataset.name} is read and nobody said where it lies; give --data-dir FOLDER or "
            f"--from {dataset.name}=PLACE"
        )
    if dataset.role is Role.REAL and dataset.twin:
        val = replace(dataset, name=dataset.twin, role=Role.VAL, twin=None)
        return listed.with_real_labels(dataset, _read(val))
    return _read(dataset)


def holds_tars(_dataset: Dataset, folder: Path) -> bool:
    """Whether a folder is one of tars."""
    return bool(_inside(folder, _TARS))


def holds_tables(_dataset: Dataset, folder: Path) -> bool:
    """Whether a folder is one of parquet or arrow files, or has them in ``data/`` as on the hub."""
    return bool(_inside(folder, _TABLES))


def expanded(place: str) -> list[Path]:
    """Files that a path or pattern names: ``*`` those that are there, ``{}`` all spelled out.

    Raises UsageError for a range that is none.
    """
    if Path(place).is_file():
        return [Path(place)]
    paths = list[Path]()
    for pattern in _spelled_out(place):
        magic = glob.has_magic(pattern)
        paths += map(Path, sorted(glob.glob(pattern)) if magic else [pattern])  # noqa: PTH207
    return paths if len(paths) > 1 or glob.has_magic(place) else []


def _read(dataset: Dataset) -> Listing:
    place = dataset.place
    if place.startswith(hub.SCHEMES):
        if hub.parse(place).streamed:
            return _from_tars(dataset, [hub.spooled(dataset)])
        return tables.listed(dataset, hub.arrow_files(dataset))
    folder = Path(place)
    if folder.is_dir():
        files = _inside(folder, _TABLES) or _inside(folder, _TARS)
        if not files or folders.holds_classes(folder):
            return listed.arranged(dataset, *folders.parts(dataset, folder))
        files = _of_split(files)
    else:
        files = expanded(place)
    missing = [file for file in files if not file.is_file()]
    if missing or not files:
        which = (
            f"{len(missing)} of {len(files)} files ({missing[0]} ...)" if missing else repr(place)
        )
        raise DataError(f"{dataset.name}: {which} not there; complete them or give another place")
    if all(file.suffix in _TABLES for file in files):
        return tables.listed(dataset, files)
    return _from_tars(dataset, files)


def _from_tars(dataset: Dataset, files: Sequence[Path]) -> Listing:
    return listed.arranged(dataset, *tars.parts(dataset, files))


def _inside(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """Files of a kind in a folder, else in its ``data/``, sorted; the cache of `datasets` not."""
    for home in (folder, folder / "data"):
        try:
            with os.scandir(home) as entries:
                found = sorted(
                    Path(entry.path)
                    for entry in entries
                    if entry.name.endswith(tuple(suffixes))
                    and not entry.name.startswith((".", "cache-"))
                )
        except OSError:
            continue
        if found:
            return found
    return []


def _of_split(files: Sequence[Path]) -> list[Path]:
    """Of files of several splits, those of validation, else of test."""
    for words in ({"validation", "val"}, {"test"}):
        chosen = [f for f in files if words & set(re.split(r"[^a-z0-9]+", f.stem.lower()))]
        if chosen:
            return chosen
    return list(files)


def _spelled_out(pattern: str) -> list[str]:
    """Braces as shells take them.

    >>> _spelled_out("val-{08..10}.tar")
    ['val-08.tar', 'val-09.tar', 'val-10.tar']
    >>> _spelled_out("{a,b}.tar")
    ['a.tar', 'b.tar']
    """
    found = _BRACES.search(pattern)
    if found is None:
        return [pattern]
    numbers = _RANGE.fullmatch(found[1])
    first, last = (int(numbers[1]), int(numbers[2])) if numbers else (0, found[1].count(","))
    rests = _spelled_out(pattern[found.end() :])
    if not 0 < (last - first + 1) * len(rests) <= _MOST_SHARDS:
        raise UsageError(f"braces in {pattern!r} must rise, to at most {_MOST_SHARDS} files in all")
    parts = (
        [f"{number:0{len(numbers[1])}d}" for number in range(first, last + 1)]
        if numbers
        else found[1].split(",")
    )
    return [pattern[: found.start()] + part + rest for part in parts for rest in rests]
