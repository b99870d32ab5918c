"""Folders of class folders: ``<synset>/<file>``, or ``<corruption>/<severity>/<synset>/<file>``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.images.imagenet.synsets import is_synset
from bench.spec import Dataset
from bench.spec.errors import DataError

#: The kinds of files that timm's evaluation reads.
SUFFIXES = (".jpg", ".jpeg", ".png")
_DEEPEST = 3  # folders around the class folders: ILSVRC/Data/CLS-LOC


@dataclass(frozen=True, eq=False)
class ClassFolder:
    """The images of one class folder; a `bench.images.listed.listing.Part`."""

    path: Path
    folder: str
    files: tuple[str, ...]
    sizes: NDArray[np.int64]
    group: str = ""

    def read(self, index: int) -> bytes:
        """One file's bytes. Raises `DataError`."""
        file = self.path / self.files[index]
        try:
            return file.read_bytes()
        except OSError as error:
            raise DataError(
                f"cannot read {file}: {error.strerror or error}; `bench data check` finds all such"
            ) from error


def is_image(name: str) -> bool:
    """Whether a file's name is that of an image; hidden files such as ``._x.JPEG`` are none."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def holds_classes(folder: Path) -> bool:
    """Whether a folder holds class folders, named by synsets or numbers."""
    return holds(folder, is_synset) or holds(folder, str.isdecimal)


def holds(folder: Path, named: Callable[[str], bool]) -> bool:
    """Whether a folder that can be read holds folders with such a name."""
    try:
        return any(named(name) for name in _subfolders(folder))
    except OSError:
        return False


def holds_corruptions(dataset: Dataset, folder: Path) -> bool:
    """Whether a folder holds some of a set's corruptions, perhaps under ``noise/``, ``blur/``."""
    return any(True for _ in _grouped(dataset, folder))


def parts(dataset: Dataset, folder: Path) -> tuple[list[ClassFolder], list[str]]:
    """The images below a folder by class, and a line for each kind of thing passed over.

    Class folders may lie some folders further down where nothing else is on the way. Raises
    `DataError` where images lie side by side without class folders, or a folder cannot be read.
    """
    found: list[ClassFolder] = []
    others: list[str] = []
    try:
        for group, home in _homes(dataset, folder):
            beside = [name for name in _files(home) if is_image(name)]
            for name in _subfolders(home):
                part, rest = _class_folder(home / name, name, group)
                found.append(part)
                others += rest
            if beside and not any(part.files for part in found):
                raise DataError(_flat(dataset, home, beside))
            others += beside
    except OSError as error:
        raise DataError(
            f"{dataset.name}: cannot read {error.filename}: {error.strerror or error}"
        ) from error
    return found, passed_over(others)


def passed_over(names: list[str]) -> list[str]:
    """A line about files that are no images of a class, if there are any.

    >>> passed_over(["README.txt", "n01440764/Thumbs.db"])
    ['2 files passed over, which are no images in class folders: README.txt ...']
    """
    if not names:
        return []
    more = " ..." if len(names) > 1 else ""
    files = "1 file" if len(names) == 1 else f"{len(names)} files"
    return [f"{files} passed over, which are no images in class folders: {min(names)}{more}"]


def _homes(dataset: Dataset, folder: Path) -> list[tuple[str, Path]]:
    """The folders that hold class folders, each with its group."""
    if not dataset.options.get("groups"):
        return [("", _descended(folder, holds_classes))]
    return list(_grouped(dataset, _descended(folder, lambda f: holds_corruptions(dataset, f))))


def _class_folder(path: Path, name: str, group: str) -> tuple[ClassFolder, list[str]]:
    images: list[tuple[str, int]] = []
    others: list[str] = []
    with os.scandir(path) as entries:
        for entry in entries:
            if not is_image(entry.name):
                others += [] if entry.name.startswith(".") else [f"{name}/{entry.name}"]
            elif not entry.is_dir():
                # One string for a file name, however many corruptions of it there are.
                images.append((sys.intern(entry.name), entry.stat().st_size))
    images.sort()
    files = tuple(file for file, _ in images)
    sizes = np.array([size for _, size in images], np.int64)
    return ClassFolder(path, name, files, sizes, group), others


def _descended(folder: Path, arrived: Callable[[Path], bool]) -> Path:
    """The folder itself, or the one further down that has what is looked for."""
    here = folder
    for _ in range(_DEEPEST):
        if arrived(here):
            return here
        below = list(_subfolders(here))
        if len(below) != 1:
            return here
        here = here / below[0]
    return here if arrived(here) else folder


def _grouped(dataset: Dataset, folder: Path) -> Iterator[tuple[str, Path]]:
    """The folders of each group that is there: (``gaussian_noise-3``, its folder)."""
    around = [folder, *(folder / name for name in _subfolders(folder))]
    for group in dataset.options.get("groups", ()):
        corruption, severity = group.rsplit("-", 1)
        for home in around:
            if (home / corruption / severity).is_dir():
                yield group, home / corruption / severity
                break


def _subfolders(folder: Path) -> list[str]:
    """Names of the folders in it, sorted, without hidden ones and those that systems leave."""
    with os.scandir(folder) as entries:
        return sorted(e.name for e in entries if e.name[0] not in "._@" and e.is_dir())


def _files(folder: Path) -> Iterator[str]:
    with os.scandir(folder) as entries:
        yield from (entry.name for entry in entries if not entry.is_dir())


def _flat(dataset: Dataset, home: Path, images: list[str]) -> str:
    if min(images).startswith("ILSVRC2012_val_"):
        todo = (
            "the ground-truth file that comes with them counts classes in another order, so it is "
            "not used: move each into the folder of its synset, n01440764/ and so on, as the "
            "usual valprep.sh does"
        )
    else:
        todo = "move each into the folder of its synset, n01440764/ and so on"
    return (
        f"{dataset.name}: {len(images)} images in {home} lie side by side, which tells no class; "
        f"{todo}"
    )
