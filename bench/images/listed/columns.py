"""Columns of a listing: a few bytes an image and no Python object, for sets of millions."""

from __future__ import annotations

import hashlib
import json
import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
from numpy.typing import NDArray

_SIGNED = 2**63 - 1
Integers = NDArray[np.integer[Any]]
#: Columns of `Rows`, with their type code in `array`.
_TYPES = {
    **dict.fromkeys(("label", "group", "storage", "length"), "i"),
    **dict.fromkeys(("start", "offset", "size"), "q"),
}


class Storage(Protocol):
    """What holds encoded images: a folder, a tar, a row group of a table. Can be pickled."""

    def read(self, file: str, offset: int, size: int) -> bytes:
        """One image, by what its row says; safe to call from several threads.

        Raises `DataError`.
        """


@dataclass(frozen=True, eq=False)
class Texts:
    """A column of texts: their UTF-8 bytes, and where in them each begins and how long it is."""

    data: bytes
    start: Integers
    length: Integers

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, row: int) -> str:
        start = int(self.start[row])
        return self.data[start : start + int(self.length[row])].decode(errors="surrogateescape")

    def __iter__(self) -> Iterator[str]:
        data = self.data
        for start, length in zip(self.start.tolist(), self.length.tolist(), strict=True):
            yield data[start : start + length].decode("utf-8", "surrogateescape")

    def at(self, rows: NDArray[np.intp]) -> Texts:
        """Those of some rows, in that order."""
        return Texts(self.data, self.start[rows], self.length[rows])


def compact(values: Integers) -> Integers:
    """The same integers, none negative, in the smallest type that holds them.

    >>> compact(np.array([3, 400])).dtype
    dtype('uint16')
    """
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def file_state(facts: os.stat_result) -> tuple[int, int, int, int]:
    """What differs once a file has been written to or replaced: size, times and inode.

    Each fits 64 bits with a sign; some file systems number inodes beyond that.
    """
    return facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino & _SIGNED


class Rows:
    """Images as a format finds them, in any order: columns that grow."""

    def __init__(self) -> None:
        self.labels: dict[str | int, int] = {}  #: what a class is called there, and its number here
        self.groups: dict[str, int] = {}  #: the same of groups; "" where a set has none
        self.storages: list[Storage] = []
        self._text = bytearray()
        self._columns = {name: array(code) for name, code in _TYPES.items()}
        self._states = hashlib.sha256()
        self._begins: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._columns["size"])

    def add(
        self,
        storage: int,
        files: Sequence[str],
        labels: Sequence[str | int],
        sizes: Iterable[int],
        offsets: Iterable[int],
        group: str = "",
    ) -> None:
        """Images of one storage and group; ``labels`` are what their classes are called there."""
        columns = self._columns
        for label in dict.fromkeys(labels):
            self.labels.setdefault(label, len(self.labels))
        columns["label"].extend(map(self.labels.__getitem__, labels))
        columns["size"].extend(sizes)
        columns["offset"].extend(offsets)
        number = self.groups.setdefault(group, len(self.groups))
        columns["group"].extend([number] * len(files))
        columns["storage"].extend([storage] * len(files))
        # Groups hold versions of the same images, under the same names.
        self._name(files, self._begins if group else None)

    def rename(self, files: Iterable[str]) -> None:
        """Other file names for all rows."""
        del self._columns["start"][:], self._columns["length"][:], self._text[:]
        self._name(files, None)

    def _name(self, files: Iterable[str], known: dict[bytes, int] | None) -> None:
        """Add names; those that are ``known``, by where they begin, are not repeated."""
        texts = [file.encode(errors="surrogateescape") for file in files]
        self._columns["length"].extend(map(len, texts))
        if known is None:
            starts = accumulate(map(len, texts), initial=len(self._text))
            self._columns["start"].extend(islice(starts, len(texts)))
            self._text += b"".join(texts)
            return
        for text in texts:
            begin = known.setdefault(text, len(self._text))
            if begin == len(self._text):
                self._text += text
            self._columns["start"].append(begin)

    def saw(self, states: Iterable[tuple[int, ...]]) -> None:
        """Take in the `file_state` of files that the images come from."""
        self._states.update(array("q", chain.from_iterable(states)).tobytes())

    @property
    def state(self) -> str:
        """Hex digest of the states of all files."""
        return self._states.hexdigest()

    @property
    def files(self) -> Texts:
        """File names."""
        return Texts(bytes(self._text), self.column("start"), self.column("length"))

    def column(self, name: str) -> Integers:
        """A column, ``label`` and ``group`` as numbers of `labels` and `groups`."""
        return np.asarray(self._columns[name])

    def save(self, file: IO[bytes], notes: Sequence[str]) -> None:
        """Write the columns, all but storages and states."""
        about = json.dumps([list(self.labels), list(self.groups), list(notes)]).encode()
        columns: dict[str, Any] = {name: self.column(name) for name in _TYPES}
        columns["text"] = np.frombuffer(bytes(self._text), np.uint8)
        columns["about"] = np.frombuffer(about, np.uint8)
        np.savez(file, **columns)

    def _check(self, storages: int) -> None:
        """ValueError where columns do not fit each other."""
        columns = {name: self.column(name) for name in _TYPES}
        tops = {"label": len(self.labels), "group": len(self.groups), "storage": storages}
        if len({len(column) for column in columns.values()}) > 1:
            raise ValueError("columns of unequal lengths")
        if any(column.min(initial=0) < 0 for column in columns.values()) or any(
            columns[name].max(initial=-1) >= top for name, top in tops.items()
        ):
            raise ValueError("numbers of nothing")
        if len(self) and int((columns["start"] + columns["length"]).max()) > len(self._text):
            raise ValueError("names that are not there")

    @classmethod
    def load(cls, path: Path, storages: int) -> tuple[Rows, list[str]]:
        """What was saved of so many storages: rows and notes.

        Raises what numpy, zipfile and json do for a damaged file; ValueError where columns do not
        fit each other.
        """
        rows = cls()
        with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
            labels, groups, notes = json.loads(saved["about"].tobytes())
            rows.labels = {label: number for number, label in enumerate(labels)}
            rows.groups = {group: number for number, group in enumerate(groups)}
            rows._text = bytearray(saved["text"].tobytes())
            for name, column in rows._columns.items():
                column.frombytes(saved[name].astype(column.typecode, casting="same_kind").tobytes())
        rows._check(storages)
        return rows, notes
