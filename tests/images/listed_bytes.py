"""A listing of bytes at hand, and what a pass over a prepared set gives."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.images.listed.columns import Rows
from bench.images.listed.listing import Listing, listed
from bench.images.types import ImageSet, Labels


def jpeg(index: int, width: int = 50, height: int = 40) -> bytes:
    """An image like no other."""
    rng = np.random.default_rng(index)
    coarse = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    file = io.BytesIO()
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


class AtHand:
    """A storage of ``files``, over and over; ``reads`` counts what was asked for."""

    def __init__(self, files: Sequence[bytes]) -> None:
        self.files = files
        self.reads: Counter[int] = Counter()

    def read(self, _file: str, offset: int, _size: int) -> bytes:
        """File number ``offset``."""
        self.reads[offset] += 1
        return self.files[offset % len(self.files)]


class Bytes(Listing):
    """``files`` over and over until there are ``count``, of ten classes in turn."""

    def __init__(self, files: Sequence[bytes], count: int, state: str = "") -> None:
        rows = Rows()
        rows.storages.append(AtHand(files))
        target = np.arange(count) % 10
        names = [f"{index}.JPEG" for index in range(count)]
        sizes = [len(files[index % len(files)]) for index in range(count)]
        rows.add(0, names, target.tolist(), sizes, range(count))
        digest = hashlib.sha256(b"".join(files) + str(count).encode()).hexdigest()
        made = replace(listed(rows), labels=Labels(target), digest=digest, state=state)
        super().__init__(**{field.name: getattr(made, field.name) for field in fields(Listing)})

    @property
    def reads(self) -> Counter[int]:
        """How often each image was read."""
        (storage,) = self.storages
        assert isinstance(storage, AtHand)
        return storage.reads


def pixels(images: ImageSet, size: int = 7) -> NDArray[np.uint8]:
    """All of a set, collected from one pass."""
    return np.concatenate(list(images.blocks(size)))
