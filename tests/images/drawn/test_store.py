"""The drawn sets on disk: torn, killed, full, contended; never wrong pixels."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from bench.data.glyphs import DATASETS
from bench.images.drawn import store
from bench.images.drawn.store import cached_digest, digest_of, open_images
from bench.spec import Dataset, replace
from bench.spec.errors import DataError

SMALL = replace(next(d for d in DATASETS if d.name == "glyphs-sketch"), images=120)

_DRAW = """
from bench.images.drawn.store import open_images
from tests.images.drawn.test_store import SMALL
from bench.spec import replace
print(open_images(replace(SMALL, images={images}), workers=1).digest)
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _start(images: int) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.Popen(
        [sys.executable, "-c", _DRAW.format(images=images)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )


def test_drawn_once_then_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cached_digest(SMALL) is None
    first = open_images(SMALL, workers=1)
    monkeypatch.setattr(store, "_fill", lambda *_: pytest.fail("drawn twice"))
    again = open_images(SMALL, workers=1)
    assert isinstance(again.pixels, np.memmap)
    assert np.array_equal(first.pixels, again.pixels)
    assert cached_digest(SMALL) == digest_of(SMALL) == first.digest


def test_a_limit_leaves_the_digest_alone() -> None:
    part, whole = open_images(SMALL, workers=1, limit=7), open_images(SMALL, workers=1)
    assert part.pixels.shape == (7, 32, 32, 3)
    assert part.digest == whole.digest
    assert np.array_equal(part.pixels, whole.pixels[:7])


def test_progress_ends_at_the_number_of_images() -> None:
    seen: list[tuple[int, int]] = []
    open_images(replace(SMALL, images=600), workers=1, progress=lambda *at: seen.append(at))
    assert [done for done, _ in seen] == [250, 500, 600]
    assert {total for _, total in seen} == {600}


def test_a_torn_file_is_drawn_again(own_cache: Path) -> None:
    digest = digest_of(SMALL, workers=1)
    (pixels,) = own_cache.glob("*.npy")
    with pixels.open("r+b") as file:
        file.truncate(1000)
    assert cached_digest(SMALL) is None
    assert open_images(SMALL, workers=1).digest == digest
    (index,) = own_cache.glob("*.json")
    index.write_text(index.read_text()[:50])
    assert digest_of(SMALL, workers=1) == digest


def test_an_index_of_other_labels_is_not_believed(own_cache: Path) -> None:
    digest = digest_of(SMALL, workers=1)
    (path,) = own_cache.glob("*.json")
    index = json.loads(path.read_text())
    path.write_text(json.dumps(index | {"labels": index["labels"][:-1]}))
    assert digest_of(SMALL, workers=1) == digest


@pytest.mark.parametrize("place", [-1, 0], ids=["a pixel", "the header"])
def test_pixels_that_changed_on_disk_are_drawn_again(own_cache: Path, place: int) -> None:
    digest = digest_of(SMALL, workers=1)
    (path,) = own_cache.glob("*.npy")
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)  # as long as before
    assert cached_digest(SMALL) is None
    assert digest_of(SMALL, workers=1) == cached_digest(SMALL) == digest


@pytest.mark.parametrize("index", ["[1, 2]", "{}", '{"labels": 3, "bytes": 4}', "null"])
def test_an_index_that_is_none_is_not_believed(own_cache: Path, index: str) -> None:
    digest = digest_of(SMALL, workers=1)
    (path,) = own_cache.glob("*.json")
    path.write_text(index)
    assert cached_digest(SMALL) is None
    assert open_images(SMALL, workers=1).digest == digest


@pytest.mark.parametrize("label", ["x", None, 1.5e300, 2])
def test_labels_that_changed_are_drawn_again(own_cache: Path, label: object) -> None:
    digest = digest_of(SMALL, workers=1)
    (path,) = own_cache.glob("*.json")
    index = json.loads(path.read_text())
    assert index["labels"][0] != label
    index["labels"][0] = label
    path.write_text(json.dumps(index))
    assert digest_of(SMALL, workers=1) == digest


def test_kill_while_drawing_leaves_nothing_believed() -> None:
    expected = digest_of(replace(SMALL, images=400), workers=1)
    for delay in (0.5, 0.8, 1.1):
        process = _start(1500)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert digest_of(replace(SMALL, images=400), workers=1) == expected


def test_two_processes_draw_one_set() -> None:
    both = [_start(300), _start(300)]
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert said[0][0] == said[1][0] == digest_of(replace(SMALL, images=300)) + "\n"


def test_a_full_disk_is_one_clear_line(own_cache: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write then fails instead
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(DataError, match=r"cannot keep glyphs-sketch in .* BENCH_CACHE"):
            open_images(SMALL, workers=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert not any(own_cache.iterdir()), "scratch files are left behind"
    assert open_images(SMALL, workers=1).pixels.shape == (120, 32, 32, 3)


def test_a_cache_that_is_a_file_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="BENCH_CACHE"):
        open_images(SMALL, workers=1)


def failing(dataset: Dataset, index: int) -> None:
    """A user's drawing function with a mistake in it."""
    raise KeyError(f"no font for {index}")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("draw", [f"{__name__}:failing", "no_such_module:draw", "nonsense"])
def test_a_drawing_function_that_fails_is_one_clear_line(draw: str, workers: int) -> None:
    with pytest.raises(DataError, match=r"^[^\n]*(cannot draw|nothing draws)[^\n]*$"):
        open_images(replace(SMALL, images=600, draw=draw), workers=workers)


def test_other_drawing_code_is_another_set(own_cache: Path) -> None:
    other: Dataset = replace(SMALL, options={**SMALL.options, "style": "rendition"})
    assert digest_of(SMALL, workers=1) != digest_of(other, workers=1)
    assert len(list(own_cache.glob("*.npy"))) == 2


def test_without_a_home_a_line_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BENCH_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", Mock(side_effect=RuntimeError("no home")))
    with pytest.raises(DataError, match="no home folder; set BENCH_CACHE"):
        store.cache_folder()
