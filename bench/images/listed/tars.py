"""Tars: class folders in them, or WebDataset samples ``key.jpg`` with ``key.cls`` or ``key.json``.

Nothing is ever extracted. A tar is gone through once for where each image lies, which is kept in
the cache folder for as long as the tars' sizes and times stay the same; then images are read in
any order, by any thread.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.images.drawn.store import cache_folder, replacing
from bench.images.listed import webdataset
from bench.images.listed.folders import is_image, passed_over
from bench.spec import Dataset
from bench.spec.errors import DataError

_INDEX_VERSION = 1
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zX", b"\x28\xb5\x2f\xfd")  # gzip, bzip2, xz, zstd


class Entry(NamedTuple):
    """One image in one of the tars, of the class that it was found in or labelled with."""

    tar: int
    offset: int
    size: int
    folder: str | int
    group: str
    file: str


@dataclass(frozen=True, eq=False)
class TarClass:
    """The images of one class; a `bench.images.listed.listing.Part`."""

    tars: tuple[str, ...]
    folder: str | int
    group: str
    files: tuple[str, ...]
    sizes: NDArray[np.int64]
    tar: NDArray[np.int64]  #: index into ``tars``
    offsets: NDArray[np.int64]

    def read(self, index: int) -> bytes:
        """One image's bytes. Raises `DataError`."""
        path, size = self.tars[self.tar[index]], int(self.sizes[index])
        try:
            with open(path, "rb", buffering=0) as tar:  # noqa: PTH123 - a path object costs more
                data = os.pread(tar.fileno(), size, int(self.offsets[index]))
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror or error}") from error
        if len(data) != size:
            raise DataError(f"{path} ends within {self.files[index]}; copy the tar again")
        return data


def parts(dataset: Dataset, tars: Sequence[Path]) -> tuple[list[TarClass], list[str]]:
    """The images in some tars by class, and a line for each kind of thing passed over.

    Raises `DataError` for a tar that is compressed or damaged, or images without a class.
    """
    entries, passed = _index(dataset, tars)
    by_class: dict[tuple[str, str | int], dict[str, Entry]] = {}
    for entry in entries:
        files = by_class.setdefault((entry.group, entry.folder), {})
        if before := files.get(entry.file):
            raise DataError(
                f"{dataset.name}: {entry.file} of class {entry.folder} is there twice, in "
                f"{tars[before.tar]} and in {tars[entry.tar]}; give one of them"
            )
        files[entry.file] = entry
    names = tuple(map(str, tars))
    return [
        _part(names, group, folder, files) for (group, folder), files in by_class.items()
    ], passed


def _part(
    tars: tuple[str, ...], group: str, folder: str | int, files: dict[str, Entry]
) -> TarClass:
    chosen = [files[name] for name in sorted(files)]
    return TarClass(
        tars=tars,
        folder=folder,
        group=group,
        files=tuple(entry.file for entry in chosen),
        sizes=np.array([entry.size for entry in chosen], np.int64),
        tar=np.array([entry.tar for entry in chosen], np.int64),
        offsets=np.array([entry.offset for entry in chosen], np.int64),
    )


def _index(dataset: Dataset, tars: Sequence[Path]) -> tuple[list[Entry], list[str]]:
    """All images, from the cache folder where it has them."""
    try:
        states = [(str(tar.absolute()), tar.stat().st_size, tar.stat().st_mtime_ns) for tar in tars]
    except OSError as error:
        raise DataError(
            f"{dataset.name}: cannot read {error.filename}: {error.strerror or error}"
        ) from error
    grouped = bool(dataset.options.get("groups"))
    text = json.dumps([_INDEX_VERSION, grouped, states])
    kept = cache_folder() / f"tars-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    with suppress(OSError, ValueError, LookupError, TypeError):  # absent or damaged: made anew
        known = json.loads(kept.read_text())
        return [Entry(*row) for row in known["entries"]], list(known["passed"])
    entries, others = list[Entry](), list[str]()
    for number, tar in enumerate(tars):
        found, rest = _scanned(dataset, tar, number)
        entries += found
        others += rest
    passed = passed_over(others)
    # No room for it: the next run goes through the tars again.
    with suppress(OSError), replacing(kept) as part:
        part.write_text(json.dumps({"entries": entries, "passed": passed}))
    return entries, passed


def _scanned(dataset: Dataset, tar: Path, number: int) -> tuple[list[Entry], list[str]]:
    members, others = dict[str, tuple[int, int]](), list[str]()
    for member in _members(dataset, tar):
        path = PurePosixPath(member.name)
        if member.isdir() or path.name.startswith("."):
            continue
        if not member.isreg() or member.issparse() or path.is_absolute() or ".." in path.parts:
            others.append(member.name)  # links, devices, ways out: nothing an image set needs
            continue
        members[member.name] = member.offset_data, member.size  # a later one replaces an earlier
    if webdataset.are_samples(members):
        return [
            Entry(number, sample.offset, sample.size, sample.label, "", sample.file)
            for sample in webdataset.samples(dataset, tar, members)
        ], others
    entries = list[Entry]()
    for name, (offset, size) in members.items():
        file = PurePosixPath(name).name
        if is_image(file):
            folder, group = _place(dataset, tar, name)
            entries.append(Entry(number, offset, size, folder, group, file))
        else:
            others.append(name)
    return entries, others


def _members(dataset: Dataset, path: Path) -> Iterator[tarfile.TarInfo]:
    try:
        with tarfile.open(path, "r:") as tar, path.open("rb") as file:
            while (member := tar.next()) is not None:
                tar.members = []  # type: ignore[attr-defined]  # it would keep them all
                yield member
            # tarfile takes a cut within a header for the end; a whole tar has an empty block there
            if os.pread(file.fileno(), tarfile.BLOCKSIZE, tar.offset) != bytes(tarfile.BLOCKSIZE):
                raise tarfile.ReadError("it ends without an end mark")
    except (tarfile.TarError, OSError, ValueError) as error:
        with suppress(OSError), path.open("rb") as file:
            if file.read(4).startswith(_COMPRESSED):
                raise DataError(
                    f"{dataset.name}: {path} is compressed, so images cannot be read in any order; "
                    "unpack it and give the folder"
                ) from None
        reason = " ".join(str(error).split())
        raise DataError(
            f"{dataset.name}: {path} is no whole tar ({reason}); copy it again"
        ) from error


def _place(dataset: Dataset, tar: Path, name: str) -> tuple[str, str]:
    """Class folder and group of an image by its path in the tar."""
    folders = PurePosixPath(name).parts[:-1]
    groups = dataset.options.get("groups", ())
    if not folders:
        raise DataError(
            f"{dataset.name}: images in {tar} lie side by side ({name}), which tells no class; "
            "unpack it and move each into the folder of its synset, n01440764/ and so on, as "
            "the usual valprep.sh does for ILSVRC's"
        )
    if not groups:
        return folders[-1], ""
    group = "-".join(folders[-3:-1])
    if group not in groups:
        raise DataError(
            f"{dataset.name}: {name} in {tar} is not <corruption>/<severity>/<synset>/<image> of "
            "its fifteen corruptions; leave the extra ones out"
        )
    return folders[-1], group
