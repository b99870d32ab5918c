"""Folders of class folders: ``<synset>/<file>``, or ``<corruption>/<severity>/<synset>/<file>``.

Files whose names tell their synset, ``ILSVRC2012_val_00000293_n01440764.JPEG``, need none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

from bench.images.imagenet.synsets import is_synset, synset_in
from bench.images.listed.columns import Rows, file_state
from bench.images.listed.passed import NO_IMAGES, Passed
from bench.images.listed.usual import holder, names_of, others_than, plain
from bench.spec import Dataset
from bench.spec.errors import DataError

#: Kinds of image files: the three that timm's evaluation reads, and what shards of others hold.
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
TRAINING = "train"  #: a folder that no set is looked for in
NOWHERE = "which is not there"  #: how the message about a link that leads nowhere ends
_DEEPEST = 3  # folders around the class folders: ILSVRC/Data/CLS-LOC


class Folder(NamedTuple):
    """Image files in one folder; a `bench.images.listed.columns.Storage`."""

    path: str

    def __str__(self) -> str:
        return self.path

    def read(self, file: str, _offset: int, _size: int) -> bytes:
        """One file's bytes. Raises `DataError`."""
        path = Path(self.path, file)
        try:
            return path.read_bytes()
        except OSError as error:
            if isinstance(error, FileNotFoundError) and path.is_symlink():
                raise DataError(f"{path} is a link to {path.readlink()}, {NOWHERE}") from error
            raise DataError(
                f"cannot read {path}: {error.strerror or error}; `bench data check` finds all such"
            ) from error


def is_image(name: str) -> bool:
    """Whether a file's name is that of an image; hidden files such as ``._x.JPEG`` are none."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def holds_synsets(folder: Path) -> bool:
    """Whether a folder holds class folders named by synsets."""
    return any(map(is_synset, readable_subfolders(folder)))


def holds_classes(folder: Path) -> bool:
    """Whether a folder holds class folders, named by synsets or numbers."""
    return any(is_synset(name) or name.isdecimal() for name in readable_subfolders(folder))


def homes(dataset: Dataset, folder: Path) -> list[Path]:
    """The folders that hold a set's class folders: ``folder`` itself, else the nearest below it.

    Of several, those that go by a usual name of the set; so there may be none, one, or more between
    which the user must choose. None that goes by another set's name, or train, is entered.
    """
    level, others = [folder], {*others_than(holder(dataset)), TRAINING}
    for _ in range(_DEEPEST + 1):
        if there := [path for path in level if _is_home(dataset, path)]:
            usual = names_of(holder(dataset))
            return [path for path in there if plain(path.name) in usual] or there
        level = [
            path / name
            for path in level
            for name in readable_subfolders(path)
            if plain(name) not in others
        ]
    return []


def flat_home(folder: Path) -> Path | None:
    """The folder with images side by side: itself, or the one that only folders lead to."""
    for _ in range(_DEEPEST + 1):
        if images_in(folder):
            return folder
        below = readable_subfolders(folder)
        if len(below) != 1:
            return None
        folder = folder / below[0]
    return None


def images_in(folder: Path) -> list[str]:
    """Names of the images right in a folder, none where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return [e.name for e in entries if is_image(e.name) and not e.is_dir()]
    except OSError:
        return []


def readable_subfolders(folder: Path) -> list[str]:
    """Names of the folders in it, sorted, none where it cannot be read.

    Hidden ones and those that systems leave do not count.
    """
    try:
        return _subfolders(folder)
    except OSError:
        return []


def found(dataset: Dataset, home: Path) -> tuple[Rows, list[str]]:
    """The images in the class folders of ``home``, and a line for each kind of thing passed over.

    Raises `DataError` where images lie side by side and nothing tells their class, or a folder
    cannot be read.
    """
    rows, passed = Rows(), Passed()
    try:
        for group, folder in _grouped(dataset, home) if _has_groups(dataset) else [("", home)]:
            for name in _subfolders(folder):
                _add(rows, passed, folder / name, group, label=name)
            beside = images_in(folder)
            if beside and not len(rows):
                if unlabelled := [name for name in beside if synset_in(name) is None]:
                    raise DataError(_flat(dataset, folder, unlabelled))
                _add(rows, passed, folder, group, label=None)
            else:
                passed.add(NO_IMAGES, beside)
    except OSError as error:
        raise DataError(
            f"{dataset.name}: cannot read {error.filename}: {error.strerror or error}"
        ) from error
    return rows, passed.notes()


def _add(rows: Rows, passed: Passed, folder: Path, group: str, label: str | None) -> None:
    """The images right in a folder, of class ``label`` or of the one that each name tells."""
    images: list[tuple[str, tuple[int, ...]]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if is_image(name) and not entry.is_dir():
                try:
                    images.append((name, file_state(entry.stat())))
                except FileNotFoundError:  # a link that leads nowhere: reading it says so
                    images.append((name, (0, 0, 0, 0)))
            elif not name.startswith(".") and label:
                passed.add(NO_IMAGES, [f"{folder.name}/{name}"])
    if not images:
        return
    images.sort()
    files = [file for file, _ in images]
    states = [state for _, state in images]
    labels = [label or synset_in(file) or "" for file in files]
    rows.storages.append(Folder(str(folder)))
    sizes = (state[0] for state in states)
    rows.add(len(rows.storages) - 1, files, labels, sizes, repeat(0, len(files)), group)
    rows.saw(states)


def _has_groups(dataset: Dataset) -> bool:
    return bool(dataset.options.get("groups"))


def _is_home(dataset: Dataset, folder: Path) -> bool:
    if not _has_groups(dataset):
        return holds_classes(folder)
    try:
        return any(True for _ in _grouped(dataset, folder))
    except OSError:
        return False


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
    with os.scandir(folder) as entries:
        return sorted(e.name for e in entries if e.name[0] not in "._@" and e.is_dir())


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
