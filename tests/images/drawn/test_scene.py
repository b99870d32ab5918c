"""The embedded world: the same bytes from any number of workers, and the roles as declared."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.data.glyphs import CORRUPTIONS, DATASETS, SEEN_FONTS, UNSEEN_FONTS
from bench.images.contact_sheet import contact_sheet
from bench.images.drawn.corrupt import corrupt
from bench.images.drawn.scene import draw
from bench.images.drawn.store import digest_of, open_images
from bench.spec import Dataset, Role, replace

SETS = {dataset.name: dataset for dataset in DATASETS}
EVALUATED = [d for d in DATASETS if d.role not in (Role.TRAIN, Role.PRETRAIN)]


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    return tmp_path


def test_every_role_of_the_design_is_there() -> None:
    assert {d.role for d in DATASETS} == set(Role) - {Role.REAL}  # one label an image, and right
    small, large = SETS["glyphs-1k"], SETS["glyphs-22k"]
    assert large.classes >= 10 * small.classes
    assert large.images >= 10 * small.images
    assert large.options["characters"][: small.classes] == small.options["characters"]
    assert not set(SEEN_FONTS) & set(UNSEEN_FONTS)


@pytest.mark.parametrize("dataset", EVALUATED, ids=lambda d: d.name)
def test_shifted_sets_have_a_twin_in_the_distribution(dataset: Dataset) -> None:
    twin = dataset.twin
    assert (twin is None) == (dataset.role is Role.VAL)
    assert twin is None or SETS[twin].options["characters"] == dataset.options["characters"]


def test_bytes_do_not_depend_on_the_workers(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = replace(SETS["glyphs-r"], images=600)
    one = open_images(dataset, workers=1)
    monkeypatch.setenv("BENCH_CACHE", str(own_cache / "other"))
    three = open_images(dataset, workers=3)
    assert one.digest == three.digest
    assert np.array_equal(one.pixels, three.pixels)
    assert np.array_equal(one.labels, three.labels)


@given(st.sampled_from(DATASETS), st.integers(min_value=0))
def test_an_image_depends_on_its_index_alone(dataset: Dataset, number: int) -> None:
    index = number % dataset.images
    pixels, label = draw(dataset, index)
    again, same = draw(dataset, index)
    assert pixels.shape == (dataset.resolution, dataset.resolution, 3)
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels, again)
    assert label == same
    assert 0 <= label < dataset.classes


@pytest.mark.parametrize("dataset", EVALUATED, ids=lambda d: d.name)
def test_published_digests_are_those_of_the_pixels(dataset: Dataset) -> None:
    assert dataset.digest is not None, "publish it with benchmarks/publish_glyphs.py"
    assert digest_of(dataset) == dataset.digest, (
        "the pixels changed: another Pillow, numpy or matplotlib, or the drawing code. If that is "
        "meant, train the zoo again and publish the digests anew"
    )


def test_one_changed_pixel_changes_the_digest(own_cache: Path) -> None:
    dataset = replace(SETS["glyphs-val"], images=20)
    touched = replace(dataset, draw=f"{__name__}:touched")
    plain = open_images(dataset, workers=1)
    other = open_images(touched, workers=1)
    assert (np.asarray(plain.pixels) != other.pixels).sum() == 1
    assert plain.digest != other.digest


def touched(dataset: Dataset, index: int) -> tuple[NDArray[np.uint8], int]:
    """As drawn, but for one channel of one pixel of one image."""
    pixels, label = draw(dataset, index)
    if index == 13:
        pixels = pixels.copy()
        pixels[5, 6, 2] ^= 1
    return pixels, label


def test_v2_is_val_drawn_afresh() -> None:
    val, v2 = SETS["glyphs-val"], SETS["glyphs-v2"]
    differing = [k for k in val.options if val.options[k] != v2.options[k]]
    assert differing == ["stream"]
    assert not np.array_equal(draw(val, 0)[0], draw(v2, 0)[0])


def test_a_keeps_distinct_scenes_of_its_own_stream() -> None:
    kept = SETS["glyphs-a"].options["kept"]
    assert len(kept) == SETS["glyphs-a"].images >= 500
    assert list(kept) == sorted(set(kept))
    streams = Counter(d.options["stream"] for d in DATASETS)
    assert streams[SETS["glyphs-a"].options["stream"]] == 1


def test_c_is_a_factorial_design_of_val() -> None:
    dataset = SETS["glyphs-c"]
    groups = dataset.options["groups"]
    assert dataset.options["stream"] == SETS["glyphs-val"].options["stream"]
    assert len(groups) == len(CORRUPTIONS) * 5
    scenes = [index + index // len(groups) for index in range(dataset.images)]
    assert len(set(scenes)) == dataset.images
    pairs = Counter((index % len(groups), s % dataset.classes) for index, s in enumerate(scenes))
    assert set(pairs.values()) == {dataset.images // (len(groups) * dataset.classes)}


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_corruptions_grow_with_severity(kind: str) -> None:
    val = SETS["glyphs-val"]
    scenes = [draw(val, index)[0] for index in range(40)]
    harm = []
    for severity in range(1, 6):
        rng = np.random.default_rng(0)
        changed = [corrupt(s, kind, severity, rng).astype(float) - s for s in scenes]
        harm.append(float(np.mean(np.square(changed))))
    assert harm == sorted(harm)
    assert harm[4] > 1.5 * harm[0] > 0


def test_unknown_corruption_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown corruption 'rain'"):
        corrupt(np.zeros((4, 4, 3), np.uint8), "rain", 1, np.random.default_rng(0))


def test_sketch_is_dark_on_white_and_r_is_not_val() -> None:
    sketch = np.stack([draw(SETS["glyphs-sketch"], i)[0] for i in range(50)]).astype(float)
    assert np.median(sketch) > 200
    assert np.ptp(sketch.mean(axis=(0, 1, 2))) < 2  # no colour
    rendition = np.stack([draw(SETS["glyphs-r"], i)[0] for i in range(200)]).astype(float)
    val = np.stack([draw(SETS["glyphs-val"], i)[0] for i in range(200)]).astype(float)
    assert rendition.std() > 1.3 * val.std()


def test_contact_sheet_shows_what_it_says(own_cache: Path) -> None:
    dataset = replace(SETS["glyphs-val"], images=30)
    sheet = contact_sheet(dataset, columns=6, rows=5, scale=1, workers=1)
    assert sheet.size == (6 * 34 + 2, 5 * 34 + 2)
    first = np.asarray(sheet)[2:34, 2:34]
    assert np.array_equal(first, draw(dataset, 0)[0])
