"""The encoded images of a set, listed: what every format comes to.

Formats that name classes (folders, tars) give `Part`s, the images of one class each; `arranged`
puts them in order: by group, class index, file name. So a folder and the tar made of it give one
listing, with one digest, on any file system.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Protocol, overload

import numpy as np
from numpy.typing import NDArray

from bench.images.imagenet import classes as imagenet_classes
from bench.images.imagenet.synsets import real_labels, synsets, val_number
from bench.images.types import Labels, Listing
from bench.spec import Dataset
from bench.spec.errors import DataError


class Part(Protocol):
    """Images of one class, and of one group where a set has groups."""

    @property
    def folder(self) -> str | int:
        """The class as it is named there: a folder's name, or an integer label."""

    @property
    def group(self) -> str:
        """``gaussian_noise-3``, or empty."""

    @property
    def files(self) -> Sequence[str]:
        """File names, sorted, each once."""

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Bytes of each, (len(files),)."""

    def read(self, index: int) -> bytes:
        """One of its files. Raises `DataError`."""


@dataclass(frozen=True, eq=False)
class Listed:
    """A `Listing` of parts in order; can be pickled."""

    digest: str
    labels: Labels
    names: Sequence[str]
    parts: tuple[Part, ...]
    starts: tuple[int, ...]  #: index of each part's first image
    notes: tuple[str, ...] = ()  #: what was passed over, one line each

    def __len__(self) -> int:
        return len(self.names)

    def read(self, index: int) -> bytes:
        """See `Listing`."""
        part = bisect_right(self.starts, index) - 1
        return self.parts[part].read(index - self.starts[part])


@dataclass(frozen=True, eq=False)
class Chosen:
    """A `Listing` of some images of another one, with labels of its own.

    Whoever prepares images may prepare those of ``whole`` once and take ``which`` of them.
    """

    digest: str
    labels: Labels
    whole: Listing
    which: NDArray[np.intp]  #: (N,), ascending
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> Sequence[str]:
        """See `Listing`."""
        return [self.whole.names[i] for i in self.which]

    def __len__(self) -> int:
        return len(self.which)

    def read(self, index: int) -> bytes:
        """See `Listing`."""
        return self.whole.read(int(self.which[index]))


class Names(Sequence[str]):
    """``<group>/<synset>/<file>`` of all images, made when asked for: millions take no room."""

    def __init__(self, heads: Sequence[str], files: Sequence[Sequence[str]]) -> None:
        self._heads, self._files = heads, files
        self._ends = tuple(accumulate(map(len, files)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        index = range(len(self))[index]
        part = bisect_right(self._ends, index)
        first = self._ends[part - 1] if part else 0
        return self._heads[part] + self._files[part][index - first]


def arranged(dataset: Dataset, parts: Iterable[Part], notes: Sequence[str] = ()) -> Listed:
    """All parts as one listing, ordered by group, class index, file name.

    The digest is the sha256 of the set's name and, of each image in order, group, synset, file
    name and size. Raises `DataError` for classes that are not the set's, or no image at all.
    """
    found = [part for part in parts if part.files]
    if not found:
        raise DataError(
            f"{dataset.name}: no images in {dataset.place}; give what holds its class folders, "
            "n01440764 and so on"
        )
    target = imagenet_classes.resolved(dataset, {part.folder for part in found})
    group_names: tuple[str, ...] = tuple(dataset.options.get("groups", ()))
    group = {name: index for index, name in enumerate(group_names)} or {"": 0}
    found.sort(key=lambda part: (group[part.group], target[part.folder]))
    _refuse_repeats(dataset, [(part.group, target[part.folder]) for part in found])
    heads = [f"{part.group}/{synsets()[target[part.folder]]}/".removeprefix("/") for part in found]
    counts = [len(part.files) for part in found]
    labels = Labels(
        target=np.repeat(np.array([target[part.folder] for part in found], np.int64), counts),
        group=np.repeat(np.array([group[p.group] for p in found], np.int64), counts)
        if group_names
        else None,
        group_names=group_names,
        base=_bases([(target[p.folder], p.files) for p in found]) if group_names else None,
    )
    starts = tuple(accumulate(counts[:-1], initial=0))
    names = Names(heads, [part.files for part in found])
    digest = _digest(dataset, heads, found)
    return Listed(digest, labels, names, tuple(found), starts, tuple(notes))


def with_real_labels(dataset: Dataset, val: Listing) -> Chosen:
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
    which = np.array([i for i, classes in enumerate(labels) if classes], np.intp)
    chosen = replace(val.labels.at(which), accepted=tuple(labels[i] for i in which))
    text = repr((dataset.name, val.digest, chosen.accepted))
    notes = tuple(getattr(val, "notes", ()))
    return Chosen(hashlib.sha256(text.encode()).hexdigest(), chosen, val, which, notes)


def _digest(dataset: Dataset, heads: Sequence[str], parts: Sequence[Part]) -> str:
    digest = hashlib.sha256(f"{dataset.name}\n".encode())
    for head, part in zip(heads, parts, strict=True):
        for file, size in zip(part.files, part.sizes.tolist(), strict=True):
            digest.update(f"{head}{file}\t{size}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _bases(parts: Iterable[tuple[int, Sequence[str]]]) -> NDArray[np.int64]:
    """Which undisturbed image each is a version of: one number for a class and file name."""
    number: dict[tuple[int, str], int] = {}
    return np.array(
        [
            number.setdefault((label, file.rsplit(".", 1)[0]), len(number))
            for label, files in parts
            for file in files
        ],
        np.int64,
    )


def _refuse_repeats(dataset: Dataset, keys: Sequence[tuple[str, int]]) -> None:
    for before, after in pairwise(keys):
        if before == after:
            raise DataError(
                f"{dataset.name}: class {synsets()[after[1]]} is there twice, under two names; "
                "remove one"
            )
