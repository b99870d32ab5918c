"""Opens any dataset for a measure: drawn or read, prepared for a transform."""

from __future__ import annotations

from bench.data._images import Drawn, ImageSet
from bench.data._load import Progress, open_images
from bench.data._prepared import Prepared
from bench.data._sources import listing
from bench.errors import DataError
from bench.spec import Dataset, Transform


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
        return Prepared(
            listing(dataset),
            transform,
            dataset.name,
            workers=workers,
            limit=limit,
            cache=cache,
            progress=progress,
        )
    images = open_images(dataset, workers=workers, limit=limit, progress=progress)
    height, width = images.pixels.shape[1:3]
    if (height, width) != (transform.size, transform.size):
        raise DataError(
            f"{dataset.name} is {width}x{height} pixels, asked for are "
            f"{transform.size}x{transform.size}"
        )
    return Drawn(images, tuple(dataset.options.get("groups", ())))
