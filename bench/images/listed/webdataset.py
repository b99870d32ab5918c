"""WebDataset samples: the files of a tar that share a key, ``key.jpg`` with ``key.cls``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from bench.images.imagenet.synsets import val_number
from bench.images.listed.folders import SUFFIXES
from bench.spec import Dataset
from bench.spec.errors import DataError

Span = tuple[int, int]  # offset and bytes in the tar
_LARGEST_LABEL = 1 << 20  # bytes of a .cls or .json


class Sample(NamedTuple):
    """An image and its label: an integer, or a synset name."""

    file: str
    label: str | int
    offset: int
    size: int


def are_samples(names: Iterable[str]) -> bool:
    """Whether some image among these files has a label file beside it.

    >>> are_samples(["0001.jpg", "0001.cls"]), are_samples(["n01440764/a.jpg", "info.json"])
    (True, False)
    """
    kinds: dict[str, set[str]] = {}
    for name in names:
        key, kind = _key(name)
        kinds.setdefault(key, set()).add(kind)
    return any(_image(found) and found & {"cls", "json"} for found in kinds.values())


def samples(dataset: Dataset, tar: Path, members: Mapping[str, Span]) -> Iterator[Sample]:
    """The samples that have an image, by ``.cls``, else by ``label`` in ``.json``.

    An image goes by its ``filename`` in ``.json`` if that is a name of val's, else by tar and key.
    Raises `DataError` for one without a label.
    """
    found: dict[str, dict[str, Span]] = {}
    for name, span in members.items():
        key, kind = _key(name)
        found.setdefault(key, {})[kind] = span
    with tar.open("rb") as file:
        for key, sample in found.items():
            picture = _image(sample)
            if picture is None:
                continue
            about = {
                part: os.pread(file.fileno(), min(size, _LARGEST_LABEL), offset)
                for part, (offset, size) in sample.items()
                if part in ("cls", "json")
            }
            label, told = _told(about)
            if label is None:
                raise DataError(
                    f"{dataset.name}: sample {key} in {tar} has no label: expected is an integer "
                    f'or a synset name in {key}.cls, or as "label" in {key}.json'
                )
            own = f"{tar.stem}-{PurePosixPath(key).name}.{picture}"
            yield Sample(told or own, label, *sample[picture])


def _key(name: str) -> tuple[str, str]:
    """A file's key, all up to the first dot of its name, and the rest in small letters."""
    folder, slash, file = name.rpartition("/")
    key, _, kind = file.partition(".")
    return f"{folder}{slash}{key}", kind.lower()


def _image(kinds: Iterable[str]) -> str | None:
    return next((kind for kind in kinds if f".{kind}" in SUFFIXES), None)


def _told(about: Mapping[str, bytes]) -> tuple[str | int | None, str | None]:
    """Label, and the file name if it is one of val's."""
    fields: dict[str, Any] = {}
    with suppress(ValueError):  # no JSON, or no text
        read = json.loads(about.get("json", b"{}"))
        fields = read if isinstance(read, dict) else {}
    label: object = fields.get("label")
    if "cls" in about:
        label = about["cls"].decode(errors="replace").strip()
    if isinstance(label, str) and label.removeprefix("-").isdecimal() and len(label) < 9:
        label = int(label)
    name = PurePosixPath(str(fields.get("filename"))).name
    file = name if val_number(name) else None
    if isinstance(label, bool) or not isinstance(label, str | int):
        return None, file
    return (None if label == "" else label), file
