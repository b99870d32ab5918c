"""Tables of corrupted and of shifted sets: what they say, and of whom they say nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench import registry
from bench.analysis.robustness.corruption import Cells, mean_error_in
from bench.analysis.robustness.published_errors import ALEXNET
from bench.analysis.tables.scaling import scaling_table
from bench.analysis.worlds import WORLDS
from bench.blocks import Block, Note, Table, Tone
from bench.report.scaling.corruption import corruptions
from bench.report.scaling.published import against_published
from bench.tasks.classification.predictions import Predictions
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
    part = frame[frame["model"] != WORLDS["glyphs"].mce_reference]
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


def test_a_part_of_imagenet_c_has_no_mce_and_says_what_is_missing() -> None:
    plain = synthetic.frame(("convnext",)).assign(world="imagenet")
    one = with_cells(plain, ("gaussian_noise-1",))
    table = only(corruptions(one, scaling_table(one)))
    assert "mce" not in {column.key for column in table.columns}
    (said,) = (note for note in table.notes if note.startswith("No mCE"))
    assert "74 of these are missing (gaussian noise 2, 3, 4, 5; shot noise 1, 2, 3, 4, 5;" in said
    row = row_of(table, model="convnext_m.g1k")
    assert row["error"] == row["gaussian_noise"]
    jagged = with_cells(plain, ("fog-1", "fog-2", "snow-1"))
    alone = jagged[jagged["model"] == "convnext_m.g1k"]
    (note,) = corruptions(alone, scaling_table(alone))
    assert note == Note(text="convnext_m.g1k is left out: no errors on snow 2.", tone=Tone.WARN)


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


def test_stored_answers_give_intervals_clustered_by_image() -> None:
    """Every image in all 75 cells, its answers alike: wider than as many images would be."""
    kinds = tuple(f"{k}-{s}" for k in ALEXNET if k != "clean" for s in range(1, 6))
    images, rng = 40, np.random.default_rng(0)
    hard = rng.random(images) < 0.5
    wrong = (hard[None] ^ (rng.random((75, images)) < 0.1)).ravel()
    base, group = np.tile(np.arange(images), 75), np.repeat(np.arange(75), images)
    model = "convnext_m.g1k"
    frame = synthetic.frame(("convnext",)).assign(world="imagenet")
    whole = frame[(frame["model"] == model) & (frame["metric"] == "top1") & (frame["role"] == "c")]
    cells = [
        whole.assign(metric=f"top1/{k}", value=100 * (1 - wrong[group == i].mean()), n=images)
        for i, k in enumerate(kinds)
    ]
    nothing = np.zeros(len(wrong))
    answers = Predictions(
        *(nothing.astype(np.uint16),) * 2,
        wrong.astype(np.uint16),
        *(nothing.astype(np.float32),) * 2,
        group=group.astype(np.uint16),
        group_names=kinds,
        base=base.astype(np.uint32),
    )
    frame = pd.concat([frame, *cells], ignore_index=True)
    table = only(
        corruptions(frame, scaling_table(frame), {(model, "c"): ~wrong}, lambda _: answers)
    )
    names, severity = zip(*(k.rsplit("-", 1) for k in np.array(kinds)[group]), strict=True)
    ranks = [int(s) for s in severity]
    for key, reference in (("mce", ALEXNET), ("error", None)):
        expected = mean_error_in(Cells.of(names, ranks, base), wrong, reference).interval
        row = row_of(table, model=model)
        assert (row[f"{key}_low"], row[f"{key}_high"]) == pytest.approx(
            (expected.low, expected.high)
        )
    assert row["error_high"] - row["error_low"] > 10
    assert any("clustered by image" in note for note in table.notes)
