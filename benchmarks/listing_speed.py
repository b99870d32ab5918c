"""How many CPU seconds it takes to list many images, and how much memory the listing holds.

    python benchmarks/listing_speed.py --images 50000

Small files with val's names, in folders, in one tar (gone through once, then from the kept index)
and in arrow and parquet tables. Bytes an image are those that stay allocated after listing.
"""

from __future__ import annotations

import argparse
import io
import os
import pickle
import sys
import tarfile
import tempfile
import time
import tracemalloc
from pathlib import Path

from bench.data.imagenet import DATASETS
from bench.images.imagenet.synsets import synsets
from bench.images.listed.sources import listing
from bench.spec import replace

VAL = next(dataset for dataset in DATASETS if dataset.name == "imagenet-val")


def make(root: Path, images: int) -> dict[str, Path]:
    """The same images as a tree, a tar and tables; their places."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [f"{synsets()[i % 1000]}/ILSVRC2012_val_{i + 1:08d}.JPEG" for i in range(images)]
    data = [b"x" * (i % 7 + 1) for i in range(images)]
    for synset in synsets():
        (root / "val" / synset).mkdir(parents=True)
    with tarfile.open(root / "val.tar", "w") as tar:
        for name, content in zip(names, data, strict=True):
            (root / "val" / name).write_bytes(content)
            member = tarfile.TarInfo(f"val/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    rows = [
        {"bytes": content, "path": name.split("/")[1]}
        for name, content in zip(names, data, strict=True)
    ]
    table = pa.table({"image": rows, "label": [i % 1000 for i in range(images)]})
    pq.write_table(table, root / "val.parquet", row_group_size=100)
    with pa.ipc.new_stream(str(root / "val.arrow"), table.schema) as writer:
        writer.write_table(table, max_chunksize=1000)
    return {
        "folders": root / "val",
        "tar, first": root / "val.tar",
        "tar, again": root / "val.tar",
        "parquet": root / "val.parquet",
        "arrow": root / "val.arrow",
    }


def main() -> None:
    """One line a format: CPU seconds, bytes an image in memory and pickled."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--images", type=int, default=50_000)
    images = parser.parse_args().images
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BENCH_CACHE"] = f"{folder}/cache"
        places = make(Path(folder), images)
        for name, place in places.items():
            times = []
            for _ in range(1 if name.endswith("first") else 5):
                began = time.process_time()
                found = listing(replace(VAL, place=str(place)))
                times.append(time.process_time() - began)
            seconds = min(times)
            pickled = len(pickle.dumps(found)) / images
            began = time.process_time()
            assert len(list(found.names)) == images
            naming = time.process_time() - began
            del found
            tracemalloc.start()
            found = listing(replace(VAL, place=str(place)))
            held, peak = (size / images for size in tracemalloc.get_traced_memory())
            tracemalloc.stop()
            print(
                f"{name:<11} {seconds:5.2f} s, all names {naming:.2f} s; bytes an image: "
                f"{held:.0f} held, {peak:.0f} at most, {pickled:.0f} pickled; {found.digest[:12]}",
                flush=True,
            )


if __name__ == "__main__":
    sys.exit(main())
