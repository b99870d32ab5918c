"""Tars: class folders in them, or WebDataset samples ``key.jpg`` with ``key.cls`` or ``key.json``.

Nothing is ever extracted. A tar is gone through once for where each image lies, which is kept in
the cache folder for as long as the tars stay the same; then images are read in any order, by any
thread.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import posixpath
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from struct import error as StructError  # noqa: N812 - it is an error class, named as one
from typing import NamedTuple
from zipfile import BadZipFile
from zlib import error as ZlibError  # noqa: N812 - the same

from bench.images.drawn.store import cache_folder, replacing
from bench.images.imagenet.synsets import is_synset, synset_in
from bench.images.listed import webdataset
from bench.images.listed.columns import Rows, file_state
from bench.images.listed.folders import is_image
from bench.images.listed.passed import NO_IMAGES, Passed
from bench.images.listed.webdataset import Span
from bench.spec import Dataset
from bench.spec.errors import DataError

_INDEX_VERSION = 2
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zX", b"\x28\xb5\x2f\xfd")  # gzip, bzip2, xz, zstd
#: What numpy, zipfile and json raise for bytes that are no kept index.
_DAMAGE = (
    *(OSError, ValueError, LookupError, TypeError, EOFError, BadZipFile, ZlibError, StructError),
    *(ArithmeticError, AttributeError, MemoryError, RuntimeError, SyntaxError),
)
_LARGEST_HEADER = 1 << 20  # bytes of a long name or of pax records
_MOST_LINKS = 8  # from one link to another


class Tar(NamedTuple):
    """A tar of images; a `bench.images.listed.columns.Storage`."""

    path: str

    def __str__(self) -> str:
        return self.path

    def read(self, file: str, offset: int, size: int) -> bytes:
        """One image's bytes. Raises `DataError`."""
        try:
            with open(self.path, "rb", buffering=0) as tar:  # noqa: PTH123 - a Path costs more
                data = os.pread(tar.fileno(), size, offset)
        except OSError as error:
            raise DataError(f"cannot read {self.path}: {error.strerror or error}") from error
        if len(data) != size:
            raise DataError(f"{self.path} ends within {file}; copy the tar again")
        return data


def found(dataset: Dataset, tars: Sequence[Path]) -> tuple[Rows, list[str]]:
    """The images in some tars, and a line for each kind of thing passed over.

    Raises `DataError` for a tar that is compressed or damaged, or images without a class.
    """
    try:
        states = [file_state(tar.stat()) for tar in tars]
    except OSError as error:
        raise DataError(
            f"{dataset.name}: cannot read {error.filename}: {error.strerror or error}"
        ) from error
    rows, notes = _index(dataset, tars, states)
    rows.storages = [Tar(str(tar)) for tar in tars]
    rows.saw(states)
    return rows, notes


def _index(
    dataset: Dataset, tars: Sequence[Path], states: Sequence[tuple[int, ...]]
) -> tuple[Rows, list[str]]:
    """All images, from the cache folder where it has them."""
    known = [(str(tar.absolute()), *state) for tar, state in zip(tars, states, strict=True)]
    grouped = bool(dataset.options.get("groups"))
    text = json.dumps([_INDEX_VERSION, grouped, known])
    kept = cache_folder() / f"tars-{hashlib.sha256(text.encode()).hexdigest()[:16]}.npz"
    # Absent or damaged: made anew.
    with suppress(*_DAMAGE):
        return Rows.load(kept, len(tars))
    rows, passed = Rows(), Passed()
    for number, tar in enumerate(tars):
        members = _members(dataset, tar, passed)
        if samples := webdataset.samples(dataset, tar, members):
            rows.add(
                number,
                [sample.file for sample in samples[0]],
                [sample.label for sample in samples[0]],
                [sample.size for sample in samples[0]],
                [sample.offset for sample in samples[0]],
            )
            passed.add("which belong to no image", samples[1])
        else:
            _add_classes(dataset, rows, passed, number, tar, members)
    notes = passed.notes()
    # No room for it: the next run goes through the tars again.
    with suppress(OSError), replacing(kept) as part, part.open("wb") as file:
        rows.save(file, notes)
    return rows, notes


def _add_classes(
    dataset: Dataset,
    rows: Rows,
    passed: Passed,
    number: int,
    tar: Path,
    members: Mapping[str, Span],
) -> None:
    """The images of a tar's class folders."""
    for name, (offset, size) in members.items():
        file = posixpath.basename(name)
        if is_image(file):
            label, group = _class_and_group(dataset, tar, name)
            rows.add(number, [file], [label], [size], [offset], group)
        else:
            passed.add(NO_IMAGES, [name])


def _members(dataset: Dataset, tar: Path, passed: Passed) -> dict[str, Span]:
    """Where the files of a tar lie, by name; links stand for the file that they lead to."""
    members, links = dict[str, Span](), dict[str, str]()
    for member in _headers(dataset, tar):
        name = _inside(member.name)
        if member.isdir() or posixpath.basename(name).startswith("."):
            continue
        if ".." in name.split("/"):
            passed.add("whose names lead out of the tar", [member.name])
        elif member.issparse():
            passed.add("which are stored with holes (sparse); pack them anew", [member.name])
        elif member.isreg():
            members[name] = member.offset_data, member.size  # a later one replaces an earlier
            links.pop(name, None)
        elif member.islnk():
            members.pop(name, None)
            links[name] = _inside(member.linkname)
        elif member.issym():
            members.pop(name, None)
            around = posixpath.dirname(name)
            links[name] = posixpath.normpath(posixpath.join(around, member.linkname))
        else:
            passed.add("which are devices or pipes", [member.name])
    for name in links:
        target = name
        for _ in range(_MOST_LINKS):
            target = links.get(target, target)
        if target in members:
            members[name] = members[target]
        else:
            passed.add("which are links to what is not in the tar", [name])
    return members


def _inside(name: str) -> str:
    """A name in a tar without what other programs take off: ``/`` and ``./`` at its start."""
    while name.startswith(("/", "./")):
        name = name[1:]
    return name


class _Headers(io.BufferedReader):
    """A tar's bytes for who reads headers alone: a size in them is no reason to read all."""

    def read(self, size: int | None = -1, /) -> bytes:
        """As usual. Raises ``tarfile.ReadError`` where a header says that it is huge."""
        if size is not None and size > _LARGEST_HEADER:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return super().read(size)


def _headers(dataset: Dataset, path: Path) -> Iterator[tarfile.TarInfo]:
    try:
        with (
            _Headers(io.FileIO(path)) as file,
            tarfile.open(fileobj=file, mode="r:") as tar,
        ):
            while (member := tar.next()) is not None:
                tar.members = []  # type: ignore[attr-defined]  # it would keep them all
                yield member
            # tarfile takes a cut within a header for the end; a whole tar has an empty block there
            if os.pread(file.fileno(), tarfile.BLOCKSIZE, tar.offset) != bytes(tarfile.BLOCKSIZE):
                raise tarfile.ReadError("it ends without an end mark")
    except (tarfile.TarError, OSError, ValueError, ArithmeticError) as error:
        with suppress(OSError), path.open("rb") as begin:
            if begin.read(4).startswith(_COMPRESSED):
                raise DataError(
                    f"{dataset.name}: {path} is compressed, so images cannot be read in any order; "
                    "unpack it and give the folder"
                ) from None
        reason = " ".join(str(error).split())
        raise DataError(
            f"{dataset.name}: {path} is no whole tar ({reason}); copy it again"
        ) from error


def _class_and_group(dataset: Dataset, tar: Path, name: str) -> tuple[str, str]:
    """Class folder and group of an image by its path in the tar."""
    *folders, file = [part for part in name.split("/") if part not in ("", ".")]
    groups = dataset.options.get("groups", ())
    named = bool(folders) and (is_synset(folders[-1]) or folders[-1].isdecimal())
    if not groups and not named and (told := synset_in(file)):
        return told, ""
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
