"""WebDataset samples: the files of a tar that share a key, ``key.jpg`` with ``key.cls``.

A key ends at the first dot of the file's name: ``a.input.jpg`` and ``a.output.cls`` are one sample.
Where that would give one key several images, it ends at the last dot: ``a.v1.0.jpg``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from bench.images.imagenet.synsets import is_synset, val_number
from bench.images.listed.folders import SUFFIXES
from bench.spec import Dataset
from bench.spec.errors import DataError

Span = tuple[int, int]  # offset and bytes in the tar
_LARGEST_LABEL = 1 << 20  # bytes of a .cls or .json
_LABELS = ("cls", "json")
_LABEL_FILES = (".cls", ".json")


class Sample(NamedTuple):
    """An image and its label: an integer, or a synset name."""

    file: str
    label: str | int
    offset: int
    size: int


class Keyed(NamedTuple):
    """The files of one key: which is the image, and which hold labels, by kind."""

    key: str
    kind: str  #: of the image, all after the key
    image: str
    labels: Mapping[str, str]


def samples(
    dataset: Dataset, tar: Path, members: Mapping[str, Span]
) -> tuple[list[Sample], list[str]] | None:
    """The samples that have an image, labelled by ``.cls``, else by ``label`` in ``.json``.

    With them the files that belong to no image. None where the tar holds no samples: no image has a
    label beside it, or only JSON without one beside images in class folders. An image goes by its
    ``filename`` in ``.json`` if that is a name of val's, else by tar and key. Raises `DataError`
    for an image without a label.
    """
    if not any(name.lower().endswith(_LABEL_FILES) for name in members):
        return None
    keyed, rest = _keyed(members)
    if not any(sample.labels for sample in keyed):
        return None
    found = list[Sample]()
    with tar.open("rb") as file:
        for key, kind, image, labels in keyed:
            read = {
                label: os.pread(file.fileno(), min(size, _LARGEST_LABEL), offset)
                for label, name in labels.items()
                for offset, size in [members[name]]
            }
            label, told = _label_and_file(read)
            if label is None and all(is_synset(PurePosixPath(s.image).parent.name) for s in keyed):
                return None
            if label is None:
                raise DataError(
                    f"{dataset.name}: sample {key} in {tar} has no label: expected is an integer "
                    f'or a synset name in {key}.cls, or as "label" in {key}.json'
                )
            own = f"{tar.stem}-{PurePosixPath(key).name}.{kind}"
            found.append(Sample(told or own, label, *members[image]))
    return found, rest


def _keyed(members: Iterable[str]) -> tuple[list[Keyed], list[str]]:
    """Samples, and the files of keys without an image."""
    by_key: dict[str, dict[str, str]] = {}
    for name in members:
        key, kind = _cut(name)
        by_key.setdefault(key, {})[kind] = name
    found, rest = list[Keyed](), list[str]()
    for key, kinds in by_key.items():
        samples = _of_key(key, kinds)
        found += samples
        rest += [] if samples else kinds.values()
    return found, rest


def _of_key(key: str, kinds: Mapping[str, str]) -> list[Keyed]:
    """The sample of a key; several where images have labels beside them up to their last dot.

    >>> [s.labels for s in _of_key("a", {"input.jpg": "a.input.jpg", "output.cls": "a.output.cls"})]
    [{'cls': 'a.output.cls'}]
    >>> [s.key for s in _of_key("a", dict.fromkeys(["1.jpg", "1.cls", "2.jpg", "2.cls"], ""))]
    ['a.1', 'a.2']
    """
    images: dict[str, str] = {}  # by what stands between key and ending; of one such the first
    for kind in kinds:
        if f".{kind}".endswith(SUFFIXES):
            images.setdefault(kind.rpartition(".")[0], kind)
    beside = {
        middle: {label: kinds[kind] for label in _LABELS if (kind := _kind(middle, label)) in kinds}
        for middle in images
    }
    if len(images) > 1 and any(beside.values()):
        chosen = [middle for middle in images if beside[middle]]
    elif "" in images:
        chosen = [""]
    else:
        chosen = list(images)
    if len(chosen) == 1 and not beside[chosen[0]]:
        for kind in sorted(kinds, key=len, reverse=True):  # the shortest last
            if kind.endswith(_LABEL_FILES):
                beside[chosen[0]][kind.rpartition(".")[2]] = kinds[kind]
    single = len(chosen) == 1
    return [
        Keyed(
            key=key if single else _kind(key, middle).rstrip("."),
            kind=kind if single else kind.rpartition(".")[2],
            image=kinds[kind],
            labels=beside[middle],
        )
        for middle in chosen
        for kind in [images[middle]]
    ]


def _kind(first: str, second: str) -> str:
    return f"{first}.{second}" if first else second


def _cut(name: str) -> tuple[str, str]:
    """A file's key, all up to the first dot of its name, and the rest in small letters."""
    folder, slash, file = name.rpartition("/")
    key, _, kind = file.partition(".")
    return f"{folder}{slash}{key}", kind.lower()


def _label_and_file(read: Mapping[str, bytes]) -> tuple[str | int | None, str | None]:
    """Label, and the file name if it is one of val's."""
    fields: dict[str, Any] = {}
    with suppress(ValueError, RecursionError):  # no JSON, or no text
        parsed = json.loads(read.get("json", b"{}"))
        fields = parsed if isinstance(parsed, dict) else {}
    label: object = fields.get("label")
    if "cls" in read:
        label = read["cls"].decode(errors="replace").strip()
    if isinstance(label, str) and label.removeprefix("-").isdecimal() and len(label) < 9:
        label = int(label)
    name = PurePosixPath(str(fields.get("filename"))).name
    file = name if val_number(name) else None
    if isinstance(label, bool) or not isinstance(label, str | int):
        return None, file
    return (None if label == "" else label), file
