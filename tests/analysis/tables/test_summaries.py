"""What all models together show, counted again from the scaling table."""

from __future__ import annotations

import math
from statistics import fmean

import numpy as np
import pandas as pd
import pytest

from bench import registry
from bench.analysis.compare.gain import pretraining_gain
from bench.analysis.robustness.effective import Line
from bench.analysis.scaling import fit
from bench.analysis.scaling.curves import POINTS, law_band, line_points, log_steps
from bench.analysis.tables.drawn import errors, shifted_points
from bench.analysis.tables.image_sets import class_names, groups
from bench.analysis.tables.scaling import robustness_lines, scaling_table
from bench.analysis.tables.summaries import by_family, gain_range
from bench.analysis.worlds import WORLDS, world, world_of
from bench.spec import Role
from tests import synthetic


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return synthetic.frame(("convnext", "swin"))


@pytest.fixture(scope="module")
def table(frame: pd.DataFrame) -> pd.DataFrame:
    return scaling_table(frame)


def test_families_have_their_mean_height_and_its_ends(table: pd.DataFrame) -> None:
    lines = robustness_lines(table)
    found = {row["role"]: row for row in by_family(table, lines)}
    assert list(found) == ["v2", "a", "r", "sketch", "c"]
    for role, row in found.items():
        both = table[["val", role]].dropna()
        assert row["drop"] == pytest.approx(fmean(both["val"] - both[role]))
        for family in ("convnext", "swin"):
            own = [v for v in table.loc[table["family"] == family, f"er_{role}"] if v == v]
            assert row[family] == pytest.approx(fmean(own))
            assert (row[f"{family}_low"], row[f"{family}_high"]) == (min(own), max(own))
        line = lines[role]
        assert isinstance(line, Line)
        assert (row["slope"], row["r2"], row["n"]) == (line.slope, line.r2, line.n)


def test_a_set_without_a_line_says_why(table: pd.DataFrame) -> None:
    few = table.iloc[:2]
    rows = list(by_family(few, robustness_lines(few)))
    assert all("remark" in row and "slope" not in row for row in rows)
    assert list(by_family(table.assign(r=math.nan), {"r": robustness_lines(table)["r"]})) == []


def test_gains_range_from_the_least_to_the_largest(table: pd.DataFrame) -> None:
    gain = pretraining_gain(table)
    found = gain_range(gain)
    assert found is not None
    val = gain[gain["role"] == "val"]
    assert (found.least["gain"], found.most["gain"]) == (min(val["gain"]), max(val["gain"]))
    assert (found.clear, found.pairs) == (sum(v > 0 for v in val["gain_low"]), len(val))
    assert gain_range(gain[gain["role"] != "val"]) is None


def test_errors_are_what_accuracy_leaves(table: pd.DataFrame) -> None:
    found = errors(table)
    for _, row in found.iterrows():
        assert row["error"] == pytest.approx(100 - row["val"])
        assert row["low"] <= row["error"] <= row["high"]
        assert row["high"] == pytest.approx(100 - row["val_low"])


def test_points_under_shift_stand_model_by_model(table: pd.DataFrame) -> None:
    found = shifted_points(table, ("a", "r"))
    assert found["role"].tolist()[:4] == ["a", "r", "a", "r"]
    assert len(found) == 2 * len(table)
    first = table.iloc[0]
    assert found.iloc[1][["twin", "shift", "low", "high"]].tolist() == pytest.approx(
        [first["val"] / 100, first["r"] / 100, first["r_low"] / 100, first["r_high"] / 100]
    )
    assert shifted_points(table, ()).empty


def test_curves_are_the_law_at_each_step() -> None:
    x = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    law = fit(x, 0.1 + 0.5 * x**-0.5)
    band = law_band(law, 1.0, 16.0)
    assert len(band.x) == POINTS
    assert band.x[0] == pytest.approx(1.0)
    assert band.x[-1] == pytest.approx(16.0)
    ratios = np.diff(np.log(band.x))
    assert ratios == pytest.approx(np.full(POINTS - 1, ratios[0]))
    assert band.y == pytest.approx(100 * law.curve(np.array(band.x)))
    assert all(low <= y <= high for low, y, high in zip(band.low, band.y, band.high, strict=True))
    assert law_band(law, 1.0, 16.0, 1.0).y == pytest.approx([y / 100 for y in band.y])
    assert log_steps(2.0, 8.0, 3) == pytest.approx((2.0, 4.0, 8.0))


def test_a_line_is_drawn_over_what_it_was_fitted_on() -> None:
    line = Line(1.0, 0.0, 50, 90, 20, 0.9, "example")
    x, y = line_points(line)
    assert (x[0], x[-1], len(x)) == (0.5, 0.9, POINTS)
    assert y == pytest.approx(x)  # slope 1 and no intercept


def test_groups_and_classes_come_from_the_frame(frame: pd.DataFrame) -> None:
    c = frame[frame["role"] == "c"]
    own = [c.assign(metric=f"top1/{group}") for group in ("fog-2", "fog-1", "blur-1")]
    whole = pd.concat([frame, *own], ignore_index=True)
    assert groups(whole, "c") == groups(whole, "glyphs-c") == ("fog-2", "fog-1", "blur-1")
    assert groups(whole, "val") == ()
    two = pd.concat([whole, whole.assign(dataset="other-c")], ignore_index=True)
    assert groups(two, "c") == ()  # which of the two?
    assert groups(two, "glyphs-c") == ("fog-2", "fog-1", "blur-1")
    declared = registry.load().datasets["glyphs-val"].options["characters"]
    assert class_names(frame, "val") == declared
    assert class_names(frame.assign(characters=None), "val") == ""
    mixed = frame.assign(characters=frame["characters"].where(frame["scale"] == "1k", "other"))
    assert class_names(mixed, "val") == ""  # the set was declared in two ways
    assert class_names(two, "val") == ""


def test_facts_of_worlds_are_those_of_their_sets(frame: pd.DataFrame) -> None:
    """What a report takes from here is what is declared there."""
    known = registry.load()
    (train,) = [d for d in known.datasets.values() if (d.world, d.role) == ("glyphs", Role.TRAIN)]
    assert WORLDS["glyphs"].train_images == train.images
    assert WORLDS["glyphs"].mce_reference in known.models
    assert world("imagenet").train_images == 1_281_167
    heads = {
        d.classes for d in known.datasets.values() if d.world == "imagenet" and d.role == "val"
    }
    assert heads == {world("imagenet").ordered_classes}
    assert world("glyphs").ordered_classes == 0  # drawn labels are in the models' order
    assert world_of(frame) is WORLDS["glyphs"]
    both = pd.concat([frame, frame.assign(world="imagenet")])
    assert world_of(both).train_images is None
    assert world_of(frame.iloc[:0]).mce_reference is None
