"""Tables of corrupted and of shifted sets: what they say, and of whom they say nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench import registry
from bench.analysis.published_errors import ALEXNET
from bench.analysis.table import scaling_table
from bench.report import Block, Table
from bench.sections.corruption import REFERENCES, corruptions
from bench.sections.published import against_published
from tests import synthetic

GROUPS: tuple[str, ...] = registry.load().datasets["glyphs-c"].options["groups"]


def with_cells(frame: pd.DataFrame, groups: tuple[str, ...] = GROUPS) -> pd.DataFrame:
    """Each model's accuracy on glyphs-c, lower by a point a severity, as that of each cell."""
    whole = frame[(frame["metric"] == "top1") & (frame["role"] == "c")]
    parts = [
        whole.assign(
            metric=f"top1/{group}", value=whole["value"] - int(group.rpartition("-")[2]), n=100
        )
        for group in groups
    ]
    return pd.concat([frame, *parts], ignore_index=True)


def only(blocks: Any) -> Table:
    (block,) = list[Block](blocks)
    assert isinstance(block, Table)
    return block


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return with_cells(synthetic.frame(("convnext", "resnet")))


def row_of(table: Table, **about: str) -> Any:
    return next(r for r in table.rows if all(r[key] == value for key, value in about.items()))


def test_mce_is_relative_to_the_model_named(frame: pd.DataFrame) -> None:
    table = only(corruptions(frame, scaling_table(frame)))
    top1 = frame[(frame["metric"] == "top1") & (frame["role"] == "c")].set_index("model")["value"]
    error = 100 - top1 + 3  # severities 1..5 take 3 points on average
    for model in ("convnext_s.g1k", "resnet_xl.g22k", "resnet_l.g1k"):
        row = row_of(table, model=model)
        assert row["error"] == pytest.approx(error[model])
        assert row["fog"] == pytest.approx(error[model])
        assert row["mce"] == pytest.approx(100 * error[model] / error["resnet_l.g1k"])
    other = row_of(table, model="convnext_s.g1k")
    assert other["mce_low"] < other["mce"] < other["mce_high"]
    assert any("resnet_l.g1k" in note for note in table.notes)
    kinds = {group.rpartition("-")[0] for group in GROUPS}
    assert {column.key for column in table.columns} >= kinds | {"mce", "error"}


def test_without_the_reference_only_mean_errors_are_said(frame: pd.DataFrame) -> None:
    part = frame[frame["model"] != REFERENCES["glyphs"]]
    table = only(corruptions(part, scaling_table(part)))
    assert "mce" not in {column.key for column in table.columns}
    assert any("Unnormalised mean error only" in note for note in table.notes)
    plain = synthetic.frame(("convnext",))
    assert list(corruptions(plain, scaling_table(plain))) == []


def test_imagenet_is_relative_to_alexnet_without_intervals_of_counts() -> None:
    kinds = tuple(f"{k}-{s}" for k in ALEXNET if k != "clean" for s in range(1, 6))
    frame = with_cells(synthetic.frame(("convnext",)).assign(world="imagenet"), kinds)
    table = only(corruptions(frame, scaling_table(frame)))
    row = row_of(table, model="convnext_m.g1k")
    base = [ALEXNET[k] for k in ALEXNET if k != "clean"]
    assert row["mce"] == pytest.approx(float(np.mean(row["error"] / np.array(base))))
    assert row["mce_low"] is None or np.isnan(row["mce_low"])
    assert any("AlexNet" in note for note in table.notes)
    assert any("No intervals" in note for note in table.notes)


def test_published_lines_say_nothing_of_glyphs(frame: pd.DataFrame) -> None:
    assert list(against_published(scaling_table(frame))) == []
    said = frame.replace({"dataset": {"glyphs-val": "imagenet"}}).assign(
        world="imagenet", twin=frame["twin"].replace({"glyphs-val": "imagenet"})
    )
    found = scaling_table(said)
    table = only(against_published(found))
    assert len(table.rows) == len(found)
    assert not any(column.key == "published_er_c" for column in table.columns)
    marked = {r["model"] for r in table.rows if r["v2_mark"]}
    assert marked == set(found.loc[~found["val"].between(56.52, 84.73), "model"])
    assert ("Beyond" in " ".join(table.notes)) == bool(marked)
