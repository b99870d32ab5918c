"""Columns hold a few bytes an image, and give back what was put in."""

from __future__ import annotations

import os
import pickle
import tracemalloc
from itertools import repeat
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.data.imagenet import DATASETS
from bench.images.listed.columns import Rows, file_state
from bench.images.listed.folders import Folder
from bench.images.listed.listing import Listing, arranged
from bench.spec import replace
from bench.spec.errors import DataError
from tests.imagenet import SYNSETS

BY_NAME = {dataset.name: replace(dataset, place="/data") for dataset in DATASETS}


def val(images: int) -> Listing:
    """In folders, with val's names."""
    rows = Rows()
    for label, synset in enumerate(SYNSETS[:20]):
        rows.storages.append(Folder(f"/data/{synset}"))
        names = [f"ILSVRC2012_val_{number:08d}.JPEG" for number in range(label, images, 20)]
        size = range(100_000, 100_000 + len(names))
        rows.add(label, names, [synset] * len(names), size, repeat(0, len(names)))
    return arranged(BY_NAME["imagenet-val"], rows)


def test_a_listing_takes_a_few_bytes_an_image() -> None:
    """28 are the name's, 8 the label's; a Python object for each would take 50 and more."""
    val(20)
    tracemalloc.start()
    found = val(40_000)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 40_000
    assert held / 40_000 < 55
    assert len(pickle.dumps(found)) / 40_000 < 50


def test_versions_of_an_image_share_its_name() -> None:
    dataset, rows = BY_NAME["imagenet-c"], Rows()
    names = [f"ILSVRC2012_val_{number:08d}.JPEG" for number in range(100)]
    for number, group in enumerate(dataset.options["groups"]):
        rows.storages.append(Folder(f"/data/{group}"))
        rows.add(number, names, [SYNSETS[3]] * 100, repeat(9, 100), repeat(0, 100), group)
    found = arranged(dataset, rows)
    assert len(found) == 7500
    assert len(found.files.data) == 100 * len(names[0])
    assert found.names[7499] == f"jpeg_compression-5/{SYNSETS[3]}/{names[99]}"
    assert list(found.names)[:2] == found.names[:2]


@given(st.lists(st.tuples(st.sampled_from(SYNSETS[:3]), st.text(max_size=8)), unique=True))
def test_rows_of_any_names_come_by_class_and_name(images: list[tuple[str, str]]) -> None:
    dataset, rows = BY_NAME["imagenet-val"], Rows()
    rows.storages.append(Folder("/data"))
    for number, (synset, name) in enumerate(images):
        rows.add(0, [name], [synset], [number], [7 * number])
    if not images:
        with pytest.raises(DataError, match="no images"):
            arranged(dataset, rows)
        return
    found = arranged(dataset, rows)
    expected = sorted(images)  # synsets sort as their indices do
    assert list(found.names) == [f"{synset}/{name}" for synset, name in expected]
    assert found.size.tolist() == [images.index(one) for one in expected]
    assert np.array_equal(found.offset, 7 * found.size.astype(int))


def test_rows_are_kept_and_read_again(tmp_path: Path) -> None:
    rows = Rows()
    rows.add(0, ["a", "\udcff"], [3, "n01440764"], [1, 2], [5, 1 << 40], "fog-1")
    with (tmp_path / "rows").open("wb") as file:
        rows.save(file, ["a note"])
    again, notes = Rows.load(tmp_path / "rows", 1)
    assert notes == ["a note"]
    assert (again.labels, again.groups) == ({3: 0, "n01440764": 1}, {"fog-1": 0})
    assert list(again.files) == ["a", "\udcff"]
    for name in ("label", "group", "storage", "offset", "size"):
        assert np.array_equal(again.column(name), rows.column(name))


def test_any_state_of_a_file_is_taken_in() -> None:
    """Times before 1970, inodes of 64 bits; each of the four counts."""
    facts = {"st_size": 1, "st_mtime_ns": -5, "st_ctime_ns": 7, "st_ino": 2**64 - 3}
    states = [SimpleNamespace(**facts)]
    states += [SimpleNamespace(**{**facts, name: 2}) for name in facts]
    seen = set()
    for state in states:
        rows = Rows()
        rows.saw([file_state(cast(os.stat_result, state))])
        seen.add(rows.state)
    assert len(seen) == 5


def test_an_image_there_twice_is_refused() -> None:
    rows = Rows()
    rows.storages += [Folder("/one"), Folder("/two")]
    for storage in range(2):
        rows.add(storage, ["b", "a"], [SYNSETS[0]] * 2, [1, 1], [0, 0])
    with pytest.raises(DataError, match="a of class n01440764 is there twice, in /one and in /two"):
        arranged(BY_NAME["imagenet-val"], rows)
    rows = Rows()
    rows.storages.append(Folder("/one"))
    rows.add(0, ["a", "b"], [SYNSETS[0], 0], [1, 1], [0, 0])
    with pytest.raises(DataError, match="class n01440764 is there twice, under two names"):
        arranged(BY_NAME["imagenet-val"], rows)
