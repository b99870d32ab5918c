"""Digests of listings are in the ids of stored results: they stay as they were.

They cover names, sizes, labels and order, so the "images" here are a few bytes that no encoder has
touched. The literal ones were written by the releases that wrote the first stores.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.data.imagenet import DATASETS
from bench.images.listed import sources
from bench.spec import replace
from tests import imagenet
from tests.imagenet import SYNSETS, SYNSETS_A

BY_NAME = {dataset.name: dataset for dataset in DATASETS}
VAL = "9504dded8f41c79345f11f01bbdec97e8ebcfea194604772c1397704870a4abf"
REAL = "e2d8481596d55cd89d17a438c9159eba2f7e43ca5af725f588e89e5e0d00d120"


@pytest.fixture(autouse=True)
def _fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bytes_of(label: int, number: int, _size: imagenet.Size, seed: int = 0) -> bytes:
        return b"x" * (label % 7 + 3 * number + seed)

    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(imagenet, "jpeg", bytes_of)
    datasets.disable_progress_bars()


def digest(name: str, place: Path | str) -> str:
    return sources.listing(replace(BY_NAME[name], place=str(place))).digest


def test_val_as_folders_a_tar_and_shards(tmp_path: Path) -> None:
    places = (
        imagenet.make_tree(tmp_path / "val", SYNSETS[::100]),
        imagenet.make_tar(tmp_path / "val.tar", SYNSETS[::100]),
        imagenet.make_shards(tmp_path / "shards", SYNSETS[::100]),
    )
    assert [digest("imagenet-val", place) for place in places * 2] == [VAL] * 6
    assert [digest("imagenet-real", place) for place in places] == [REAL] * 3


def test_sets_with_classes_and_groups_of_their_own(tmp_path: Path) -> None:
    numbered = imagenet.make_tree(tmp_path / "v2", SYNSETS[:12:3], style="v2")
    for synset in SYNSETS[:12:3]:
        (numbered / synset).rename(numbered / str(SYNSETS.index(synset)))
    assert digest("imagenet-v2", numbered) == (
        "175f5d3f8cae09728bdda86b14be88344943ec70a4986c5c96fc154198c5b6e8"
    )
    a = imagenet.make_tree(tmp_path / "a", SYNSETS_A, 2, style="a")
    assert digest("imagenet-a", a) == (
        "06d6244f6d527bea9258dc771d2f09d3f601931dd2072298bbb1f894fe080f9f"
    )
    corrupted = imagenet.make_corrupted(tmp_path / "c", ["fog", "snow"])
    assert digest("imagenet-c", corrupted) == (
        "2c793e0d6c728e321d25d745c0a430c84d59883cf90f2db59fd3d7852c8feb55"
    )


def test_names_of_any_kind(tmp_path: Path) -> None:
    """Another alphabet, bytes that are no text, a space, a capital before small letters."""
    odd = imagenet.make_tree(tmp_path / "odd", SYNSETS[:2], style="sketch")
    (odd / SYNSETS[0] / "é \udcff b.PNG").write_bytes(b"1")
    (odd / SYNSETS[0] / "Z.jpg").write_bytes(b"")
    assert digest("imagenet-sketch", odd) == (
        "824b909269b2563d0f53de4a742742a78164ee6b9615225c896ce21ca0798191"
    )


def test_arrow(tmp_path: Path) -> None:
    imagenet.make_table().save_to_disk(tmp_path / "saved", num_shards=2)
    assert digest("imagenet-val", tmp_path / "saved") == (
        "93b66a06affe1767b308d131c648618bb9590387a8c9aaac834c807349c5dba7"
    )
    assert digest("imagenet-real", tmp_path / "saved") == (
        "0dfa2f24fb748879e42bd6e30a79d9f4ce1eb8b7bf2c5e9575865ffca07c4d5a"
    )


def test_parquet(tmp_path: Path) -> None:
    """Of the set, bytes of images by row group (as this pyarrow wrote them), then all names."""
    place = imagenet.make_parquet(tmp_path, files=2, rows_a_group=5)
    expected, names = hashlib.sha256(b"imagenet-val\n"), list[str]()
    for file in sorted(place.iterdir()):
        metadata = pq.read_metadata(file)
        groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
        columns = [[group.column(i) for i in range(group.num_columns)] for group in groups]
        sizes = [
            next(c.total_uncompressed_size for c in group if c.path_in_schema == "image.bytes")
            for group in columns
        ]
        expected.update(repr(sizes).encode())
        rows = pq.read_table(file).to_pylist()
        names += [f"{SYNSETS[row['label']]}/{row['image']['path']}" for row in rows]
    expected.update("\n".join(names).encode())
    assert digest("imagenet-val", place) == expected.hexdigest()
    assert len(names) == 12


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ((None, None, None), ("00000000", "00000001", "00000002")),
        (("a/x.jpg", "b/x.jpg", "y.jpg"), ("00000000-x.jpg", "00000001-x.jpg", "00000002-y.jpg")),
        (("a/x.jpg", "y.jpg", "x.jpg"), ("x.jpg", "y.jpg", "x.jpg")),
    ],
)
def test_rows_tell_images_of_one_name_apart(
    tmp_path: Path, paths: tuple[str | None, ...], expected: tuple[str, ...]
) -> None:
    """Classes are 0, 0 and 1: the same name in two classes is no repeat."""
    rows = [{"bytes": b"1", "path": path} for path in paths]
    table = pa.table({"image": rows, "label": [0, 0, 1]})
    with pa.ipc.new_file(str(tmp_path / "t.arrow"), table.schema) as writer:
        writer.write_table(table)
    names = [f"{SYNSETS[c]}/{name}" for c, name in zip((0, 0, 1), expected, strict=True)]
    text = "imagenet-val\n[1, 1, 1]" + "\n".join(names)
    found = sources.listing(replace(BY_NAME["imagenet-val"], place=str(tmp_path / "t.arrow")))
    assert list(found.names) == names
    assert found.digest == hashlib.sha256(text.encode()).hexdigest()
