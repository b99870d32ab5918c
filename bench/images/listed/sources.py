"""The images of a set listed from its place, whatever the format.

A place is one of
    a folder of class folders ``n01440764/*.JPEG``, of tars, or of ``.parquet``/``.arrow`` tables
    tars or tables: ``imagenet-a.tar``, ``val-*.tar``, ``imagenet1k-validation-{00..63}.tar``
    ``hf:<owner>/<name>[@revision][:split]``, or ``hf-stream:`` and the same
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from bench.images.imagenet.synsets import synset_in
from bench.images.listed import folders, hub, tables, tars
from bench.images.listed.listing import Listing, arranged, with_real_labels
from bench.images.listed.patterns import expanded
from bench.spec import Dataset, Role, replace
from bench.spec.errors import DataError, UsageError

_TARS = (".tar",)
_TABLES = (".parquet", ".arrow")
_ARCHIVES = (".zip", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".zst", ".7z", ".rar")
_SPLITS = ("validation", "val", "test")
_SHOWN = 5


class Format(IntEnum):
    """What a folder holds; of places side by side the first of these counts."""

    FOLDERS = 0
    TABLES = 1
    TARS = 2


@dataclass(frozen=True)
class Contents:
    """The images in a folder: a home of class folders, or files.

    Several homes are a question to the user.
    """

    format: Format
    paths: tuple[Path, ...]


def listing(dataset: Dataset) -> Listing:
    """The encoded images of a set at its ``place``.

    Reads names and sizes, no image. Raises `DataError` where there is nothing readable, classes
    are not the set's, or labels are missing; UsageError for a set without a place.
    """
    if dataset.draw:
        raise UsageError(f"{dataset.name} is drawn, not read; `bench doctor` checks drawn sets")
    if not dataset.place:
        raise UsageError(
            f"{dataset.name} has no location; give --data-dir FOLDER or --from {dataset.name}=PLACE"
        )
    if dataset.role is Role.REAL and dataset.twin:
        val = replace(dataset, name=dataset.twin, role=Role.VAL, twin=None)
        return with_real_labels(dataset, _listing(val))
    return _listing(dataset)


def contents(dataset: Dataset, folder: Path) -> Contents | None:
    """What of a set can be read from a folder; None where there is nothing.

    Class folders right in it count before tables, tables before tars, and these before class
    folders further down; last, images side by side whose names tell their class.
    """
    homes = tuple(folders.homes(dataset, folder))
    if homes[:1] == (folder,):
        return Contents(Format.FOLDERS, homes)
    for form, suffixes in ((Format.TABLES, _TABLES), (Format.TARS, _TARS)):
        if files := _inside(folder, suffixes):
            return Contents(form, tuple(_of_split(files)))
    if homes:
        return Contents(Format.FOLDERS, homes)
    flat = folders.flat_home(folder)
    if flat and all(map(synset_in, folders.images_in(flat))):
        return Contents(Format.FOLDERS, (flat,))
    return None


def holds_unreadable(folder: Path) -> bool:
    """Whether a folder without readable `contents` holds images or archives nonetheless."""
    return any(map(folders.images_in, _around(folder))) or bool(_archives(folder))


def _listing(dataset: Dataset) -> Listing:
    place = dataset.place
    if place.startswith(hub.SCHEMES):
        if hub.parse(place).streamed:
            return arranged(dataset, *tars.found(dataset, [hub.spooled(dataset)]))
        return tables.table_listing(dataset, hub.arrow_files(dataset))
    folder = Path(place)
    if not folder.is_dir():
        return _from_files(dataset, expanded(place))
    there = contents(dataset, folder)
    if there is None:
        home = folders.flat_home(folder) or folder
        if not any(map(folders.images_in, _around(home))) and (archives := _archives(home)):
            raise DataError(
                f"{dataset.name}: no images in {home}, which holds {_some(archives)}; unpack "
                f"{'it' if len(archives) == 1 else 'them'} there"
            )
        return arranged(dataset, *folders.found(dataset, home))
    if there.format is not Format.FOLDERS:
        return _from_files(dataset, there.paths)
    if len(there.paths) > 1:
        names = [str(path.relative_to(folder)) for path in there.paths]
        raise DataError(
            f"{dataset.name}: {folder} holds class folders in {_some(names)}; give one of them, "
            f"such as --from {dataset.name}={there.paths[0]}"
        )
    return arranged(dataset, *folders.found(dataset, there.paths[0]))


def _from_files(dataset: Dataset, files: Sequence[Path]) -> Listing:
    missing = [file for file in files if not file.is_file()]
    if missing or not files:
        place = repr(dataset.place)
        which = f"{len(missing)} of {len(files)} files ({missing[0]} ...)" if missing else place
        raise DataError(f"{dataset.name}: {which} not there; complete them or give another place")
    if all(file.suffix in _TABLES for file in files):
        return tables.table_listing(dataset, files)
    return arranged(dataset, *tars.found(dataset, files))


def _inside(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """Files of a kind in a folder, else in its ``data/`` or in the folder of a split.

    Sorted; the cache of `datasets` does not count.
    """
    for home in (folder, folder / "data", *(folder / split for split in _SPLITS)):
        if names := [name for name in _files(home, suffixes) if not name.startswith("cache-")]:
            return [home / name for name in names]
    return []


def _files(folder: Path, suffixes: Sequence[str]) -> list[str]:
    """Names of the files with such endings, sorted; none where the folder cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.name
                for entry in entries
                if entry.name.endswith(tuple(suffixes)) and not entry.name.startswith(".")
            )
    except OSError:
        return []


def _around(folder: Path) -> list[Path]:
    """A folder, and those in it."""
    return [folder, *(folder / name for name in folders.readable_subfolders(folder))]


def _archives(folder: Path) -> list[str]:
    """Packed files in a folder and in those in it, by path within."""
    return [
        str((path / name).relative_to(folder))
        for path in _around(folder)
        for name in _files(path, _ARCHIVES)
    ]


def _of_split(files: Sequence[Path]) -> list[Path]:
    """Of files of several splits, those of validation, else of test."""
    for words in ({"validation", "val"}, {"test"}):
        chosen = [f for f in files if words & set(re.split(r"[^a-z0-9]+", f.stem.lower()))]
        if chosen:
            return chosen
    return list(files)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
