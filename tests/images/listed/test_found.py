"""A set that is found can be read, or says why it cannot: layouts as people have them."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from bench.data.imagenet import DATASETS
from bench.images.imagenet.check import check
from bench.images.listed import places, sources
from bench.images.listed.listing import Listing
from bench.spec import replace
from bench.spec.errors import DataError
from tests import imagenet
from tests.imagenet import SYNSETS, SYNSETS_A, make_tree, write_tar

BY_NAME = {dataset.name: dataset for dataset in DATASETS}
ONE, TWO = SYNSETS[:2]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))


def listing(name: str, place: Path | str) -> Listing:
    return sources.listing(replace(BY_NAME[name], place=str(place)))


def under(root: Path, name: str) -> Listing:
    """As ``--data-dir`` finds it."""
    return listing(name, places.place_under(root, DATASETS)[name])


def test_of_the_three_selections_of_v2_matched_frequency_is_meant(tmp_path: Path) -> None:
    for number, selection in enumerate(("matched-frequency", "threshold0.7", "top-images")):
        home = tmp_path / "imagenetv2" / f"imagenetv2-{selection}-format-val"
        make_tree(home, SYNSETS[number : number + 1], style="v2")
        (home / SYNSETS[number]).rename(home / str(number))
    assert under(tmp_path, "imagenet-v2").labels.target.tolist() == [0] * 3
    assert len(listing("imagenet-v2", tmp_path / "imagenetv2")) == 3


def test_other_folders_beside_the_class_folders_home_do_not_count(tmp_path: Path) -> None:
    make_tree(tmp_path / "imagenet-a" / "imagenet-a", SYNSETS_A[:2], style="a")
    (tmp_path / "imagenet-a" / "code").mkdir()
    (tmp_path / "imagenet-a" / "code" / "README").write_text("")
    assert len(under(tmp_path, "imagenet-a")) == 6
    make_tree(tmp_path / "imagenet-val" / "train", SYNSETS[:9])
    make_tree(tmp_path / "imagenet-val" / "val", SYNSETS[:2])
    assert len(under(tmp_path, "imagenet-val")) == 6
    make_tree(tmp_path / "only" / "imagenet-val" / "train", SYNSETS[:9])
    with pytest.raises(DataError, match="no images in"):
        listing("imagenet-val", tmp_path / "only" / "imagenet-val")


def test_no_set_is_taken_for_another(tmp_path: Path) -> None:
    make_tree(tmp_path / "imagenet-sketch", style="sketch")
    with pytest.raises(DataError, match="no images in"):
        listing("imagenet-val", tmp_path)
    assert len(listing("imagenet-sketch", tmp_path)) == 12


def test_two_homes_of_class_folders_are_a_question(tmp_path: Path) -> None:
    for name in ("old", "new"):
        make_tree(tmp_path / "imagenet-sketch" / name, style="sketch")
    with pytest.raises(DataError, match=r"class folders in new, old; give one .*sketch/new"):
        under(tmp_path, "imagenet-sketch")


def test_shards_in_the_folder_of_a_split(tmp_path: Path) -> None:
    """As a suite for CLIP publishes them: webp, integers among the set's own 200 classes."""
    picture = imagenet.encoded(imagenet.pixels(0, 0), "WEBP")
    members = [
        (f"s{number:07d}.{kind}", data)
        for number in (6, 120, 180)
        for kind, data in (("webp", picture), ("cls", str(number).encode()))
    ]
    write_tar(tmp_path / "imagenet-a" / "test" / "0.tar", members)
    (tmp_path / "imagenet-a" / "test" / "nshards.txt").write_text("1")
    for found in (
        under(tmp_path, "imagenet-a"),
        listing("imagenet-a", tmp_path / "imagenet-a" / "test"),
    ):
        assert [SYNSETS[i] for i in found.labels.target] == [SYNSETS_A[i] for i in (6, 120, 180)]
        assert found.read(0) == picture


def shard(tmp_path: Path, *names: str) -> Path:
    """A tar of these files: images by their place, labels 0 and 1 in turn, other JSON."""
    labels, members = 0, []
    for number, name in enumerate(names):
        data = b"image %d" % number
        if name.endswith("cls"):
            labels, data = labels + 1, str(labels).encode()
        members.append((name, b'{"bbox": [0]}' if name.endswith("json") else data))
    return write_tar(tmp_path / "val.tar", members)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (
            ("s0.input.jpg", "s0.output.cls", "s1.input.jpg", "s1.output.cls"),
            ("val-s0.input.jpg", "val-s1.input.jpg"),
        ),
        (
            ("img.v1.0.jpg", "img.v1.0.cls", "img.v1.1.jpg", "img.v1.1.cls"),
            ("val-img.v1.0.jpg", "val-img.v1.1.jpg"),
        ),
        (
            ("0.jpg", "0.seg.png", "0.cls", "1.seg.png", "1.jpg", "1.cls"),
            ("val-0.jpg", "val-1.jpg"),
        ),
        ((f"{ONE}/a.jpg", f"{ONE}/a.json", f"{TWO}/b.jpg", f"{TWO}/b.json"), ("a.jpg", "b.jpg")),
        ((f"{ONE}/a.v1.jpg", f"{TWO}/a.v1.jpg"), ("a.v1.jpg", "a.v1.jpg")),
        ((f"val/x_{ONE}.jpg", f"val/x_{TWO}.jpg"), (f"x_{ONE}.jpg", f"x_{TWO}.jpg")),
    ],
)
def test_names_within_shards(
    tmp_path: Path, names: tuple[str, ...], found: tuple[str, ...]
) -> None:
    there = listing("imagenet-val", shard(tmp_path, *names))
    assert list(there.names) == [f"{synset}/{name}" for synset, name in zip(SYNSETS, found)]  # noqa: B905
    images = [name for name in names if name.endswith((".jpg", ".png")) and ".seg" not in name]
    assert [there.read(i) for i in range(2)] == [b"image %d" % names.index(n) for n in images]


def test_what_belongs_to_no_image_is_counted(tmp_path: Path) -> None:
    found = listing("imagenet-val", shard(tmp_path, "0.jpg", "0.cls", "1.txt", "1.cls"))
    assert found.notes == ("2 files passed over, which belong to no image: 1.cls ...",)


def test_links_in_a_tar_stand_for_what_they_lead_to(tmp_path: Path) -> None:
    """Hard links as `cp -l` leaves them, symbolic ones, one before its file; absolute names."""
    with tarfile.open(tmp_path / "val.tar", "w") as tar:

        def add(name: str, link: str = "", kind: bytes = tarfile.LNKTYPE) -> None:
            member = tarfile.TarInfo(name)
            member.size = 0 if link else 5
            member.type, member.linkname = (kind, link) if link else (tarfile.REGTYPE, "")
            tar.addfile(member, io.BytesIO(b"image"))

        add(f"/data/{ONE}/a.JPEG", "../b.JPEG", tarfile.SYMTYPE)
        add(f"/data/{ONE}/c.JPEG", f"/data/{ONE}/b.JPEG")
        add(f"/data/{ONE}/b.JPEG")
        add(f"/data/{ONE}/d.JPEG", "b.JPEG", tarfile.SYMTYPE)
        add(f"/data/{ONE}/e.JPEG", "e.JPEG", tarfile.SYMTYPE)
    found = listing("imagenet-val", tmp_path / "val.tar")
    assert list(found.names) == [f"{ONE}/{name}.JPEG" for name in "bcd"]
    assert [found.read(i) for i in range(3)] == [b"image"] * 3
    assert found.notes == (
        "2 files passed over, which are links to what is not in the tar: data/n01440764/a.JPEG ...",
    )


def test_brackets_of_a_folders_name_are_no_pattern(tmp_path: Path) -> None:
    home = tmp_path / "in[2012]"
    imagenet.make_shards(home, stem="val")
    make_tree(tmp_path / "val[1]")
    for place in (home / "val-{00..01}.tar", home / "val-*.tar", home / "val-0[01].tar", home):
        assert len(listing("imagenet-val", place)) == 12
        (told,) = places.placed(DATASETS, None, {"imagenet-val": str(place)})[:1]
        assert len(sources.listing(told)) == 12
    with pytest.raises(DataError, match=r"1 of 3 files \(.*\]/val-02\.tar"):
        listing("imagenet-val", home / "val-{00..02}.tar")
    assert len(listing("imagenet-val", tmp_path / "val[1]")) == 12


def test_a_set_that_is_there_and_cannot_be_read_says_why(tmp_path: Path) -> None:
    named = make_tree(tmp_path / "named" / "val", [ONE, TWO])
    (named / ONE).rename(named / "tench")
    (named / TWO).rename(named / "goldfish")
    with pytest.raises(DataError, match=r"2 of 2 class folders are no synset names .*goldfish"):
        under(tmp_path / "named", "imagenet-val")
    (tmp_path / "packed" / "val").mkdir(parents=True)
    (tmp_path / "packed" / "val" / "val.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"packed/val, which holds val\.zip; unpack it"):
        under(tmp_path / "packed", "imagenet-val")
    deeper = tmp_path / "deeper" / "sketch" / "archives"
    deeper.mkdir(parents=True)
    for name in ("a.tar.gz", "b.tar.gz"):
        (deeper / name).write_bytes(b"")
    with pytest.raises(DataError, match=r"holds archives/a\.tar\.gz, archives/b.*unpack them"):
        under(tmp_path / "deeper", "imagenet-sketch")
    (tmp_path / "empty" / "val").mkdir(parents=True)
    (tmp_path / "empty" / "val" / "notes.txt").write_text("")
    assert places.place_under(tmp_path / "empty", DATASETS) == {}


def test_names_may_tell_the_class_of_images_side_by_side(tmp_path: Path) -> None:
    flat = tmp_path / "val"
    flat.mkdir()
    for number, synset in ((293, ONE), (7, TWO), (9, ONE)):
        (flat / f"ILSVRC2012_val_{number:08d}_{synset}.JPEG").write_bytes(b"%d" % number)
    found = under(tmp_path, "imagenet-val")
    assert found.labels.target.tolist() == [0, 0, 1]
    assert [found.read(i) for i in range(3)] == [b"9", b"293", b"7"]
    (flat / "ILSVRC2012_val_00000001.JPEG").write_bytes(b"")
    with pytest.raises(DataError, match=r"1 images .* lie side by side"):
        under(tmp_path, "imagenet-val")


def test_a_link_that_leads_nowhere_is_one_finding_among_others(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "val", [ONE])
    (tree / ONE / "b.JPEG").symlink_to(tmp_path / "gone.JPEG")
    (tree / ONE / "c.JPEG").write_bytes(b"")
    findings = {
        one.what: one.todo
        for one in check(replace(BY_NAME["imagenet-val"], place=str(tree))).findings
    }
    said = f"1 of the images are links that lead nowhere ({ONE}/b.JPEG)"
    assert findings[said] == "restore what they point to, or remove them"
    assert any(what.startswith("1 images cannot be decoded") for what in findings)
    with pytest.raises(DataError, match=r"is a link to .*gone\.JPEG, which is not there"):
        listing("imagenet-val", tree).read(3)


def test_few_are_decoded_and_all_that_hold_nothing_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.images.imagenet.check.SAMPLE", 1)
    tree = make_tree(tmp_path / "val", [ONE])
    file = sorted((tree / ONE).iterdir())[1]
    file.unlink()
    file.symlink_to(tmp_path / "gone")
    found = check(replace(BY_NAME["imagenet-val"], place=str(tree)))
    assert any("links that lead nowhere" in one.what for one in found.findings)
    assert found.decoded == 2
    assert not os.path.exists(file)  # noqa: PTH110 - follows the link
