"""What folders and tars of each set are usually called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bench.spec import Dataset, Role

#: By set: in small letters, ``_`` as ``-``, without the number of a shard.
USUAL: Mapping[str, tuple[str, ...]] = {
    "imagenet-val": (
        *("imagenet-val", "imagenet-validation", "val", "validation", "ilsvrc2012-img-val"),
        *("ilsvrc2012-val", "imagenet1k-validation", "imagenet1k-val", "imagenet-1k-val"),
    ),
    "imagenet-v2": (
        *("imagenet-v2", "imagenetv2", "imagenetv2-matched-frequency"),
        *("imagenetv2-matched-frequency-format-val", "imagenet-v2-matched-frequency"),
    ),
    "imagenet-a": ("imagenet-a",),
    "imagenet-r": ("imagenet-r", "imagenet-rendition"),
    "imagenet-sketch": ("imagenet-sketch", "sketch"),
    "imagenet-c": ("imagenet-c",),
}


def holder(dataset: Dataset) -> str:
    """Name of the set whose files it labels: ReaL's are val's."""
    return (dataset.twin if dataset.role is Role.REAL else None) or dataset.name


def names_of(dataset: str) -> tuple[str, ...]:
    """The usual names of a set's folder, its own name where there are no others."""
    return USUAL.get(dataset, (dataset,))


def others_than(dataset: str) -> frozenset[str]:
    """The usual names of all other sets, without those that ``dataset`` or val has too."""
    names = {name for known in USUAL.values() for name in known}
    return frozenset(names.difference(names_of("imagenet-val"), names_of(dataset)))


def plain(name: str) -> str:
    """A name as `USUAL` spells it.

    >>> plain("ImageNet_A")
    'imagenet-a'
    """
    return name.lower().replace("_", "-")


def unnumbered(tar: Path) -> str:
    """Name of a tar as `USUAL` spells it.

    >>> unnumbered(Path("imagenet1k-validation-00.tar"))
    'imagenet1k-validation'
    """
    return re.sub(r"-\d+$", "", plain(tar.stem))
