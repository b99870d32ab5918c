"""Drawn and read sets through one door; pixels of a tree are those that timm's reader gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from timm.data.dataset import ImageDataset
from timm.data.transforms_factory import create_transform

from bench import registry
from bench.data._open import opened
from bench.errors import DataError
from bench.spec import Transform, replace
from tests.imagenet import SYNSETS, make_tree

TRANSFORM = Transform(size=32, crop_pct=0.9)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # timm leaves its files to be closed
@pytest.mark.parametrize("cache", [True, False])
def test_a_tree_is_seen_as_timm_sees_it(tmp_path: Path, cache: bool) -> None:
    make_tree(tmp_path / "val", SYNSETS[:5], per_class=4)
    val = replace(registry.datasets("imagenet-val")[0], place=str(tmp_path / "val"))
    theirs = ImageDataset(
        str(tmp_path / "val"),
        transform=create_transform(
            input_size=32, is_training=False, use_prefetcher=True, crop_pct=0.9,
            interpolation="bicubic",
        ),
    )  # fmt: skip
    expected = [theirs[index] for index in range(20)]
    for _ in range(2):
        images = opened(val, TRANSFORM, cache=cache)
        found = np.concatenate(list(images.blocks(6)))
        for (image, target), pixels, label in zip(
            expected, found, images.labels.target, strict=True
        ):
            np.testing.assert_array_equal(pixels, image.numpy().transpose(1, 2, 0))
            assert label == target


def test_a_limit_of_a_tree_is_spread_over_its_classes(tmp_path: Path) -> None:
    make_tree(tmp_path / "val", SYNSETS[:5], per_class=4)
    val = replace(registry.datasets("imagenet-val")[0], place=str(tmp_path / "val"))
    assert opened(val, TRANSFORM, limit=5).labels.target.tolist() == [0, 1, 2, 3, 4]


def test_a_drawn_set_has_its_own_size() -> None:
    with pytest.raises(DataError, match="glyphs-val is 32x32 pixels, asked for are 48x48"):
        opened(replace(registry.datasets("glyphs-val")[0], images=4), Transform(size=48))
