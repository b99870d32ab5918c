"""Each image prepared once, and right whatever happens to the cache."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.images.prepared import cache as prepared_cache
from bench.images.prepared import quota
from bench.images.prepared.cache import Prepared
from bench.images.prepared.decode import prepared
from bench.images.types import ImageSet
from bench.spec import Transform
from bench.spec.errors import DataError, UsageError
from tests.imagenet import SYNSETS
from tests.images.listed_bytes import Bytes, jpeg, pixels

SMALL = Transform(size=16, crop_pct=0.9)
IMAGE = 3 * 16 * 16
FILES = [jpeg(index) for index in range(60)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, whose blocks hold seven small images."""
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    monkeypatch.delenv("BENCH_CACHE_SIZE", raising=False)
    monkeypatch.setattr(prepared_cache, "_BLOCK", 7 * IMAGE)
    return tmp_path / "prepared"


@pytest.fixture
def listing() -> Bytes:
    return Bytes(FILES, 60)


EXPECTED = np.stack([prepared(data, SMALL) for data in FILES])


def the_file(folder: Path) -> Path:
    (found,) = folder.glob("*.images")
    return found


def test_it_is_an_image_set(listing: Bytes) -> None:
    images = Prepared(listing, SMALL, "val")
    assert isinstance(images, ImageSet)
    assert len(images) == 60
    assert images.digest == listing.digest
    np.testing.assert_array_equal(images.labels.target, listing.labels.target)


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("size", [1, 7, 10, 60, 500])
@pytest.mark.parametrize("workers", [1, 3])
def test_a_pass_gives_every_image_once_in_order(
    listing: Bytes, cache: bool, size: int, workers: int
) -> None:
    images = Prepared(listing, SMALL, "val", workers=workers, cache=cache)
    for _ in range(2):
        found = list(images.blocks(size))
        assert [len(block) for block in found[:-1]] == [size] * (len(found) - 1)
        np.testing.assert_array_equal(np.concatenate(found), EXPECTED)
    passes = 1 if cache else 2
    assert set(listing.reads.values()) == {passes}
    assert len(listing.reads) == 60


def test_another_model_reads_what_the_first_one_prepared(listing: Bytes, folder: Path) -> None:
    pixels(Prepared(listing, SMALL, "val"))
    other = Bytes(FILES, 60)
    np.testing.assert_array_equal(pixels(Prepared(other, SMALL, "val")), EXPECTED)
    assert not other.reads
    header = json.loads(the_file(folder).read_bytes().splitlines()[0])
    assert header["set"] == "val"
    assert header["transform"]["size"] == 16


def test_without_cache_nothing_is_written(listing: Bytes, folder: Path) -> None:
    pixels(Prepared(listing, SMALL, "val", cache=False))
    assert not folder.exists()


@pytest.mark.parametrize(
    "other",
    [
        Prepared(Bytes(FILES[::-1], 60), SMALL, "val"),
        Prepared(Bytes(FILES, 60), Transform(size=16, crop_pct=0.8), "val"),
        Prepared(Bytes(FILES, 60), SMALL, "val", limit=50),
        Prepared(Bytes(FILES, 60, state="replaced since"), SMALL, "val"),
    ],
    ids=["listing", "transform", "limit", "files"],
)
def test_what_differs_has_its_own_file(listing: Bytes, folder: Path, other: Prepared) -> None:
    pixels(Prepared(listing, SMALL, "val"))
    fresh = pixels(Prepared(other.listing, other.transform, "val", limit=other.limit, cache=False))
    np.testing.assert_array_equal(pixels(other), fresh)
    assert len(list(folder.iterdir())) == 2


def test_another_decoder_has_its_own_file(
    listing: Bytes, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels(Prepared(listing, SMALL, "val"))
    monkeypatch.setattr(prepared_cache, "decoder", lambda: {"pillow": "99"})
    pixels(Prepared(listing, SMALL, "val"))
    assert set(listing.reads.values()) == {2}
    assert len(list(folder.iterdir())) == 2


def test_a_name_stays_in_its_folder(listing: Bytes, folder: Path) -> None:
    pixels(Prepared(listing, SMALL, "../../etc/val"))
    assert the_file(folder).name.startswith(".._.._etc_val-")


@pytest.mark.parametrize("cache", [True, False])
def test_a_limit_is_spread_evenly(listing: Bytes, cache: bool) -> None:
    images = Prepared(listing, SMALL, "val", limit=4, cache=cache)
    assert len(images) == len(images.labels) == 4
    np.testing.assert_array_equal(pixels(images), EXPECTED[[0, 15, 30, 45]])
    np.testing.assert_array_equal(images.labels.target, [0, 5, 0, 5])
    assert images.digest == listing.digest
    assert sorted(listing.reads) == [0, 15, 30, 45]


@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize("cache", [True, False])
def test_any_images_are_taken_in_the_order_asked(listing: Bytes, filled: bool, cache: bool) -> None:
    images = Prepared(listing, SMALL, "val", cache=cache)
    if filled:
        pixels(images)
    which = np.array([59, 3, 3, 0, 41, 17])
    np.testing.assert_array_equal(images.take(which), EXPECTED[which])
    assert len(images.take(which[:0])) == 0


def test_progress_counts_images(listing: Bytes) -> None:
    seen: list[tuple[int, int]] = []
    images = Prepared(listing, SMALL, "val", progress=lambda done, of: seen.append((done, of)))
    pixels(images, 25)
    assert seen == [(25, 60), (50, 60), (60, 60)]


def test_little_is_prepared_ahead(listing: Bytes) -> None:
    found = Prepared(listing, SMALL, "val", workers=2).blocks(7)
    next(found)
    time.sleep(0.2)
    assert len(listing.reads) <= 4 * 7
    found.close()  # type: ignore[attr-defined]


def test_a_pass_may_be_left(listing: Bytes) -> None:
    before = threading.active_count()
    found = Prepared(listing, SMALL, "val").blocks(5)
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
    np.testing.assert_array_equal(pixels(Prepared(listing, SMALL, "val")), EXPECTED)


@pytest.mark.parametrize("cache", [True, False])
def test_an_image_that_cannot_be_prepared_is_named(listing: Bytes, cache: bool) -> None:
    broken = Bytes([*FILES[:33], FILES[33][:200], *FILES[34:]], 60)
    images = Prepared(broken, SMALL, "val", cache=cache)
    with pytest.raises(DataError, match=rf"^{SYNSETS[3]}/33.JPEG: "):
        pixels(images)
    with pytest.raises(DataError, match=rf"^{SYNSETS[3]}/33.JPEG: "):
        images.take(np.array([2, 33]))


# What may happen to the file


def changed(path: Path, place: int, byte: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        old = file.read(1)
        file.seek(place)
        file.write(bytes([old[0] ^ byte]))


@settings(max_examples=60)
@given(where=st.floats(0, 1, exclude_max=True), byte=st.integers(1, 255))
def test_a_changed_byte_never_shows(where: float, byte: int) -> None:
    pixels(Prepared(Bytes(FILES, 60), SMALL, "val"))
    path = the_file(Path(os.environ["BENCH_CACHE"]) / "prepared")
    changed(path, int(where * path.stat().st_size), byte)
    again = Bytes(FILES, 60)
    np.testing.assert_array_equal(pixels(Prepared(again, SMALL, "val")), EXPECTED)
    mended = Bytes(FILES, 60)
    np.testing.assert_array_equal(pixels(Prepared(mended, SMALL, "val")), EXPECTED)
    assert not mended.reads


def test_a_damaged_block_is_said_and_only_it_prepared_again(
    listing: Bytes, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pixels(Prepared(listing, SMALL, "val"))
    listing.reads.clear()
    changed(the_file(folder), the_file(folder).stat().st_size - 10 * IMAGE - 1, 1)
    np.testing.assert_array_equal(
        Prepared(listing, SMALL, "val").take(np.array([54])), EXPECTED[54:55]
    )
    listing.reads.clear()
    np.testing.assert_array_equal(pixels(Prepared(listing, SMALL, "val")), EXPECTED)
    assert sorted(listing.reads) == list(range(49, 56))
    assert "has damaged blocks" in caplog.text


@pytest.mark.parametrize("size", [0, 10, 5000, 30_000])
def test_a_file_cut_short_is_filled_again(listing: Bytes, folder: Path, size: int) -> None:
    pixels(Prepared(listing, SMALL, "val"))
    os.truncate(the_file(folder), size)
    np.testing.assert_array_equal(pixels(Prepared(listing, SMALL, "val")), EXPECTED)


def test_a_file_of_noise_begins_anew(listing: Bytes, folder: Path) -> None:
    pixels(Prepared(listing, SMALL, "val"))
    the_file(folder).write_bytes(np.random.default_rng(0).bytes(100_000))
    np.testing.assert_array_equal(pixels(Prepared(listing, SMALL, "val")), EXPECTED)


def test_a_file_cut_short_during_a_pass_is_survived(listing: Bytes, folder: Path) -> None:
    images = Prepared(listing, SMALL, "val", workers=1)
    pixels(images)
    found = images.blocks(7)
    first = next(found)
    os.truncate(the_file(folder), 0)
    np.testing.assert_array_equal(np.concatenate([first, *found]), EXPECTED)


# Room


def no_room(after: int) -> Callable[[int, memoryview, int], int]:
    """`os.pwrite` that fails after so many calls, with half of the bytes written before."""
    real = os.pwrite

    def pwrite(file: int, data: memoryview, place: int) -> int:
        nonlocal after
        after -= 1
        if after > 0:
            return real(file, data, place)
        if after == 0:
            return real(file, data[: len(data) // 2], place)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return pwrite


@pytest.mark.parametrize("after", [0, 1, 2, 5, 6])
def test_a_disk_that_fills_up_costs_the_cache_and_nothing_else(
    listing: Bytes,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    after: int,
) -> None:
    monkeypatch.setattr(os, "pwrite", no_room(after))
    for _ in range(2):
        images = Prepared(listing, SMALL, "val")
        for _ in range(2):
            np.testing.assert_array_equal(pixels(images), EXPECTED)
    said = [record.message for record in caplog.records]
    assert len(said) == 1
    assert "No space left on device" in said[0]
    assert sum(path.stat().st_blocks for path in folder.iterdir()) == 0


def test_a_folder_that_cannot_be_written_is_said(
    listing: Bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "file"))
    np.testing.assert_array_equal(pixels(Prepared(listing, SMALL, "val")), EXPECTED)
    assert "Not a directory" in caplog.text


def test_the_cache_grows_no_larger_than_allowed(
    listing: Bytes, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("BENCH_CACHE_SIZE", "0.06MB")
    pixels(Prepared(listing, SMALL, "val"))
    assert not caplog.records
    other = Transform(size=16, crop_pct=0.8)
    for _ in range(3):
        np.testing.assert_array_equal(
            pixels(Prepared(listing, other, "val")),
            pixels(Prepared(listing, other, "val", cache=False)),
        )
    assert len(list(folder.iterdir())) == 1
    (said,) = [record.message for record in caplog.records]
    assert "takes 0.1 MB and BENCH_CACHE_SIZE allows 0.1 MB" in said


def test_a_size_that_is_none_is_the_users_mistake(
    listing: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_CACHE_SIZE", "plenty")
    with pytest.raises(UsageError, match="BENCH_CACHE_SIZE is 'plenty'; give a size such as 50GB"):
        pixels(Prepared(listing, SMALL, "val"))


@pytest.mark.parametrize(
    ("free", "other", "fits"), [(1400, 0, True), (1300, 0, False), (1600, 200, True)]
)
def test_a_tenth_of_the_disk_stays_free(
    folder: Path, monkeypatch: pytest.MonkeyPatch, free: int, other: int, fits: bool
) -> None:
    """Of 4000 bytes, where another set will still take ``other`` and this one needs 1000."""
    folder.mkdir()
    with (folder / "other.images").open("wb") as file:
        file.truncate(other)
    disk = SimpleNamespace(total=4000, free=free)
    monkeypatch.setattr("bench.images.prepared.quota.shutil.disk_usage", lambda _: disk)
    assert (quota.refusal(folder / "mine.images", 1000) is None) == fits


# Several processes

PROGRAM = """
import os, time
from bench.images.prepared import cache as prepared_cache
from bench.spec import Transform
from tests.images.listed_bytes import Bytes, jpeg, pixels
prepared_cache._BLOCK = 7 * 3 * 16 * 16

class Slow(Bytes):
    def read(self, index):
        os.write(1, b"%d\\n" % index)
        time.sleep(0.01)
        return super().read(index)

listing = Slow([jpeg(i) for i in range(60)], 60)
images = prepared_cache.Prepared(listing, Transform(size=16, crop_pct=0.9), "val")
print("sum", int(pixels(images).astype(int).sum()))
"""


def started() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


def test_two_processes_share_one_cache_and_the_work() -> None:
    both = [started(), started()]
    texts = [process.communicate(timeout=60)[0] for process in both]
    lines = [text.split() for text in texts]
    assert [line[-1] for line in lines] == [str(EXPECTED.astype(int).sum())] * 2
    read = [index for line in lines for index in line[:-2]]
    assert sorted(map(int, read)) == list(range(60))


def test_a_killed_process_leaves_what_it_finished(folder: Path, listing: Bytes) -> None:
    process = started()
    assert process.stdout
    for _ in range(30):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    np.testing.assert_array_equal(pixels(Prepared(listing, SMALL, "val")), EXPECTED)
    assert 0 < len(listing.reads) < 60


def test_a_stopped_process_holds_up_no_other(
    listing: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.images.prepared.blocks._PATIENCE", 0.1)
    process = started()
    assert process.stdout
    for _ in range(10):
        process.stdout.readline()
    process.send_signal(signal.SIGSTOP)
    try:
        np.testing.assert_array_equal(pixels(Prepared(listing, SMALL, "val")), EXPECTED)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def test_without_locks_the_images_are_the_same(
    listing: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("bench.images.prepared.blocks.fcntl.lockf", no_locks)
    for _ in range(2):
        np.testing.assert_array_equal(pixels(Prepared(listing, SMALL, "val")), EXPECTED)
    assert set(listing.reads.values()) == {1}


def test_many_threads_of_one_process(listing: Bytes) -> None:
    images = [Prepared(listing, SMALL, "val") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        results: list[NDArray[np.uint8]] = list(pool.map(pixels, images))
    for found in results:
        np.testing.assert_array_equal(found, EXPECTED)
