"""Sets that share images share what was prepared of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench import registry
from bench.data._images import ImageSet
from bench.data._open import opened
from bench.data._sources import listing
from bench.data._synsets import real_labels, synsets
from bench.spec import Transform, replace
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
