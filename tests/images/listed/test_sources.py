"""Class folders on disk: classes by name, one order everywhere, and a line for what is wrong."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.data.imagenet import DATASETS
from bench.images.listed import places, sources
from bench.images.listed.listing import Listing
from bench.spec import replace
from bench.spec.errors import BenchError, DataError, UnknownNameError, UsageError
from tests.imagenet import (
    SYNSETS,
    SYNSETS_A,
    SYNSETS_R,
    encoded,
    make_corrupted,
    make_parquet,
    make_shards,
    make_tar,
    make_tree,
    pictures,
    pixels,
    real_labels,
)

BY_NAME = {dataset.name: dataset for dataset in DATASETS}


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))


def listing(name: str, place: Path | str) -> Listing:
    return sources.listing(replace(BY_NAME[name], place=str(place)))


def test_images_come_by_class_then_name_whatever_the_file_system_says(tmp_path: Path) -> None:
    synsets = (SYNSETS[7], SYNSETS[999], SYNSETS[0])
    tree = make_tree(tmp_path / "val", synsets, 3)
    (tree / ".DS_Store").write_bytes(b"x")
    (tree / "__MACOSX").mkdir()
    (tree / SYNSETS[7] / "._ILSVRC2012_val_00000001.JPEG").write_bytes(b"x")
    (tree / SYNSETS[7] / "Thumbs.db").write_bytes(b"x")
    found = listing("imagenet-val", tree)
    made = {f"{p.synset}/{p.name}": p for p in pictures(synsets, 3)}
    assert list(found.names) == sorted(made)  # synsets sort as their indices do
    assert found.labels.target.tolist() == [0] * 3 + [7] * 3 + [999] * 3
    assert [found.read(i) for i in range(9)] == [made[name].data for name in sorted(made)]
    assert found.notes == (
        f"1 file passed over, which are no images in class folders: {SYNSETS[7]}/Thumbs.db",
    )
    assert pickle.loads(pickle.dumps(found)).read(4) == found.read(4)  # noqa: S301 - our own


def test_the_digest_is_of_set_classes_names_and_sizes(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "val")
    copy = Path(shutil.copytree(tree, tmp_path / "elsewhere"))
    first = listing("imagenet-val", tree).digest
    assert listing("imagenet-val", copy).digest == first
    assert listing("imagenet-sketch", copy).digest != first
    file = next(copy.rglob("*.JPEG"))
    file.write_bytes(file.read_bytes() + b"\0")
    longer = listing("imagenet-val", copy).digest
    file.rename(file.with_name("ILSVRC2012_val_00000000.JPEG"))
    assert len({first, longer, listing("imagenet-val", copy).digest}) == 3


def test_real_leaves_out_images_without_labels(tmp_path: Path) -> None:
    bare = real_labels().index(()) + 1
    tree = make_tree(tmp_path / "val", SYNSETS[:2], 2)
    (tree / SYNSETS[1] / f"ILSVRC2012_val_{bare:08d}.JPEG").write_bytes(encoded(pixels(1, 9)))
    found, val = listing("imagenet-real", tree), listing("imagenet-val", tree)
    assert (len(val), len(found)) == (5, 4)
    assert found.labels.accepted == ((0,), (0,), (1,), (1,))
    assert found.labels.target.tolist() == [0, 0, 1, 1]
    assert found.digest != val.digest
    assert found.whole is not None
    assert found.rows is not None
    assert found.whole.digest == val.digest
    assert [found.read(i) for i in range(4)] == [val.read(int(i)) for i in found.rows]
    renamed = make_tree(tmp_path / "other", style="sketch")
    with pytest.raises(DataError, match=r"12 of 12 files have others .*sketch_0\.JPEG"):
        listing("imagenet-real", renamed)


def test_v2s_numbered_folders_are_class_indices_not_positions(tmp_path: Path) -> None:
    """The published archive has 0, 1, 10, 100, ...: sorted as text they are out of order."""
    synsets = [SYNSETS[i] for i in (0, 1, 2, 10, 100, 999)]
    tree = make_tree(tmp_path / "v2", synsets, 2, style="v2")
    by_name = listing("imagenet-v2", tree).digest
    for synset in synsets:
        (tree / synset).rename(tree / str(SYNSETS.index(synset)))
    found = listing("imagenet-v2", tree)
    assert found.labels.target.tolist() == [0, 0, 1, 1, 2, 2, 10, 10, 100, 100, 999, 999]
    assert found.digest == by_name
    with pytest.raises(DataError, match="named by numbers"):
        listing("imagenet-val", tree)
    for synset in synsets:  # padded ones are somebody's own numbering
        number = SYNSETS.index(synset)
        (tree / str(number)).rename(tree / f"{number:04d}")
    with pytest.raises(DataError, match="named by numbers"):
        listing("imagenet-v2", tree)


def test_subsets_know_their_200_classes(tmp_path: Path) -> None:
    found = listing("imagenet-a", make_tree(tmp_path / "a", SYNSETS_A, 1, style="a"))
    assert [SYNSETS[i] for i in found.labels.target] == sorted(SYNSETS_A)
    with pytest.raises(DataError, match="200 classes of imagenet-a, not the 1000"):
        listing("imagenet-val", tmp_path / "a")
    with pytest.raises(DataError, match="are not among its 200 classes"):
        listing("imagenet-r", tmp_path / "a")


def test_corrupted_sets_have_groups_and_bases(tmp_path: Path) -> None:
    root = make_corrupted(tmp_path / "imagenet-c", ["fog", "jpeg_compression"])
    (root / "weather").mkdir()
    (root / "fog").rename(root / "weather" / "fog")  # as some unpack the archive
    make_tree(root / "speckle_noise" / "1")  # not one of the fifteen
    found = listing("imagenet-c", root)
    labels = found.labels
    assert len(found) == 2 * 5 * 3 * 2
    assert labels.group is not None
    assert labels.base is not None
    groups = [f"{kind}-{severity}" for kind in ("fog", "jpeg_compression") for severity in "12345"]
    assert [labels.group_names[i] for i in labels.group[::6]] == groups
    assert labels.base.tolist() == list(range(6)) * 10
    assert found.names[0].startswith(f"fog-1/{SYNSETS[0]}/ILSVRC2012_val_")
    assert found.read(0) == (root / "weather/fog/1" / found.names[0][6:]).read_bytes()


def test_what_cannot_be_labelled_is_refused_in_a_line(tmp_path: Path) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for picture in pictures(SYNSETS[:2], 2):
        (flat / picture.name).write_bytes(picture.data)
    with pytest.raises(DataError, match=r"4 images .* side by side.*another order.*valprep"):
        listing("imagenet-val", flat)
    numbered = make_tree(tmp_path / "numbered", SYNSETS[:3])
    for index, synset in enumerate(SYNSETS[:3]):
        (numbered / synset).rename(numbered / f"{index:03d}")
    with pytest.raises(DataError, match=r"3 of 3 class folders are named by numbers"):
        listing("imagenet-val", numbered)
    strange = make_tree(tmp_path / "strange", SYNSETS[:3])
    (strange / SYNSETS[0]).rename(strange / "n99999999")
    with pytest.raises(DataError, match=r"1 of 3 class folders .* \(n99999999\)"):
        listing("imagenet-val", strange)
    (tmp_path / "empty" / SYNSETS[0]).mkdir(parents=True)
    with pytest.raises(DataError, match="no images in"):
        listing("imagenet-val", tmp_path / "empty")
    with pytest.raises(DataError, match="not there"):
        listing("imagenet-val", tmp_path / "nowhere")
    with pytest.raises(UsageError, match="--from imagenet-val=PLACE"):
        listing("imagenet-val", "")


def test_a_file_that_goes_away_is_named(tmp_path: Path) -> None:
    found = listing("imagenet-val", make_tree(tmp_path / "val"))
    (tmp_path / "val" / found.names[5]).unlink()
    with pytest.raises(DataError, match=found.names[5]):
        found.read(5)


def test_sets_are_found_by_their_usual_names(tmp_path: Path) -> None:
    root = tmp_path / "data"
    make_tree(root / "ILSVRC" / "Data" / "CLS-LOC" / "val")
    make_tree(root / "ILSVRC" / "Data" / "CLS-LOC" / "train")
    make_tree(root / "imagenetv2-matched-frequency-format-val", style="v2")
    make_tree(root / "ImageNet_A" / "imagenet-a", SYNSETS_A[:3], style="a")
    make_tar(root / "imagenet-a.tar", SYNSETS_A[:3], style="a")  # what it was unpacked from
    make_tar(root / "archives" / "imagenet-r.tar", SYNSETS_R[:3], style="r")
    make_parquet(root / "imagenet-sketch" / "data")
    make_corrupted(root / "imagenet-c" / "weather", ["fog"], SYNSETS[:1], 1)
    found = places.place_under(root, DATASETS)
    val = str(root / "ILSVRC/Data/CLS-LOC/val")
    assert found == {
        "imagenet-val": val,
        "imagenet-real": val,
        "imagenet-v2": str(root / "imagenetv2-matched-frequency-format-val"),
        "imagenet-a": str(root / "ImageNet_A"),
        "imagenet-r": str(root / "archives/imagenet-r.tar"),
        "imagenet-sketch": str(root / "imagenet-sketch"),
        "imagenet-c": str(root / "imagenet-c"),
    }
    for name, place in found.items():
        assert len(listing(name, place)) >= 3


def test_a_val_within_another_set_is_that_sets(tmp_path: Path) -> None:
    make_tree(tmp_path / "imagenet-a" / "val", SYNSETS_A[:3], style="a")
    make_tree(tmp_path / "imagenet-r" / "val", SYNSETS_R[:3], style="r")
    assert set(places.place_under(tmp_path, DATASETS)) == {"imagenet-a", "imagenet-r"}


def test_images_side_by_side_are_found_to_be_told_what_to_do(tmp_path: Path) -> None:
    flat = tmp_path / "val"
    flat.mkdir()
    (flat / "ILSVRC2012_val_00000001.JPEG").write_bytes(encoded(pixels(0, 0)))
    place = places.place_under(tmp_path, DATASETS)["imagenet-val"]
    with pytest.raises(DataError, match="lie side by side"):
        listing("imagenet-val", place)
    deeper = make_tree(tmp_path / "ILSVRC" / "val")
    assert places.place_under(tmp_path, DATASETS)["imagenet-val"] == str(deeper)


def test_a_tree_itself_and_numbered_shards_are_found(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "my-validation-images")
    assert places.place_under(tree, DATASETS) == {
        "imagenet-val": str(tree),
        "imagenet-real": str(tree),
    }
    assert places.place_under(make_tree(tmp_path / "train"), DATASETS) == {}
    shards = tmp_path / "sha[r]ds"
    make_shards(shards)
    make_shards(shards, stem="imagenet1k-train")
    place = places.place_under(shards, DATASETS)["imagenet-val"]
    assert place.endswith("imagenet1k-validation-*.tar")
    assert len(listing("imagenet-val", place)) == 12


def test_two_places_of_one_set_are_a_question(tmp_path: Path) -> None:
    make_tree(tmp_path / "val")
    make_tree(tmp_path / "validation")
    with pytest.raises(UsageError, match=r"two places for imagenet-val.*--from imagenet-val="):
        places.place_under(tmp_path, DATASETS)
    told = places.placed(DATASETS, tmp_path, {"imagenet-val": str(tmp_path / "val")})
    assert {d.name: d.place for d in told} == {
        "imagenet-val": str(tmp_path / "val"),
        "imagenet-real": str(tmp_path / "val"),
    }


def test_places_as_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        places.placed(DATASETS, None, {"imagenet-a": str(tmp_path / "none")})
    with pytest.raises(UnknownNameError, match="imagenet-a"):
        places.placed(DATASETS, None, {"imagenet_a": str(tmp_path)})
    with pytest.raises(UsageError, match="no folder"):
        places.placed(DATASETS, tmp_path / "none", {})
    with pytest.raises(UsageError, match="no NAME=PLACE"):
        places.parse(["imagenet-a"])
    with pytest.raises(UsageError, match="twice"):
        places.parse(["a=1", "a=2"])
    (hub,) = places.placed(DATASETS, None, {"imagenet-a": "hf:owner/name@main:test"})
    assert hub.place == "hf:owner/name@main:test"
    with pytest.raises(UsageError, match="no set on the hub"):
        places.placed(DATASETS, None, {"imagenet-a": "hf:../../etc"})


@given(st.text(max_size=40) | st.text("{}.,0159*ab", max_size=30))
def test_wild_places_end_in_one_line(place: str) -> None:
    assume("\0" in place or not Path(place).exists())
    with pytest.raises(BenchError) as raised:
        listing("imagenet-val", place)
    assert len(str(raised.value).splitlines()) == 1
