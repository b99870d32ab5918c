"""Contact sheets: what a dataset looks like at a glance."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image, ImageOps

from bench.images.drawn.store import Progress, open_images
from bench.images.listed import sources
from bench.images.prepared.decode import prepared
from bench.images.types import spread
from bench.spec import Dataset, Transform

_SIDE = 128  # pixels, of images that are read


def contact_sheet(
    dataset: Dataset,
    *,
    columns: int = 10,
    rows: int = 6,
    scale: int = 2,
    workers: int = 2,
    progress: Progress | None = None,
) -> Image.Image:
    """``columns * rows`` images spread evenly over the set; RGB.

    Drawn ones are each ``scale`` times enlarged, read ones cut to squares of 128 pixels. Raises
    `DataError` where the set cannot be drawn or read.
    """
    count = columns * rows
    side, gap = dataset.resolution * scale if dataset.draw else _SIDE, 2
    tiles = _drawn(dataset, count, workers, progress) if dataset.draw else _read(dataset, count)
    sheet = Image.new("RGB", (columns * (side + gap) + gap, rows * (side + gap) + gap), "white")
    for place, image in enumerate(tiles):
        tile = ImageOps.fit(image, (side, side), Image.Resampling.NEAREST)
        row, column = divmod(place, columns)
        sheet.paste(tile, (gap + column * (side + gap), gap + row * (side + gap)))
    return sheet


def _drawn(
    dataset: Dataset, count: int, workers: int, progress: Progress | None
) -> Iterator[Image.Image]:
    images = open_images(dataset, workers=workers, progress=progress)
    for index in spread(len(images.labels), count):
        yield Image.fromarray(images.pixels[index])


def _read(dataset: Dataset, count: int) -> Iterator[Image.Image]:
    listing = sources.listing(dataset)
    for index in spread(len(listing), count).tolist():
        pixels = prepared(listing.read(index), Transform(size=_SIDE), listing.names[index])
        yield Image.fromarray(pixels)
