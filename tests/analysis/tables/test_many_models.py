"""Small tables of many models, by hand."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from bench.analysis.robustness.effective import Line, NoLine
from bench.analysis.tables.drawn import errors, shifted_points
from bench.analysis.tables.image_sets import class_names, groups
from bench.analysis.tables.series import recipe, series
from bench.analysis.tables.summaries import by_family, gain_range
from bench.analysis.worlds import world, world_of

LINE = Line(1.1, -1.0, 50.0, 90.0, 3, 0.8, "these")


def test_robustness_by_family() -> None:
    table = pd.DataFrame(
        {
            "family": ["vit", "swin", "vit"],
            "r": [40.0, 50.0, 44.0],
            "drop_r": [40.0, 30.0, 38.0],
            "er_r": [1.0, -2.0, 4.0],
            "a": [math.nan, 9.0, math.nan],
            "drop_a": [math.nan, 60.0, math.nan],
            "er_a": math.nan,
            "v2": math.nan,
            "drop_v2": math.nan,
            "er_v2": math.nan,
        }
    )
    lines: dict[str, Line | NoLine] = {
        "r": LINE,
        "a": NoLine(1, "1 model; a line needs 4"),
        "v2": LINE,
    }
    assert list(by_family(table, lines)) == [
        {
            "role": "r",
            "drop": 36.0,
            "slope": 1.1,
            "r2": 0.8,
            "n": 3,
            "vit": 2.5,
            "vit_low": 1.0,
            "vit_high": 4.0,
            "swin": -2.0,
            "swin_low": -2.0,
            "swin_high": -2.0,
        },
        {"role": "a", "drop": 60.0, "n": 1, "remark": "1 model; a line needs 4"},
    ]


def gains(*rows: tuple[str, float, float, float | None, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["role", "gain", "gain_low", "p_holm", "detectable"])


def test_gains_from_least_to_most() -> None:
    frame = gains(
        ("val", 3.0, 0.0, 0.05, 1.0),
        ("val", 1.0, 0.1, 0.2, 3.0),
        ("val", 2.0, -0.1, None, 9.0),
        ("r", 9.0, 8.0, 0.01, 2.5),
    )
    found = gain_range(frame)
    assert found is not None
    assert (found.least["gain"], found.most["gain"], found.clear, found.pairs) == (1.0, 3.0, 1, 3)
    assert gain_range(frame[frame["role"] == "r"]) is None


def test_points_to_draw() -> None:
    table = pd.DataFrame({"model": [*"ab"], "family": "vit", "scale": "1k", "val": [80.0, 70.0]})
    table = table.assign(val_low=[78.0, 69.0], val_high=[81.0, 74.0])
    for role, less in (("r", 40.0), ("v2", 10.0)):
        table[role], table[f"twin_{role}"] = table["val"] - less, table["val"] + 1
        table[f"{role}_low"], table[f"{role}_high"] = table[role] - 2, table[role] + 3
    drawn = errors(table)
    assert drawn[["error", "low", "high"]].values.tolist() == [[20, 19, 22], [30, 26, 31]]
    assert errors(table, "r")[["error", "low", "high"]].values.tolist() == [
        [60, 57, 62],
        [70, 67, 72],
    ]
    points = shifted_points(table, ["r", "v2"])
    assert points[["model", "role"]].values.tolist() == [
        ["a", "r"],
        ["a", "v2"],
        ["b", "r"],
        ["b", "v2"],
    ]
    assert points[["twin", "shift", "low", "high"]].iloc[1].tolist() == pytest.approx(
        [0.81, 0.70, 0.68, 0.73]
    )
    assert shifted_points(table, []).empty


def image_rows(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["role", "dataset", "metric", "characters"])


def test_sets_that_a_frame_names() -> None:
    frame = image_rows(
        ("c", "glyphs-c", "top1", "abc"),
        ("c", "glyphs-c", "top1/fog-2", "abc"),
        ("c", "glyphs-c", "top1/a-classes", "abc"),
        ("c", "glyphs-c", "top1/fog-1", None),
        ("c", "glyphs-c", None, None),
        ("c", "glyphs-c", "top1/fog-2", None),
        ("r", "one", "top1/x", "ab"),
        ("r", "two", "top1/y", "cd"),
    )
    assert groups(frame, "c") == groups(frame, "glyphs-c") == ("fog-2", "fog-1")
    assert groups(frame, "r") == groups(frame, "nothing") == ()
    assert groups(frame, "one") == ("x",)
    assert class_names(frame, "c") == "abc"
    assert class_names(frame, "two") == "cd"
    assert class_names(frame, "r") == class_names(frame, "nothing") == ""


def test_a_series_is_one_recipe_at_one_resolution() -> None:
    rows = [
        ("vit", "1k", "vit_s.a_in1k", 224),
        ("vit", "1k", "vit_s.a_in1k_384", 384),
        ("vit", "1k", "vit_s.b_in1k_r384", 384),
        ("vit", "22k", "vit_s.a_in22k", 224),
        ("swin", "1k", "swin_s.ms", 224),
        ("swin", "22k", "swin_s.ms_22k", 224),
    ]
    table = pd.DataFrame(
        rows, columns=["family", "scale", "model", "resolution"], index=[*"uvwxyz"]
    )
    assert series(table).index.tolist() == [*"uvwxyz"]
    assert series(table).tolist() == [
        "vit@224",
        "vit@384 a_in1k",
        "vit@384 b_in1k",
        "vit@224",
        "swin",
        "swin",
    ]
    unknown = table.assign(resolution=[math.nan] * 6)
    assert series(unknown).tolist() == [
        "vit a_in1k",
        "vit a_in1k",
        "vit b_in1k",
        "vit",
        "swin",
        "swin",
    ]
    assert [recipe(n) for n in ("net", "net.a_22", "net.a_224", "net.a_r224", "net.a_2240")] == [
        *("", "a_22", "a", "a", "a_2240")
    ]


def test_worlds() -> None:
    assert world("imagenet").train_images == 1_281_167
    assert world("imagenet").ordered_classes == 1000
    assert world("glyphs").train_images == 12_800
    assert world("mine").ordered_classes == 0
    frame = pd.DataFrame({"world": ["glyphs", None, "glyphs"]})
    assert world_of(frame) is world("glyphs")
    assert world_of(pd.DataFrame({"world": ["glyphs", "imagenet"]})) is world("mine")
    assert world_of(frame.iloc[1:2]) is world("mine")


def test_no_model_has_no_series() -> None:
    nothing = pd.DataFrame({"family": [], "scale": [], "model": [], "resolution": []}, dtype="str")
    found = series(nothing.assign(resolution=pd.Series(dtype=float)))
    assert found.empty
    assert pd.api.types.is_string_dtype(found.dtype)
