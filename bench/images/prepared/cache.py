"""Images of a read set, each prepared once: by the first model that needs it, for all others too.

A pass decodes what the cache lacks and hands it on at once, so the first pass fills the cache while
its model runs. Blocks of a few megabytes are prepared ahead by threads (Pillow decodes and resizes
without Python's lock); a pass holds a few of them in memory, never the set. The cache only saves
time: whatever is wrong with it, images are decoded again, and one line says why.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import re
import threading
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.images.drawn.store import Progress, cache_folder
from bench.images.listed.listing import Listing
from bench.images.prepared import quota
from bench.images.prepared.blocks import BlockFile, BlockState
from bench.images.prepared.decode import decoder, prepared
from bench.images.types import Labels, spread
from bench.spec import Transform

_BLOCK = 4 * 2**20  # bytes: little beside memory, much beside the cost of a read
_AHEAD = 16  # blocks, the most that are prepared before a slow model asks for them
Pixels = NDArray[np.uint8]
_log = logging.getLogger(__name__)
_warned: set[str] = set()


@dataclass(eq=False)
class Prepared:
    """An `ImageSet` of a listing, or of ``limit`` images spread evenly over it.

    Prepared images stay in ``prepared/<name>-<key>.images`` of the cache folder unless ``cache`` is
    False; the key covers the listing's digest, which images, the transform and the decoder.
    ``workers`` threads prepare, and never change a pixel. Each pass calls ``progress`` with (images
    handed out, images).

    A pass raises `DataError` with the name of the image that cannot be prepared, and `UsageError`
    where ``$BENCH_CACHE_SIZE`` is no size.
    """

    listing: Listing
    transform: Transform
    name: str
    workers: int = 2
    limit: int | None = None
    cache: bool = True
    progress: Progress | None = None

    def __post_init__(self) -> None:
        size = self.transform.size
        self._chosen = spread(len(self.listing), self.limit)
        self._shape = (size, size, 3)
        self._per_block = max(1, _BLOCK // (3 * size**2))
        self._count = -(-len(self._chosen) // self._per_block)

    @property
    def digest(self) -> str:
        """See `ImageSet`."""
        return self.listing.digest

    @cached_property
    def labels(self) -> Labels:
        """See `ImageSet`."""
        return self.listing.labels.at(self._chosen)

    def __len__(self) -> int:
        return len(self._chosen)

    def blocks(self, size: int) -> Iterator[Pixels]:
        """See `ImageSet`."""
        ahead = max(self.workers + 1, min(_AHEAD, -(-size // self._per_block)))
        done = 0
        with contextlib.closing(self._pass(ahead)) as found:
            for block in regrouped(found, size, len(self)):
                yield block
                done += len(block)
                if self.progress:
                    self.progress(done, len(self))

    def take(self, which: NDArray[np.intp]) -> Pixels:
        """See `ImageSet`."""
        taken = np.empty((len(which), *self._shape), np.uint8)
        block_of = which // self._per_block

        def fill(index: int, file: BlockFile | None) -> None:
            rows = np.flatnonzero(block_of == index)
            block = self._empty(index)
            if file and file.read(index, block) is BlockState.WHOLE:
                taken[rows] = block[which[rows] % self._per_block]
            else:
                for row in rows:
                    taken[row] = self._decoded(which[row])

        with self._file() as file, ThreadPoolExecutor(self.workers) as pool:
            for future in [pool.submit(fill, int(i), file) for i in np.unique(block_of)]:
                future.result()
        return taken

    def _pass(self, ahead: int) -> Generator[Pixels, None, None]:
        """All blocks in order, ``ahead`` of them on their way."""
        stop = threading.Event()
        with self._file() as file, ThreadPoolExecutor(self.workers) as pool:
            started = (pool.submit(self._block, i, file, stop) for i in range(self._count))
            waiting = deque(islice(started, ahead))
            try:
                while waiting:
                    yield waiting.popleft().result()
                    waiting.extend(islice(started, 1))
            finally:
                stop.set()
                pool.shutdown(cancel_futures=True)

    def _block(self, index: int, file: BlockFile | None, stop: threading.Event) -> Pixels:
        block = self._empty(index)
        if file is None:
            return self._fill(index, block)
        if file.read(index, block) is BlockState.WHOLE:
            return block
        with file.claimed(index, stop):
            found = file.read(index, block)  # again: another process may have stored it meanwhile
            if found is BlockState.WHOLE:
                return block
            if found is BlockState.DAMAGED:
                _warn_once(f"{self._path} has damaged blocks; their images are prepared again")
            self._fill(index, block)
            if self.cache:
                try:
                    file.write(index, block)
                except OSError as error:
                    self._disable_cache(f"{self._path}: {error.strerror}")
                    self._path.unlink(missing_ok=True)  # results need the room more
        return block

    def _empty(self, index: int) -> Pixels:
        rows = min(self._per_block, len(self) - index * self._per_block)
        return np.empty((rows, *self._shape), np.uint8)

    def _fill(self, index: int, block: Pixels) -> Pixels:
        for row in range(len(block)):
            block[row] = self._decoded(index * self._per_block + row)
        return block

    def _decoded(self, place: int) -> Pixels:
        image = int(self._chosen[place])
        return prepared(self.listing.read(image), self.transform, self.listing.names[image])

    @contextlib.contextmanager
    def _file(self) -> Iterator[BlockFile | None]:
        file = self._opened() if self.cache else None
        try:
            yield file
        finally:
            if file:
                file.close()

    def _opened(self) -> BlockFile | None:
        stride = self._per_block * 3 * self.transform.size**2
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            refused = quota.refusal(self._path, BlockFile.bytes_needed(self._count, stride))
            if refused is None:
                return BlockFile(self._path, self._header, self._count, stride)
        except OSError as error:
            refused = f"{self._path}: {error.strerror}"
        self._disable_cache(refused)
        return None

    def _disable_cache(self, why: str) -> None:
        self.cache = False
        _warn_once(
            f"{self.name} is prepared anew for each model, as it cannot be kept: {why}; "
            "BENCH_CACHE_SIZE sets how much may be kept, BENCH_CACHE where, --no-cache is silent"
        )

    @cached_property
    def _header(self) -> dict[str, object]:
        """What decides the bytes of the cache."""
        return {
            "set": self.name,
            "listing": self.digest,
            "files": self.listing.state,
            "images": len(self),
            "of": len(self.listing),
            "transform": asdict(self.transform),
            "decoder": decoder(),
            "block": self._per_block,
        }

    @cached_property
    def _path(self) -> Path:
        text = json.dumps(self._header, sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()[:16]
        name = re.sub(r"[^\w.-]", "_", self.name)
        return cache_folder() / "prepared" / f"{name}-{key}.images"


def regrouped(found: Iterator[Pixels], size: int, count: int) -> Iterator[Pixels]:
    """The same images, ``size`` at a time."""
    batch, filled, left = None, 0, count
    for block in found:
        while len(block):
            if batch is None:
                batch, filled = np.empty((min(size, left), *block.shape[1:]), np.uint8), 0
            part = block[: len(batch) - filled]
            batch[filled : filled + len(part)] = part
            block, filled, left = block[len(part) :], filled + len(part), left - len(part)
            if filled == len(batch):
                yield batch
                batch = None


def _warn_once(line: str) -> None:
    """Once in a process: eight models that find the disk full say it once."""
    if line not in _warned:
        _warned.add(line)
        _log.warning(line)
