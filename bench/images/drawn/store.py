"""Images ready to measure on: drawn once by all cores, kept on disk, mapped into memory.

Two files a dataset in the cache folder: ``<key>.npy``, uint8 (N, H, W, 3), and ``<key>.json``
with labels and digest. The key covers the declaration, the drawing code and the versions of what
it draws with, so an upgrade of Pillow draws anew. The ``.json`` is renamed into place last:
without it the set does not exist.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.spec import Dataset, to_json
from bench.spec.errors import DataError

Progress = Callable[[int, int], None]
_CHUNK = 250


@dataclass(frozen=True)
class Images:
    """``pixels`` uint8 (N, H, W, 3) RGB, ``labels`` int64 (N,), ``digest`` of the whole set."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    digest: str


def cache_folder() -> Path:
    """``$BENCH_CACHE``, else ``bench`` in the user's cache folder.

    Raises `DataError` for a user without a home folder.
    """
    if given := os.environ.get("BENCH_CACHE"):
        return Path(given)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bench"
    except RuntimeError as error:  # of a user without an entry in the system's list
        raise DataError("this user has no home folder; set BENCH_CACHE to a folder") from error


def open_images(
    dataset: Dataset,
    *,
    workers: int = 2,
    limit: int | None = None,
    progress: Progress | None = None,
) -> Images:
    """The first ``limit`` images of a set (all if None), drawn first if they are not on disk yet.

    The same bytes whatever ``workers`` is. ``progress`` is called with (images done, images).
    Raises `DataError` when the cache cannot be written or an image cannot be drawn.
    """
    index = _index(dataset) or _fill(dataset, workers, progress)
    pixels = np.load(_path(dataset, ".npy"), mmap_mode="r", allow_pickle=False)
    labels = np.asarray(index["labels"], dtype=np.int64)
    return Images(pixels[:limit], labels[:limit], index["digest"])


def digest_of(dataset: Dataset, *, workers: int = 2, progress: Progress | None = None) -> str:
    """Digest of the actual pixels and labels, drawing the set if it is not on disk or damaged."""
    index = _verified(dataset) or _fill(dataset, workers, progress)
    return str(index["digest"])


def cached_digest(dataset: Dataset) -> str | None:
    """Digest of the actual pixels if the set is on disk and whole; never draws."""
    index = _verified(dataset)
    return str(index["digest"]) if index else None


def _path(dataset: Dataset, suffix: str) -> Path:
    declared = to_json(dataset)
    for words in ("about", "digest", "twin", "role"):
        del declared[words]
    drawn_by = {name: version(name) for name in ("numpy", "pillow", "matplotlib")}
    text = json.dumps([declared, drawn_by, _drawing_code(dataset.draw)], sort_keys=True)
    key = hashlib.sha256(text.encode()).hexdigest()[:12]
    return cache_folder() / f"{dataset.name}-{key}{suffix}"


@cache
def _drawing_code(draw: str) -> str:
    """sha256 of the sources in the drawing module's folder: edited code never meets old pixels."""
    spec = find_spec(draw.split(":")[0])
    if spec is None or spec.origin is None:
        raise DataError(f"nothing draws this set: no module {draw.split(':')[0]}")
    digest = hashlib.sha256()
    for source in sorted(Path(spec.origin).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _index(dataset: Dataset) -> dict[str, Any] | None:
    """Labels and digest of a set on disk, or None; a pair that does not fit together is None."""
    try:
        index: dict[str, Any] = json.loads(_path(dataset, ".json").read_text())
        size = _path(dataset, ".npy").stat().st_size
        whole = size == index["bytes"] and len(index["labels"]) == dataset.images
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return index if whole else None


def _verified(dataset: Dataset) -> dict[str, Any] | None:
    """`_index` of a set whose pixels and labels on disk still have its digest, or None."""
    index = _index(dataset)
    if index is None:
        return None
    try:
        pixels = np.load(_path(dataset, ".npy"), mmap_mode="r", allow_pickle=False)
        labels = np.asarray(index["labels"], dtype="<i8")
        digest = hashlib.sha256(pixels)
    except (OSError, ValueError, TypeError, OverflowError):  # bytes that are no array, no labels
        return None
    digest.update(labels.tobytes())
    return index if digest.hexdigest() == index.get("digest") else None


def _fill(dataset: Dataset, workers: int, progress: Progress | None) -> dict[str, Any]:
    shape = (dataset.images, dataset.resolution, dataset.resolution, 3)
    labels: list[int] = []
    digest = hashlib.sha256()
    try:
        with replacing(_path(dataset, ".npy")) as part:
            pixels = np.lib.format.open_memmap(part, "w+", dtype=np.uint8, shape=shape)
            for first, block, block_labels in _drawn(dataset, workers):
                pixels[first : first + len(block)] = block
                digest.update(block.tobytes())
                labels += block_labels
                if progress:
                    progress(len(labels), dataset.images)
            pixels.flush()
            size = part.stat().st_size
        digest.update(np.asarray(labels, dtype="<i8").tobytes())
        index = {"labels": labels, "digest": digest.hexdigest(), "bytes": size}
        with replacing(_path(dataset, ".json")) as part:
            part.write_text(json.dumps(index))
    except OSError as error:
        raise DataError(
            f"cannot keep {dataset.name} in {cache_folder()}: {error.strerror or error}; "
            "free some space there or set BENCH_CACHE to another folder"
        ) from error
    return index


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A scratch file beside ``path`` that takes its place only when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _drawn(dataset: Dataset, workers: int) -> Iterator[tuple[int, NDArray[np.uint8], list[int]]]:
    """Blocks of the set in order of index: (first index, pixels, labels)."""
    starts = range(0, dataset.images, _CHUNK)
    if workers <= 1 or len(starts) == 1:
        yield from (_block(dataset, start) for start in starts)
        return
    # spawn: the parent may hold torch's threads, which a fork would copy in a broken state.
    with ProcessPoolExecutor(min(workers, len(starts)), mp_context=get_context("spawn")) as pool:
        yield from pool.map(_block, [dataset] * len(starts), starts)


def _block(dataset: Dataset, start: int) -> tuple[int, NDArray[np.uint8], list[int]]:
    try:
        module, name = dataset.draw.split(":")
        draw = getattr(import_module(module), name)
        drawn = [draw(dataset, i) for i in range(start, min(start + _CHUNK, dataset.images))]
        return start, np.stack([pixels for pixels, _ in drawn]), [int(label) for _, label in drawn]
    except DataError:
        raise
    except Exception as error:  # a drawing function is the user's: whatever it does is data's fault
        reason = " ".join(str(error).split())
        raise DataError(
            f"{dataset.name}: {dataset.draw} cannot draw images {start} and on: "
            f"{type(error).__name__}: {reason}"
        ) from None
