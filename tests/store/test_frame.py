"""Columns that spare a report the registry: what an image set is, as it was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench import registry
from bench.spec import Dataset, Job, replace
from bench.store import Store, frame
from tests import declared


def stored(where: Path, of: Job) -> dict[Any, Any]:
    with Store(where / "results.db") as store:
        store.append(declared.outcome(of), store.begin_run({}))
        return store.frame().iloc[0].to_dict()


def on(dataset: Dataset, **changes: Any) -> Job:
    return replace(declared.job(on=dataset), **changes)


def test_a_set_says_what_it_is(tmp_path: Path) -> None:
    mined = registry.load().datasets["glyphs-a"]
    row = stored(tmp_path, on(mined, dataset_digest=mined.digest))
    assert row["dataset_about"] == mined.about
    assert row["reference"] == mined.options["reference"] == "resnet_l.g1k"
    assert row["characters"] == mined.options["characters"]
    assert row["as_published"]


@pytest.mark.parametrize(
    ("published", "found", "same"), [("d", "d", True), ("d", "e", False), (None, "d", None)]
)
def test_pixels_are_the_published_ones_or_not_or_nobody_knows(
    tmp_path: Path, published: str | None, found: str, same: bool | None
) -> None:
    row = stored(tmp_path, on(declared.dataset(digest=published), dataset_digest=found))
    if same is None:
        assert pd.isna(row["as_published"])
    else:
        assert row["as_published"] == same


def test_what_a_set_does_not_say_is_missing(tmp_path: Path) -> None:
    odd = declared.dataset(options={"reference": ("two", "models"), "characters": ""})
    row = stored(tmp_path, on(odd))
    names = ("dataset_about", "reference", "characters")
    assert all(pd.isna(row[name]) for name in names)


def test_new_columns_come_last() -> None:
    """`bench export` gives the columns in this order, and scripts count on it."""
    names = frame.COLUMNS
    assert names[0] == "job"
    assert names[names.index("source") :] == (
        *("source", "dataset_about", "as_published", "reference", "characters"),
    )
