"""Opens any dataset for a measure: drawn or read, prepared for a transform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.images.drawn.store import Progress, open_images
from bench.images.listed.sources import listing
from bench.images.prepared.cache import Pixels, Prepared, regrouped
from bench.images.types import Drawn, ImageSet, Labels
from bench.spec import Dataset, Transform
from bench.spec.errors import DataError


class Selected:
    """Some images of a larger set, as an `ImageSet` with labels of its own."""

    def __init__(
        self, whole: ImageSet, which: NDArray[np.intp], labels: Labels, digest: str
    ) -> None:
        self._whole, self._which = whole, which
        self.digest, self.labels = digest, labels

    def __len__(self) -> int:
        return len(self._which)

    def blocks(self, size: int) -> Iterator[Pixels]:
        """See `ImageSet`."""
        return regrouped(self._rows(size), size, len(self))

    def take(self, which: NDArray[np.intp]) -> Pixels:
        """See `ImageSet`."""
        return self._whole.take(self._which[which])

    def _rows(self, size: int) -> Iterator[Pixels]:
        start = 0
        for block in self._whole.blocks(size):
            first, last = np.searchsorted(self._which, (start, start + len(block)))
            if first < last:
                yield block[self._which[first:last] - start]
            start += len(block)


def opened(
    dataset: Dataset,
    transform: Transform,
    *,
    workers: int = 2,
    limit: int | None = None,
    cache: bool = True,
    progress: Progress | None = None,
) -> ImageSet:
    """A dataset's images, prepared by ``transform``.

    ``limit`` takes the first of a drawn set, whose classes alternate, and an even spread of one
    that is read. ``cache`` keeps what was prepared of a read set; a drawn one is always kept.
    Raises `DataError` where the set cannot be drawn or read, or a drawn one has another size.
    """
    if not dataset.draw:
        found = listing(dataset)
        choices: dict[str, Any] = {
            "workers": workers,
            "limit": limit,
            "cache": cache,
            "progress": progress,
        }
        if found.whole is not None and found.rows is not None and limit is None:
            # ReaL's images are val's: what either has prepared serves both.
            whole = Prepared(found.whole, transform, dataset.twin or dataset.name, **choices)
            return Selected(whole, found.rows, found.labels, found.digest)
        return Prepared(found, transform, dataset.name, **choices)
    images = open_images(dataset, workers=workers, limit=limit, progress=progress)
    height, width = images.pixels.shape[1:3]
    if (height, width) != (transform.size, transform.size):
        raise DataError(
            f"{dataset.name} is {width}x{height} pixels, asked for are "
            f"{transform.size}x{transform.size}"
        )
    return Drawn(images, tuple(dataset.options.get("groups", ())))
