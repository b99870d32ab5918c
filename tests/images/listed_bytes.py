"""A `Listing` over bytes at hand, and what a pass over a prepared set gives."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.images.types import ImageSet, Labels
from bench.spec.errors import DataError


def jpeg(index: int, width: int = 50, height: int = 40) -> bytes:
    """An image like no other."""
    rng = np.random.default_rng(index)
    coarse = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    file = io.BytesIO()
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


@dataclass
class Bytes:
    """``files`` over and over until there are ``count``; ``reads`` counts what was asked for."""

    files: Sequence[bytes]
    count: int
    reads: Counter[int] = field(default_factory=Counter)

    def __len__(self) -> int:
        return self.count

    @property
    def digest(self) -> str:
        return hashlib.sha256(b"".join(self.files) + str(self.count).encode()).hexdigest()

    @property
    def labels(self) -> Labels:
        return Labels(target=np.arange(self.count) % 10)

    @cached_property
    def names(self) -> Sequence[str]:
        return [f"val/{index}.JPEG" for index in range(self.count)]

    def read(self, index: int) -> bytes:
        self.reads[index] += 1
        if index < 0 or index >= self.count:
            raise DataError(f"no image {index}")
        return self.files[index % len(self.files)]


def pixels(images: ImageSet, size: int = 7) -> NDArray[np.uint8]:
    """All of a set, collected from one pass."""
    return np.concatenate(list(images.blocks(size)))
