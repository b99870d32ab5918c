"""`bench data check`: a right tree passes, and each thing that goes wrong in practice is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.analysis.stats.chance import chance_level
from bench.data.imagenet import DATASETS
from bench.images.imagenet import check as checks
from bench.images.imagenet.check import Checked, check
from bench.spec import Dataset, replace
from tests.imagenet import (
    SYNSETS_R,
    broken_images,
    make_corrupted,
    make_tar,
    make_tree,
    odd_images,
)

BY_NAME = {dataset.name: dataset for dataset in DATASETS}
#: Val, were it of R's classes with two images each.
SMALL = replace(
    BY_NAME["imagenet-val"], images=400, options={"classes": "imagenet-r", "per_class": 2}
)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "val", SYNSETS_R, 2, size=(16, 12))


def checked(place: Path, dataset: Dataset = SMALL, *, everything: bool = False) -> Checked:
    return check(replace(dataset, place=str(place)), everything=everything)


def first(tree: Path, synset: str = SYNSETS_R[0]) -> Path:
    return min((tree / synset).iterdir())


def test_a_right_tree_and_its_tar_are_all_good(tree: Path, tmp_path: Path) -> None:
    for image, data in zip(sorted(tree.rglob("*.JPEG")), odd_images().values(), strict=False):
        image.write_bytes(data)  # CMYK, grey, turned, a PNG: the real set has such files
    found = checked(tree)
    assert (found.images, found.classes, found.decoded, found.findings) == (400, 200, 400, ())
    packed = checked(make_tar(tmp_path / "val.tar", SYNSETS_R, 2, size=(16, 12)))
    assert packed.findings == ()


BROKEN = broken_images()
FAULTS: list[tuple[Callable[[Path], object], str]] = [
    (lambda t: first(t).unlink(), f"1 of 200 class folders have not .*{SYNSETS_R[0]} has 1"),
    (lambda t: shutil.rmtree(t / SYNSETS_R[3]), r"1 of 200 .* have no images"),
    (lambda t: (t / SYNSETS_R[0] / "more.JPEG").write_bytes(odd_images()["grey"]), "has 3"),
    (lambda t: first(t).write_bytes(BROKEN["truncated"]), "1 images cannot be decoded"),
    (lambda t: first(t).write_bytes(BROKEN["empty"]), "cannot be decoded .*no bytes"),
    (lambda t: first(t).write_bytes(BROKEN["text"]), "cannot be decoded .*no image"),
    (lambda t: (t / SYNSETS_R[0]).rename(t / "n99999999"), r"n99999999"),
    (lambda t: [f.rename(t / f"{i:03d}") for i, f in enumerate(sorted(t.iterdir()))], "numbers"),
]


@pytest.mark.parametrize(("damage", "said"), FAULTS)
def test_each_fault_is_found_and_nothing_else(
    tree: Path, damage: Callable[[Path], object], said: str
) -> None:
    damage(tree)
    found = checked(tree)
    assert len(found.findings) == 1
    (finding,) = found.findings
    assert finding.todo
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(f"{finding.what}: {finding.todo}")
    assert "\n" not in finding.what + finding.todo


def test_mixed_up_folder_names_are_found_by_real(tree: Path) -> None:
    """Names and counts are all right, so only the images' own numbers can tell."""
    folders = sorted(tree.iterdir())
    for folder in folders:
        folder.rename(folder.with_name(f".{folder.name}"))
    order = np.random.default_rng(0).permutation(len(folders))
    for folder, place in zip(folders, order, strict=True):
        folder.with_name(f".{folder.name}").rename(folders[place])
    (finding,) = checked(tree).findings
    assert "folder names are mixed up" in finding.what
    share = float(finding.what.split("agree on ")[1].split("%")[0])
    assert share < 5


def test_two_folders_that_changed_places_are_found(tmp_path: Path) -> None:
    dataset = replace(SMALL, images=1200, options={"classes": "imagenet-r"})
    names = SYNSETS_R[:30]
    tree = make_tree(tmp_path / "val", names, 20, size=(8, 8))
    a, b = names[10], names[20]
    for old, new in ((a, "swap"), (b, a), ("swap", b)):
        (tree / old).rename(tree / new)
    missing, finding = checked(tree, dataset).findings
    assert "170 of 200" in missing.what
    assert finding.what.startswith("2 class folders hold no image of their class")
    assert f"{a} looks like {b}, {b} looks like {a}" in finding.what


def test_sets_of_uneven_classes_go_by_their_total(tree: Path) -> None:
    (finding,) = checked(tree, BY_NAME["imagenet-r"]).findings
    assert finding.what == "400 images, published are 30,000"


def test_parts_of_the_corrupted_set_that_are_absent(tmp_path: Path) -> None:
    dataset = replace(
        BY_NAME["imagenet-c"],
        options={**BY_NAME["imagenet-c"].options, "classes": "imagenet-r", "per_class": 1},
    )
    root = make_corrupted(tmp_path / "c", ["fog"], SYNSETS_R, 1, size=(8, 8))
    first(root / "fog" / "2").unlink()
    absent, missing = checked(root, dataset).findings
    assert absent.what.startswith("70 of 75 parts are not there (gaussian_noise-1,")
    assert missing.what == f"1 of 1000 class folders have no images (fog-2/{SYNSETS_R[0]})"


def test_only_all_images_show_a_fault_outside_the_sample(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "SAMPLE", 100)
    last = max((tree / SYNSETS_R[-1]).iterdir())
    last.write_bytes(BROKEN["truncated"])
    sample, whole = checked(tree), checked(tree, everything=True)
    assert (sample.decoded, sample.findings) == (100, ())
    assert whole.decoded == 400
    assert last.name in whole.findings[0].what


@pytest.mark.parametrize("seed", range(3))
def test_a_random_order_of_classes_is_chance_level_and_a_poor_model_is_not(seed: int) -> None:
    """Against a simulated model: right on 80 % of images, then under labels in another order."""
    chance = np.random.default_rng(seed)
    labels = np.repeat(np.arange(1000), 50)
    answers = np.where(chance.random(50_000) < 0.8, labels, chance.integers(0, 1000, 50_000))
    shuffled = chance.permutation(1000)[labels]
    said = chance_level(100 * float(np.mean(answers == shuffled)), 50_000, 1000)
    assert said is not None
    assert "chance level for 1000 classes" in said
    assert chance_level(100 * float(np.mean(answers == labels)), 50_000, 1000) is None
    assert chance_level(3.0, 50_000, 1000) is None
    assert chance_level(0.0, 50_000, 1000) is not None
    assert chance_level(80.0, 20, 1000) is None
    assert chance_level(0.0, 0, 1000) is None
    assert chance_level(10.0, 1000, 10) is None
