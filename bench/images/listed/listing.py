"""The encoded images of a set: one columnar table, whatever the format.

Folders and tars name classes; `arranged` puts their images in order: by group, class index, file
name. So a folder and the tar made of it give one listing, with one digest, on any file system.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise, repeat
from operator import lt
from typing import overload

import numpy as np
from numpy.typing import NDArray

from bench.images.imagenet import classes as imagenet_classes
from bench.images.imagenet.synsets import real_labels, synsets, val_number
from bench.images.listed.columns import Integers, Rows, Storage, Texts, compact
from bench.images.types import Labels
from bench.spec import Dataset
from bench.spec.errors import DataError

_LINES = 1000  # that are hashed at once


@dataclass(frozen=True, eq=False)
class Listing:
    """The encoded images of a set, in an order that does not depend on the file system.

    Columns have one row an image. Can be pickled.
    """

    digest: str  #: sha256 of names, sizes and labels of the whole set
    labels: Labels  #: target, group and what else is known of each image
    files: Texts  #: file names
    storage: Integers  #: index into ``storages``
    offset: Integers  #: bytes into a tar, or row of a row group
    size: Integers  #: bytes; of a row of parquet its row group's mean
    storages: tuple[Storage, ...]
    state: str  #: hex digest that changes once a file has been written to or replaced
    notes: tuple[str, ...] = ()  #: what was passed over, one line each
    whole: Listing | None = None  #: what this is a selection of
    rows: NDArray[np.intp] | None = None  #: which rows of ``whole``, ascending

    def __len__(self) -> int:
        return len(self.size)

    @property
    def names(self) -> Names:
        """Unique, for messages: ``n01440764/ILSVRC2012_val_00000293.JPEG``."""
        return Names(self.labels, self.files)

    def read(self, index: int) -> bytes:
        """One encoded image; safe to call from several threads. Raises `DataError`."""
        storage: Storage = self.storages[int(self.storage[index])]
        return storage.read(self.files[index], int(self.offset[index]), int(self.size[index]))

    def selected(self, rows: NDArray[np.intp], labels: Labels, digest: str) -> Listing:
        """Some images of it, with labels and a digest of their own."""
        return replace(
            self,
            digest=digest,
            labels=labels,
            files=self.files.at(rows),
            storage=self.storage[rows],
            offset=self.offset[rows],
            size=self.size[rows],
            whole=self,
            rows=rows,
        )


class Names(Sequence[str]):
    """``<group>/<synset>/<file>`` of all images, made when asked for."""

    def __init__(self, labels: Labels, files: Texts) -> None:
        self._labels, self._files = labels, files

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[str]:
        target, group = self._labels.target, self._labels.group
        of_group = repeat(-1) if group is None else group.tolist()
        heads: dict[tuple[int, int], str] = {}
        for key, file in zip(
            zip(of_group, target.tolist(), strict=False), self._files, strict=True
        ):
            if key not in heads:
                heads[key] = self._head(*key)
            yield heads[key] + file

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[row] for row in range(len(self))[index]]
        row = range(len(self))[index]
        group = -1 if self._labels.group is None else int(self._labels.group[row])
        return self._head(group, int(self._labels.target[row])) + self._files[row]

    def _head(self, group: int, label: int) -> str:
        around = f"{self._labels.group_names[group]}/" if group >= 0 else ""
        return f"{around}{synsets()[label]}/"


def arranged(dataset: Dataset, rows: Rows, notes: Sequence[str] = ()) -> Listing:
    """All images found, ordered by group, class index, file name.

    The digest is the sha256 of the set's name and, of each image in order, group, synset, file
    name and size. Raises `DataError` for classes that are not the set's, an image that is there
    twice, or no image at all.
    """
    if not len(rows):
        raise DataError(
            f"{dataset.name}: no images in {dataset.place}; give what holds its class folders, "
            "n01440764 and so on"
        )
    known = imagenet_classes.resolved(dataset, rows.labels)
    _refuse_repeats(dataset, rows, known)
    group_names: tuple[str, ...] = tuple(dataset.options.get("groups", ()))
    numbers = {name: number for number, name in enumerate(group_names)} or {"": 0}
    target = np.array([known[label] for label in rows.labels])[rows.column("label")]
    group = np.array([numbers[name] for name in rows.groups])[rows.column("group")]
    order = _order(dataset, rows, group * len(synsets()) + target)
    table = listed(rows, order, notes)
    files, target, group = table.files, target[order], group[order]
    labels = Labels(
        target=target,
        group=group if group_names else None,
        group_names=group_names,
        base=_bases(target, files) if group_names else None,
    )
    digest = _digest(dataset, Names(labels, files), table.size)
    return replace(table, labels=labels, digest=digest)


def listed(
    rows: Rows, order: NDArray[np.intp] | slice = slice(None), notes: Sequence[str] = ()
) -> Listing:
    """Rows as a listing in that order, without labels and digest."""
    files = rows.files
    return Listing(
        digest="",
        labels=Labels(np.empty(0, np.int64)),
        files=Texts(files.data, compact(files.start[order]), compact(files.length[order])),
        storage=compact(rows.column("storage")[order]),
        offset=compact(rows.column("offset")[order]),
        size=compact(rows.column("size")[order]),
        storages=tuple(rows.storages),
        state=rows.state,
        notes=tuple(notes),
    )


def with_real_labels(dataset: Dataset, val: Listing) -> Listing:
    """Those of val's images that have ReaL labels, with them.

    As in the paper, images without any label are left out. ``target`` stays val's own. Raises
    `DataError` where file names do not tell which image of val each is.
    """
    numbers = [val_number(name) for name in val.names]
    if unknown := [name for name, number in zip(val.names, numbers, strict=True) if number is None]:
        raise DataError(
            f"{dataset.name}: ReaL labels go by names like ILSVRC2012_val_00000293.JPEG, "
            f"{len(unknown)} of {len(numbers)} files have others ({unknown[0]}); "
            "give val with its published file names"
        )
    labels = [real_labels()[number - 1] for number in numbers if number is not None]
    rows = np.array([i for i, classes in enumerate(labels) if classes], np.intp)
    chosen = replace(val.labels.at(rows), accepted=tuple(labels[i] for i in rows))
    text = repr((dataset.name, val.digest, chosen.accepted))
    return val.selected(rows, chosen, hashlib.sha256(text.encode()).hexdigest())


def _order(dataset: Dataset, rows: Rows, key: NDArray[np.int64]) -> NDArray[np.intp]:
    """Rows by ``key``, those of one key by file name."""
    order = np.argsort(key, kind="stable")
    files = rows.files
    for members in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
        names = list(files.at(members))
        if all(map(lt, names, names[1:])):  # as folders are
            continue
        within = sorted(range(len(names)), key=names.__getitem__)
        for before, after in pairwise(within):
            if names[before] == names[after]:
                raise DataError(_twice(dataset, rows, names[after], members[[before, after]]))
        members[:] = members[within]  # a view of `order`
    return order


def _twice(dataset: Dataset, rows: Rows, name: str, pair: NDArray[np.intp]) -> str:
    label = list(rows.labels)[rows.column("label")[pair[0]]]
    first, second = (rows.storages[i] for i in rows.column("storage")[pair])
    return (
        f"{dataset.name}: {name} of class {label} is there twice, in {first} and in {second}; give "
        "one of them"
    )


def _digest(dataset: Dataset, names: Names, sizes: Integers) -> str:
    digest = hashlib.sha256(f"{dataset.name}\n".encode())
    lines = (f"{name}\t{size}\n" for name, size in zip(names, sizes.tolist(), strict=True))
    while some := "".join(islice(lines, _LINES)):
        digest.update(some.encode(errors="surrogateescape"))
    return digest.hexdigest()


def _bases(target: NDArray[np.int64], files: Texts) -> NDArray[np.int64]:
    """Which undisturbed image each is a version of: one number for a class and file name."""
    number: dict[tuple[int, str], int] = {}
    return np.array(
        [
            number.setdefault((label, file.rsplit(".", 1)[0]), len(number))
            for label, file in zip(target.tolist(), files, strict=True)
        ],
        np.int64,
    )


def _refuse_repeats(dataset: Dataset, rows: Rows, known: dict[str | int, int]) -> None:
    """`DataError` where two names in one group mean one class."""
    pairs = np.unique(np.stack([rows.column("group"), rows.column("label")]), axis=1)
    targets, seen = [known[label] for label in rows.labels], set[tuple[int, int]]()
    for group, label in pairs.T.tolist():
        if (group, targets[label]) in seen:
            raise DataError(
                f"{dataset.name}: class {synsets()[targets[label]]} is there twice, under two "
                "names; remove one"
            )
        seen.add((group, targets[label]))
