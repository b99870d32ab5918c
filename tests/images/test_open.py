"""Drawn and read sets through one door; a tree beside timm's own reader; ReaL beside val."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from timm.data.dataset import ImageDataset
from timm.data.transforms_factory import create_transform

from bench import registry
from bench.images.imagenet.synsets import real_labels, synsets
from bench.images.listed.sources import listing
from bench.images.open import opened
from bench.images.types import ImageSet
from bench.spec import Interpolation, Transform, replace
from bench.spec.errors import DataError
from tests import imagenet

SMALL = Transform(size=24)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    made = imagenet.make_tree(tmp_path / "val", synsets()[::25], per_class=4)
    bare = [number for number, accepted in enumerate(real_labels(), 1) if not accepted]
    for label, number in enumerate(bare[:40:4]):
        name = f"ILSVRC2012_val_{number:08d}.JPEG"
        (made / synsets()[25 * label] / name).write_bytes(imagenet.jpeg(label, number))
    return made


def whole(images: ImageSet, size: int) -> np.ndarray:
    return np.concatenate(list(images.blocks(size)))


@pytest.mark.parametrize("size", [1, 7, 64])
def test_real_takes_its_images_from_what_was_prepared_of_val(
    tree: Path, tmp_path: Path, size: int
) -> None:
    known = registry.load().datasets
    val, real = (replace(known[f"imagenet-{name}"], place=str(tree)) for name in ("val", "real"))
    assert len(listing(val)) - len(listing(real)) == 10, "so many have no ReaL label"
    all_of_val = whole(opened(val, SMALL), 16)
    made = sorted((tmp_path / "cache" / "prepared").iterdir())
    part = opened(real, SMALL)
    names = list(listing(val).names)
    which = np.array([names.index(name) for name in listing(real).names])
    assert len(part) == len(which) == len(part.labels)
    assert np.array_equal(whole(part, size), all_of_val[which])
    assert {len(block) for block in list(part.blocks(size))[:-1]} <= {size}
    assert np.array_equal(part.take(np.array([5, 0])), all_of_val[which[[5, 0]]])
    assert sorted((tmp_path / "cache" / "prepared").iterdir()) == made


def test_a_limited_real_is_spread_over_its_own_images(tree: Path) -> None:
    real = replace(registry.load().datasets["imagenet-real"], place=str(tree))
    few = opened(real, SMALL, limit=5)
    assert len(few) == len(few.labels) == 5
    assert whole(few, 2).shape == (5, 24, 24, 3)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # timm leaves its files to be closed
@pytest.mark.parametrize("cache", [True, False])
def test_a_tree_is_seen_as_timm_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: bool
) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    made = imagenet.make_tree(tmp_path / "val", synsets()[:5], per_class=4)
    prepare = create_transform(24, is_training=False, use_prefetcher=True, crop_pct=0.9)
    theirs = ImageDataset(str(made), transform=prepare)
    expected = [theirs[index] for index in range(20)]
    val = replace(registry.load().datasets["imagenet-val"], place=str(made))
    bilinear = Transform(size=24, crop_pct=0.9, interpolation=Interpolation.BILINEAR)
    for _ in range(2):
        images = opened(val, bilinear, cache=cache)
        assert images.labels.target.tolist() == [label for _, label in expected]
        for (image, _), pixels in zip(expected, whole(images, 6), strict=True):
            assert np.array_equal(pixels, image.numpy().transpose(1, 2, 0))


def test_a_drawn_set_has_its_own_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    drawn = replace(registry.load().datasets["glyphs-val"], images=4)
    with pytest.raises(DataError, match="glyphs-val is 32x32 pixels, asked for are 48x48"):
        opened(drawn, Transform(size=48))


def test_images_replaced_in_place_are_prepared_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By others of equal names, sizes and modification times: uncompressed ones always have."""
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    val = replace(registry.load().datasets["imagenet-val"], place="")
    for name, shades in (("val", (10, 20)), ("other", (200, 220))):
        for synset, shade in zip(synsets()[:2], shades, strict=True):
            file = tmp_path / name / synset / "ILSVRC2012_val_00000293.jpg"
            file.parent.mkdir(parents=True)
            file.write_bytes(imagenet.encoded(Image.new("RGB", (30, 30), (shade,) * 3), "BMP"))
            os.utime(file, ns=(0, 0))
        members = [
            (f"{f.parent.name}/{f.name}", f.read_bytes()) for f in file.parents[1].rglob("*.jpg")
        ]
        tar = imagenet.write_tar(tmp_path / f"{name}.tar", members)
        os.utime(tar, ns=(0, 0))
        rows = [{"bytes": data, "path": file} for file, data in members]
        table = pa.table({"image": rows, "label": [0, 1]})
        with pa.ipc.new_file(str(tmp_path / f"{name}.arrow"), table.schema) as writer:
            writer.write_table(table)
        os.utime(tmp_path / f"{name}.arrow", ns=(0, 0))
    for suffix in ("", ".tar", ".arrow"):
        place = replace(val, place=str(tmp_path / f"val{suffix}"))
        before, digest = whole(opened(place, SMALL), 2), listing(place).digest
        (tmp_path / f"val{suffix}").rename(tmp_path / f"old{suffix}")
        (tmp_path / f"other{suffix}").rename(tmp_path / f"val{suffix}")
        after = whole(opened(place, SMALL), 2)
        assert (before.max(), after.min()) == (20, 200)
        assert np.array_equal(after, whole(opened(place, SMALL, cache=False), 2))
        assert listing(place).digest == digest
