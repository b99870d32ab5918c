"""What a measure sees of a dataset: images of one size in blocks, whatever they come from.

A set is drawn (`bench.images.drawn.store`) or read. One that is read is first listed
(`bench.images.listed.listing`: which encoded images there are, and their labels), then prepared for
a `Transform` (`bench.images.prepared.cache`). Either way it may be larger than memory: nothing here
holds all of it. `bench.images.open` opens both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bench.images.drawn.store import Images


def spread(count: int, limit: int | None) -> NDArray[np.intp]:
    """Which ``limit`` of ``count`` images stand for all: spread evenly, as sets are in classes.

    All where ``limit`` is None or no less than ``count``.

    >>> spread(10, 4).tolist()
    [0, 2, 5, 7]
    """
    if limit is None or limit >= count:
        return np.arange(count)
    return np.arange(limit) * count // limit


@dataclass(frozen=True, eq=False)
class Labels:
    """What is known of each image besides its pixels; every array has shape (N,)."""

    target: NDArray[np.int64]  #: index into all classes of the world, -1 where it has none
    #: index into ``group_names``, for sets in parts such as corruption and severity; else None
    group: NDArray[np.int64] | None = None
    group_names: tuple[str, ...] = ()
    #: which undisturbed image it is a version of, for errors clustered by image; else None
    base: NDArray[np.int64] | None = None
    #: every class that counts as right, of sets with more than one; else empty
    accepted: tuple[tuple[int, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.target)

    def at(self, which: NDArray[np.intp]) -> Labels:
        """Those of some images, in that order."""
        return Labels(
            target=self.target[which],
            group=None if self.group is None else self.group[which],
            group_names=self.group_names,
            base=None if self.base is None else self.base[which],
            accepted=tuple(self.accepted[i] for i in which) if self.accepted else (),
        )


@runtime_checkable
class ImageSet(Protocol):
    """Images of one size, uint8 RGB."""

    @property
    def digest(self) -> str:
        """Of the whole set, whatever part of it this is."""

    @property
    def labels(self) -> Labels:
        """Of these images."""

    def __len__(self) -> int: ...

    def blocks(self, size: int) -> Iterator[NDArray[np.uint8]]:
        """All images in order, ``size`` at a time: (B, H, W, 3). May be called again."""

    def take(self, which: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Those images, in that order: (len(which), H, W, 3)."""


class Drawn:
    """A drawn set as an `ImageSet`."""

    def __init__(self, images: Images, group_names: Sequence[str] = ()) -> None:
        self._pixels = images.pixels
        self.digest = images.digest
        group = np.arange(len(images.labels)) % len(group_names) if group_names else None
        self.labels = Labels(target=images.labels, group=group, group_names=tuple(group_names))

    def __len__(self) -> int:
        return len(self._pixels)

    def blocks(self, size: int) -> Iterator[NDArray[np.uint8]]:
        """See `ImageSet`."""
        for start in range(0, len(self._pixels), size):
            yield self._pixels[start : start + size]

    def take(self, which: NDArray[np.intp]) -> NDArray[np.uint8]:
        """See `ImageSet`."""
        return self._pixels[which]
