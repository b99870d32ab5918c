"""Contact sheets: what a dataset looks like at a glance."""

from __future__ import annotations

import numpy as np
from PIL import Image

from bench.data._load import Progress, open_images
from bench.spec import Dataset


def contact_sheet(
    dataset: Dataset,
    *,
    columns: int = 10,
    rows: int = 6,
    scale: int = 2,
    workers: int = 2,
    progress: Progress | None = None,
) -> Image.Image:
    """``columns * rows`` images spread evenly over the set, each ``scale`` times enlarged; RGB."""
    images = open_images(dataset, workers=workers, progress=progress)
    count = min(columns * rows, len(images.labels))
    side, gap = dataset.resolution * scale, 2
    sheet = Image.new("RGB", (columns * (side + gap) + gap, rows * (side + gap) + gap), "white")
    for place, index in enumerate(np.linspace(0, len(images.labels) - 1, count).astype(int)):
        tile = Image.fromarray(np.asarray(images.pixels[index]))
        tile = tile.resize((side, side), Image.Resampling.NEAREST)
        row, column = divmod(place, columns)
        sheet.paste(tile, (gap + column * (side + gap), gap + row * (side + gap)))
    return sheet
