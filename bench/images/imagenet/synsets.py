"""The classes of ImageNet, by synset name: all thousand, the subsets of A and R, ReaL's labels.

The lists are those that timm ships and evaluates with; they are read as files, for importing timm
takes seconds.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from bench.spec.errors import DataError

Subset = Literal["imagenet-a", "imagenet-r"]
_VAL_ID = re.compile(r"ILSVRC2012_val_(\d{8})(?!\d)")
_SYNSET = re.compile(r"n\d{8}")
_IN_NAME = re.compile(r"(?:^|[_-])(n\d{8})(?=[_.-])")


@cache
def synsets() -> tuple[str, ...]:
    """The 1000 synset names in the order of a model's logits, which is theirs by name.

    >>> len(synsets()), synsets()[0], synsets()[-1]
    (1000, 'n01440764', 'n15075141')
    """
    return tuple(_info("imagenet_synsets.txt").split())


@cache
def index_of() -> dict[str, int]:
    """Position among `synsets`, by name."""
    return {name: index for index, name in enumerate(synsets())}


@cache
def subset(name: Subset | str) -> tuple[int, ...]:
    """Sorted indices into the 1000 classes of those that a set covers.

    >>> len(subset("imagenet-a")), subset("imagenet-r")[:3]
    (200, (1, 2, 4))
    """
    if name not in ("imagenet-a", "imagenet-r"):
        raise DataError(f"no class list {name!r}; there are: imagenet-a, imagenet-r")
    file = f"{name.replace('-', '_')}_synsets.txt"
    return tuple(sorted(index_of()[synset] for synset in _info(file).split()))


@cache
def real_labels() -> tuple[tuple[int, ...], ...]:
    """Classes in each of val's 50,000 images by its number, first is 1; none for some.

    Source: Beyer et al., "Are we done with ImageNet?", arXiv 2006.07159.
    """
    return tuple(map(tuple, json.loads(_info("imagenet_real_labels.json"))))


@cache
def lemmas() -> tuple[frozenset[str], ...]:
    """The English words for each of the 1000 classes, in small letters."""
    lines = (line.split("\t") for line in _info("imagenet_synset_to_lemma.txt").splitlines())
    words = {synset: _words(text) for synset, text in lines}
    return tuple(words[name] for name in synsets())


def says(name: str, index: int) -> bool:
    """Whether an English class name is one of class ``index``'s.

    >>> says("tench, Tinca tinca", 0), says("goldfish", 0)
    (True, False)
    """
    return bool(_words(name) & lemmas()[index])


def is_synset(name: str) -> bool:
    """Whether a name looks like one, known or not.

    >>> is_synset("n01440764"), is_synset("001")
    (True, False)
    """
    return bool(_SYNSET.fullmatch(name))


def synset_in(name: str) -> str | None:
    """The synset that an image's file name tells.

    >>> synset_in("ILSVRC2012_val_00000293_n01440764.JPEG"), synset_in("n01440764_18.JPEG")
    ('n01440764', 'n01440764')
    >>> synset_in("ILSVRC2012_val_00000293.JPEG") is None
    True
    """
    found = _IN_NAME.findall(name)
    return found[0] if len(set(found)) == 1 else None


def val_number(name: str) -> int | None:
    """Number of a validation image, from 1, where its file name tells it.

    >>> val_number("ILSVRC2012_val_00000293.JPEG"), val_number("art_0.jpg")
    (293, None)
    """
    found = _VAL_ID.search(name)
    number = int(found[1]) if found else 0
    return number if 1 <= number <= len(real_labels()) else None


def _words(text: str) -> frozenset[str]:
    return frozenset(part.strip().lower().replace("_", " ") for part in text.split(","))


def _info(name: str) -> str:
    found = find_spec("timm")
    if found is None or found.origin is None:
        raise DataError("timm is not installed; `pip install timm` brings ImageNet's class lists")
    file = Path(found.origin).parent / "data" / "_info" / name
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"cannot read {file}: {error.strerror}; install timm >= 1.0.20 anew"
        ) from error
