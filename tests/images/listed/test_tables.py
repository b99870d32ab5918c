"""Parquet and arrow tables with the hub's columns, and sets of the hub through `datasets`."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.data.imagenet import DATASETS
from bench.images.imagenet.synsets import lemmas
from bench.images.listed import hub, sources
from bench.images.listed.listing import Listing
from bench.spec import replace
from bench.spec.errors import DataError, UsageError
from tests.imagenet import (
    SYNSETS,
    SYNSETS_A,
    encoded,
    make_parquet,
    make_shards,
    make_table,
    make_tree,
    pictures,
    pixels,
)

BY_NAME = {dataset.name: dataset for dataset in DATASETS}
JPEG = encoded(pixels(0, 0))


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches of the test alone, and no network whatever a test does."""
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()


def listing(name: str, place: Path | str) -> Listing:
    return sources.listing(replace(BY_NAME[name], place=str(place)))


def rows(found: Listing) -> list[tuple[int, bytes]]:
    return sorted((int(found.labels.target[i]), found.read(i)) for i in range(len(found)))


def made(per_class: int = 3) -> list[tuple[int, bytes]]:
    return sorted((p.label, p.data) for p in pictures(SYNSETS[:4], per_class))


def test_parquet_arrow_and_a_saved_set_hold_the_same_images(tmp_path: Path) -> None:
    make_parquet(tmp_path / "parquet")
    make_parquet(tmp_path / "hub" / "data")  # as a clone of the hub's repository has them
    make_table().save_to_disk(tmp_path / "saved", num_shards=2)
    places = ("parquet", "hub", "saved", "parquet/validation-0000{0..1}-of-00002.parquet")
    for place in places:
        found = listing("imagenet-val", tmp_path / place)
        assert rows(found) == made()
        assert len(set(found.names)) == 12
        assert all("ILSVRC2012_val_" in name for name in found.names)
        assert pickle.loads(pickle.dumps(found)).read(7) == found.read(7)  # noqa: S301 - our own
    assert {label for _, label in enumerate(found.labels.target)} == {0, 1, 2, 3}
    real = listing("imagenet-real", tmp_path / "parquet")
    assert real.labels.accepted == tuple((int(c),) for c in real.labels.target)


def test_only_validation_is_read_where_there_are_more_splits(tmp_path: Path) -> None:
    make_parquet(tmp_path, files=1)
    file = next(tmp_path.glob("*.parquet"))
    withheld = pq.read_table(file)
    column = pa.array([-1] * withheld.num_rows, pa.int64())
    withheld = withheld.set_column(1, withheld.schema.field("label"), column)
    for split in ("train", "test"):
        pq.write_table(withheld, tmp_path / f"{split}-00000-of-00001.parquet")
    assert rows(listing("imagenet-val", tmp_path)) == made()
    with pytest.raises(DataError, match="withheld"):
        listing("imagenet-val", tmp_path / "test-00000-of-00001.parquet")


def test_class_names_in_the_schema_decide(tmp_path: Path) -> None:
    """Synsets in any order, or English in the usual one; not English in an order of its own."""
    words = [", ".join(sorted(names)) for names in lemmas()]
    words = [f"{text}2" if text in words[:place] else text for place, text in enumerate(words)]
    turned = list(reversed(SYNSETS))
    make_parquet(tmp_path / "english", names=words)
    make_parquet(tmp_path / "bare", names=list(map(str, range(1000))))
    assert rows(listing("imagenet-val", tmp_path / "english")) == made()
    assert rows(listing("imagenet-val", tmp_path / "bare")) == made()
    make_parquet(tmp_path / "turned", names=turned)
    assert listing("imagenet-val", tmp_path / "turned").labels.target.min() == 996
    make_parquet(tmp_path / "alphabet", names=sorted(words))
    with pytest.raises(DataError, match=r"1000 class names .* neither synset names nor"):
        listing("imagenet-val", tmp_path / "alphabet")
    make_parquet(tmp_path / "unknown", names=["n99999999", *SYNSETS[1:]])
    with pytest.raises(DataError, match=r"1 of 4 class folders .*n99999999"):
        listing("imagenet-val", tmp_path / "unknown")


def write(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_other_schemas(tmp_path: Path) -> None:
    """As exporters write them: bare bytes, synsets as text, integers without names."""
    bare = write(tmp_path / "a.parquet", jpg=[JPEG, JPEG, JPEG], cls=[7, 3, 3])
    found = listing("imagenet-val", bare)
    assert (found.labels.target.tolist(), found.read(1)) == ([7, 3, 3], JPEG)
    assert found.names[:2] == [f"{SYNSETS[7]}/00000000", f"{SYNSETS[3]}/00000001"]
    wnid = write(tmp_path / "b.parquet", image=[{"bytes": JPEG, "path": None}], wnid=[SYNSETS_A[0]])
    assert listing("imagenet-a", wnid).labels.target.tolist() == [SYNSETS.index(SYNSETS_A[0])]
    for columns, said in (
        ({"image": [JPEG]}, "no column 'label'"),
        ({"pixels": [JPEG], "label": [1]}, "no column 'image'"),
        ({"image": [JPEG], "label": [1.5]}, r"labels a row 1\.5"),
        ({"image": [JPEG], "label": ["tench"]}, "labels a row 'tench'"),
        ({"image": [JPEG], "label": [1000]}, "class indices 0 to 999"),
        ({"image": pa.array([], pa.binary()), "label": pa.array([], pa.int64())}, "no rows"),
    ):
        with pytest.raises(DataError, match=said):
            listing("imagenet-val", write(tmp_path / "c.parquet", **columns))
    paths = [{"bytes": None, "path": "/etc/passwd"}]
    with pytest.raises(DataError, match="no bytes in row 0"):
        listing("imagenet-val", write(tmp_path / "d.parquet", image=paths, label=[0])).read(0)
    with pytest.raises(DataError, match="folders or tars"):
        listing("imagenet-c", bare)


def test_damaged_tables_are_named(tmp_path: Path) -> None:
    whole = make_parquet(tmp_path / "p", files=1)
    (file,) = whole.iterdir()
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"cannot read .*validation-00000.*copy it again"):
        listing("imagenet-val", whole)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "data-00000.arrow").write_bytes(b"no table at all")
    with pytest.raises(DataError, match="data-00000"):
        listing("imagenet-val", tmp_path / "x")


def test_the_digest_changes_with_labels_names_and_bytes(tmp_path: Path) -> None:
    image = {"bytes": JPEG, "path": "a.jpg"}
    other = {"bytes": JPEG + b"\0", "path": "a.jpg"}
    digests = {
        listing("imagenet-val", write(tmp_path / "t.parquet", image=[one], label=[label])).digest
        for one, label in ((image, 0), (image, 1), ({**image, "path": "b.jpg"}, 0), (other, 0))
    }
    assert len(digests) == 4


@pytest.mark.parametrize("scheme", ["hf", "hf-stream"])
def test_a_set_of_the_hub_through_the_true_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """`datasets` takes owner/name for a folder where there is one: no network, the same code."""
    make_parquet(tmp_path / "owner" / "name" / "data")
    monkeypatch.chdir(tmp_path)
    found = listing("imagenet-val", f"{scheme}:owner/name:validation")
    assert rows(found) == made()
    chosen = listing("imagenet-val", f"{scheme}:owner/name")  # validation is looked for
    assert rows(chosen) == made()
    if scheme == "hf-stream":
        tree = listing("imagenet-val", make_tree(tmp_path / "val"))
        assert (tmp_path / "cache" / "streamed").is_dir()
        assert [name.split("/")[0] for name in found.names] == [
            name.split("/")[0] for name in tree.names
        ]
        with monkeypatch.context() as patched:
            patched.setattr(hub, "_loaded", lambda _: pytest.fail("streamed again"))
            assert listing("imagenet-val", f"{scheme}:owner/name").digest == chosen.digest


def test_a_hub_set_of_webdataset_shards_streams(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_shards(tmp_path / "owner" / "name")
    monkeypatch.chdir(tmp_path)
    found = listing("imagenet-val", "hf-stream:owner/name:validation")
    assert rows(found) == made()


@pytest.mark.parametrize("scheme", ["hf", "hf-stream"])
def test_what_is_missing_offline_is_one_line(scheme: str) -> None:
    with pytest.raises(DataError) as raised:
        listing("imagenet-val", f"{scheme}:nobody/nothing@abc:validation")
    line = str(raised.value)
    assert len(line.splitlines()) == 1
    assert f"cannot load {scheme}:nobody/nothing@abc:validation" in line
    assert "or give a local copy" in line


def test_an_interrupted_stream_leaves_nothing_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_parquet(tmp_path / "owner" / "name")
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(hub, "_write", _half)
        with pytest.raises(DataError, match="connection reset"):
            listing("imagenet-val", "hf-stream:owner/name:validation")
    assert not list((tmp_path / "cache" / "streamed").glob("*.tar"))
    assert rows(listing("imagenet-val", "hf-stream:owner/name:validation")) == made()


def _half(_dataset: object, path: Path, _rows: object) -> None:
    path.write_bytes(b"half")
    raise ConnectionError("connection reset")


@pytest.mark.parametrize("place", ["hf:", "hf:a/b/c", "hf:../x", "hf:a/b@", "hf-stream:a b"])
def test_places_on_the_hub_that_are_none(place: str) -> None:
    with pytest.raises(UsageError, match="no set on the hub"):
        listing("imagenet-val", place)
