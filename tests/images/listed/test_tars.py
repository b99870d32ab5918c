"""Tars read where they lie: class folders in them, WebDataset samples, and hostile ones."""

from __future__ import annotations

import io
import json
import pickle
import tarfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.data.imagenet import DATASETS
from bench.images.listed import sources, tars
from bench.images.listed.listing import Listing
from bench.spec import replace
from bench.spec.errors import DataError, UsageError
from tests.imagenet import (
    SYNSETS,
    SYNSETS_A,
    encoded,
    file_name,
    make_corrupted,
    make_shards,
    make_tar,
    make_tree,
    pixels,
    write_tar,
)

BY_NAME = {dataset.name: dataset for dataset in DATASETS}
JPEG = encoded(pixels(0, 0))


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def listing(name: str, place: Path | str) -> Listing:
    return sources.listing(replace(BY_NAME[name], place=str(place)))


def test_a_tree_its_tar_and_its_shards_are_one_set(tmp_path: Path) -> None:
    tree = listing("imagenet-val", make_tree(tmp_path / "val"))
    places = (
        make_tar(tmp_path / "val.tar"),
        make_tar(tmp_path / "bare.tar", inside="./"),
        make_shards(tmp_path / "shards"),
        tmp_path / "shards",
        tmp_path / "shards" / "*.tar",
    )
    for place in places:
        found = listing("imagenet-val", place)
        assert (found.digest, list(found.names)) == (tree.digest, list(tree.names))
        assert [found.read(i) for i in range(12)] == [tree.read(i) for i in range(12)]
        assert found.labels.target.tolist() == tree.labels.target.tolist()
    assert pickle.loads(pickle.dumps(found)).read(3) == tree.read(3)  # noqa: S301 - our own
    real = [listing("imagenet-real", place).digest for place in (tmp_path / "val", places[2])]
    assert real[0] == real[1]


def test_corruptions_in_a_tar(tmp_path: Path) -> None:
    root = make_corrupted(tmp_path / "imagenet-c", ["fog"], SYNSETS[:2], 1)
    files = sorted(root.rglob("*.JPEG"), reverse=True)
    members = [(str(Path("weather") / f.relative_to(root)), f.read_bytes()) for f in files]
    found = listing("imagenet-c", write_tar(tmp_path / "weather.tar", members))
    assert found.digest == listing("imagenet-c", root).digest
    extra = write_tar(tmp_path / "extra.tar", [(f"saturate/1/{SYNSETS[0]}/a.JPEG", JPEG)])
    with pytest.raises(DataError, match="fifteen corruptions"):
        listing("imagenet-c", extra)


def test_threads_read_what_one_reads(tmp_path: Path) -> None:
    found = listing("imagenet-val", make_shards(tmp_path, per_class=6, shards=3))
    alone = [found.read(i) for i in range(len(found))]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(found.read, [*range(len(found))] * 20)) == alone * 20


def test_tars_are_gone_through_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tar = make_tar(tmp_path / "val.tar")
    first = listing("imagenet-val", tar)
    (index,) = (tmp_path / "cache").iterdir()
    with monkeypatch.context() as patched:
        patched.setattr(tars, "_headers", lambda *_: pytest.fail("gone through again"))
        assert listing("imagenet-val", tar).digest == first.digest
    index.write_bytes(index.read_bytes()[:100])  # damaged: made anew
    assert listing("imagenet-val", tar).digest == first.digest
    make_tar(tar, per_class=2)
    assert len(listing("imagenet-val", tar)) == 8


def test_a_cache_that_cannot_be_written_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "file" / "cache"))
    assert len(listing("imagenet-val", make_tar(tmp_path / "val.tar"))) == 12


def samples(*rows: tuple[str, Sequence[tuple[str, bytes]]]) -> list[tuple[str, bytes]]:
    return [(f"{key}.{kind}", data) for key, parts in rows for kind, data in parts]


def test_labels_of_samples(tmp_path: Path) -> None:
    """An integer or a synset in .cls, else a label in .json; keys may begin anew in each shard."""
    for number in range(2):
        write_tar(
            tmp_path / f"val-{number}.tar",
            samples(
                ("a/000", [("cls", b" 7\n"), ("PNG", JPEG), ("json", b"not json")]),
                ("001", [("jpeg", JPEG), ("json", json.dumps({"label": 3}).encode())]),
                ("002", [("jpg", JPEG), ("cls", SYNSETS[5].encode())]),
                ("003", [("txt", b"no image")]),
            ),
        )
    found = listing("imagenet-val", tmp_path / "val-*.tar")
    assert found.labels.target.tolist() == [3, 3, 5, 5, 7, 7]
    assert found.names[4] == f"{SYNSETS[7]}/val-0-000.png"


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (b"1000", "class indices 0 to 999"),
        (b"-1", "withheld"),
        (b"", "no label"),
        (b"tench", "no synset names"),
        (b"9" * 30, "numbers"),
        (b"\xff\xfe", "no synset names"),
    ],
)
def test_labels_that_are_none(tmp_path: Path, label: bytes, said: str) -> None:
    tar = write_tar(tmp_path / "val.tar", samples(("0", [("jpg", JPEG), ("cls", label)])))
    with pytest.raises(DataError, match=said):
        listing("imagenet-val", tar)


def test_integers_of_200_classes_are_read_the_one_way_that_fits(tmp_path: Path) -> None:
    for folder, classes in (("own", SYNSETS_A), ("all", SYNSETS)):
        place = make_shards(tmp_path / folder, SYNSETS_A, 1, style="a", classes=classes)
        found = listing("imagenet-a", place)
        assert [SYNSETS[i] for i in found.labels.target] == list(SYNSETS_A)
    either = samples(("0", [("jpg", JPEG), ("cls", b"6")]))  # class 6, or the seventh of A's
    with pytest.raises(DataError, match="could be either"):
        listing("imagenet-a", write_tar(tmp_path / "one.tar", either))


def test_nothing_leaves_a_hostile_tar(tmp_path: Path) -> None:
    home = f"val/{SYNSETS[0]}"
    with tarfile.open(tmp_path / "bad.tar", "w") as tar:

        def add(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> None:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            member.size = len(JPEG) if kind == tarfile.REGTYPE else 0
            tar.addfile(member, io.BytesIO(JPEG))

        add(f"{home}/ok.JPEG")
        add(f"../../{home}/out.JPEG")
        add(f"/{home}/absolute.JPEG")
        add(f"{home}/link.JPEG", tarfile.SYMTYPE, "/etc/passwd")
        add(f"{home}/hard.JPEG", tarfile.LNKTYPE, f"{home}/ok.JPEG")
        add(f"{home}/device.JPEG", tarfile.CHRTYPE)
        add("val/README.txt")
        add(f"{home}/._ok.JPEG")
    before = sorted(tmp_path.rglob("*"))
    found = listing("imagenet-val", tmp_path / "bad.tar")
    assert list(found.names) == [f"{SYNSETS[0]}/{name}.JPEG" for name in ("absolute", "hard", "ok")]
    assert [found.read(i) for i in range(3)] == [JPEG] * 3
    assert found.notes == (
        f"1 file passed over, whose names lead out of the tar: ../../{home}/out.JPEG",
        f"1 file passed over, which are devices or pipes: {home}/device.JPEG",
        f"1 file passed over, which are links to what is not in the tar: {home}/link.JPEG",
        "1 file passed over, which are no images in class folders: val/README.txt",
    )
    after = [path for path in tmp_path.rglob("*") if "cache" not in path.parts]
    assert sorted(after) == before


def test_tars_that_are_none(tmp_path: Path) -> None:
    whole = make_tar(tmp_path / "val.tar").read_bytes()
    with tarfile.open(tmp_path / "val.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "val.tar", "val.tar")
    with pytest.raises(DataError, match=r"is compressed.*unpack it"):
        listing("imagenet-v2", tmp_path / "val.tar.gz")
    end = whole.rindex(JPEG[-2:])
    for length in (end // 2, end - 100, end // 3 // 512 * 512, end // 512 * 512 + 512):
        (tmp_path / "cut.tar").write_bytes(whole[:length])
        with pytest.raises(DataError, match="no whole tar"):
            listing("imagenet-val", tmp_path / "cut.tar")
    (tmp_path / "text.tar").write_text("<html>404</html>" * 100)
    with pytest.raises(DataError, match="no whole tar"):
        listing("imagenet-val", tmp_path / "text.tar")
    flat = [(file_name("val", SYNSETS[0], 0), JPEG)]
    with pytest.raises(DataError, match="side by side"):
        listing("imagenet-val", write_tar(tmp_path / "ILSVRC2012_img_val.tar", flat))
    twice = [(f"{folder}/{SYNSETS[0]}/a.jpg", JPEG) for folder in ("a", "b")]
    with pytest.raises(DataError, match="is there twice"):
        listing("imagenet-val", write_tar(tmp_path / "twice.tar", twice))


def test_a_tar_cut_after_it_was_listed(tmp_path: Path) -> None:
    tar = make_tar(tmp_path / "val.tar")
    found = listing("imagenet-val", tar)
    tar.write_bytes(tar.read_bytes()[:2000])
    with pytest.raises(DataError, match="ends within"):
        found.read(11)
    tar.unlink()
    with pytest.raises(DataError, match=r"cannot read .*val\.tar"):
        found.read(0)


def test_missing_shards_are_named(tmp_path: Path) -> None:
    make_shards(tmp_path, shards=3)
    (tmp_path / "imagenet1k-validation-01.tar").unlink()
    with pytest.raises(DataError, match=r"1 of 3 files \(.*validation-01\.tar"):
        listing("imagenet-val", tmp_path / "imagenet1k-validation-{00..02}.tar")
    assert len(listing("imagenet-val", tmp_path / "imagenet1k-validation-*.tar")) == 8
    for place in ("val-{5..2}.tar", "{0..99999}{0..99}.tar"):
        with pytest.raises(UsageError, match="must rise"):
            listing("imagenet-val", tmp_path / place)
