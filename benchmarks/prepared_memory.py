"""How much memory a pass over many images takes: filling the cache, reading it, and without it.

    python benchmarks/prepared_memory.py --images 100000

A few distinct JPEGs are served over and over. Each line is one pass in this process: its highest
resident memory, and how far that of the second half is above that of the first, in all and per
image. 100,000 images must not take 200 MB. The cache takes 150 KB an image at 224 pixels.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.images.prepared.cache import Prepared
from bench.spec import Transform
from tests.images.listed_bytes import Bytes, jpeg


def resident() -> float:
    """MB that this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def rise(images: Prepared, batch: int) -> tuple[float, float]:
    """Highest MB, and by how much the second half of a pass is higher: buffers are in both."""
    top, done = [0.0, 0.0], 0
    for block in images.blocks(batch):
        half = int(done >= len(images) / 2)
        top[half] = max(top[half], resident())
        done += len(block)
    return max(top), top[1] - top[0]


def main() -> None:
    """Three passes, one line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=500)
    parser.add_argument("--height", type=int, default=375)
    parser.add_argument("--size", type=int, default=224, help="of the prepared images")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    listing = Bytes([jpeg(i, given.width, given.height) for i in range(16)], given.images)
    transform = Transform(size=given.size, crop_pct=0.875)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BENCH_CACHE"] = folder
        for name, cache in (("filling", True), ("reading", True), ("without", False)):
            listing.reads.clear()
            images = Prepared(listing, transform, "val", workers=given.workers, cache=cache)
            began = time.perf_counter()
            most, mb = rise(images, given.batch)
            seconds = time.perf_counter() - began
            print(
                f"{name} {given.images} images: {most:.0f} MB, {mb:+.1f} MB, "
                f"{mb / given.images * 2e6:+.0f} B/image, {given.images / seconds:.0f} img/s, "
                f"{len(listing.reads)} decoded",
                flush=True,
            )


if __name__ == "__main__":
    main()
