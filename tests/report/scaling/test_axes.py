"""Every cost is an axis: columns, series and verdicts are those of an own calculation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench import registry
from bench.analysis.compare.gain import pretraining_gain
from bench.analysis.scaling import fit, groups
from bench.analysis.scaling.equal_cost import at_equal_cost
from bench.analysis.scaling.laws import fit_series
from bench.analysis.tables.axes import COSTS, CostAxis
from bench.analysis.tables.scaling import scaling_table
from bench.blocks import Table
from bench.report.scaling import axes
from reports import scaling
from tests import synthetic

IMAGES_SEEN = {"1k": 96_000, "22k": 192_000}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    made = synthetic.frame()
    made["images_seen"] = made["scale"].map(IMAGES_SEEN)
    return made


@pytest.fixture(scope="module")
def table(frame: pd.DataFrame) -> pd.DataFrame:
    return scaling_table(frame)


def at_other_size(frame: pd.DataFrame, resolution: int, cost: float) -> pd.DataFrame:
    """The same models at another resolution: a tag, cost and a little accuracy more."""
    other = frame.assign(resolution=resolution, model=frame["model"] + f"_{resolution}")
    other["job"] = other["job"] + f"@{resolution}"
    other.loc[other["metric"] == "gmacs", "value"] *= cost
    return other


def test_training_compute_is_three_forward_passes_of_each_image(table: pd.DataFrame) -> None:
    seen = table["scale"].map(IMAGES_SEEN)
    assert table["train_gmacs"].tolist() == pytest.approx((3 * table["gmacs"] * seen).tolist())


def test_training_compute_is_unknown_where_images_are(frame: pd.DataFrame) -> None:
    bare = scaling_table(frame.drop(columns="images_seen"))
    assert bare["train_gmacs"].isna().all()
    assert fit_series(bare, "train_gmacs").table["reason"].eq("0 sizes; a fit needs 3").all()


def test_a_law_over_a_multiple_of_a_cost_says_the_same(table: pd.DataFrame) -> None:
    """From scratch all models saw as many images, so the axis is GMACs times a constant."""
    scratch = table[table["scale"] == "1k"]
    plain, training = (fit_series(scratch, x).table for x in ("gmacs", "train_gmacs"))
    assert training["x"].eq("train_gmacs").all()
    for column in ("top", "at_2x", "elasticity_top", "floor"):
        assert training[column].tolist() == pytest.approx(plain[column].tolist(), rel=0.02)


def test_resolutions_are_series_of_their_own(frame: pd.DataFrame) -> None:
    both = scaling_table(pd.concat([frame, at_other_size(frame, 48, 2.25)], ignore_index=True))
    vit = both[both["family"] == "vit"]
    assert sorted(set(vit["series"])) == ["vit@32", "vit@48"]
    small, large = (vit[vit["resolution"] == pixels] for pixels in (32, 48))
    assert large["gmacs"].tolist() == pytest.approx((2.25 * small["gmacs"]).tolist())
    assert set(fit_series(both).table["family"]) >= {"vit@32", "vit@48"}
    gained = pretraining_gain(both)
    assert set(gained["family"]) == {f"{f}@{p}" for f in synthetic.FAMILIES for p in (32, 48)}


def test_recipes_are_series_of_their_own(frame: pd.DataFrame) -> None:
    swin = frame[(frame["family"] == "swin") & (frame["scale"] == "1k")]
    other = swin.assign(model=swin["model"].str.replace(".g1k", ".ra_g1k"), job=swin["job"] + "b")
    made = scaling_table(pd.concat([frame, other], ignore_index=True))
    names = set(made.loc[(made["family"] == "swin") & (made["scale"] == "1k"), "series"])
    assert names == {"swin g1k", "swin ra_g1k"}
    assert set(made.loc[made["family"] == "vit", "series"]) == {"vit"}


def test_every_axis_with_numbers_has_its_verdict(table: pd.DataFrame) -> None:
    own = fit_series(table).laws
    (shown,) = axes.across(table, CostAxis.GMACS, own)
    assert isinstance(shown, Table)
    measured = {COSTS[a].name for a in CostAxis if table[COSTS[a].column].notna().any()}
    assert {row["axis"] for row in shown.rows} == measured
    assert {"GMACs", "params", "training GMACs"} <= measured
    for axis in (CostAxis.GMACS, CostAxis.PARAMS):
        (row,) = (
            r for r in shown.rows if r["axis"] == COSTS[axis].name and "alone" in str(r["scale"])
        )
        compared = at_equal_cost(fit_series(table, COSTS[axis].column).laws, "1k", axis)
        assert compared.errors
        assert {n: row[n] for n in compared.errors} == {
            n: e.value for n, e in compared.errors.items()
        }
        assert str(row["verdict"]).startswith(next(iter(compared.errors)))


def test_one_series_is_compared_with_nothing(table: pd.DataFrame) -> None:
    alone = table[table["family"] == "vit"]
    assert list(axes.across(alone, CostAxis.GMACS, fit_series(alone).laws)) == []


def test_the_slope_over_images_is_the_secant_between_the_two(table: pd.DataFrame) -> None:
    images = registry.load().datasets["glyphs-1k"].images
    gained = pretraining_gain(table, None, images)
    for row in gained[gained["role"] == "val"].to_dict("records"):
        errors = 100 - row["scratch"], 100 - row["pretrained"]
        secant = (np.log(errors[1]) - np.log(errors[0])) / (np.log(132_000) - np.log(images))
        assert row["slope"] == pytest.approx(secant)
        assert row["slope_low"] < row["slope"] < row["slope_high"]
    assert pretraining_gain(table)["slope"].isna().all()


def test_the_report_is_over_the_axis_asked_for(frame: pd.DataFrame) -> None:
    made = scaling.build(frame, {}, axis=CostAxis.PARAMS)
    found = {block.name: block for block in made.blocks if isinstance(block, Table)}
    assert found["fits"].caption == "Scaling fits, val error over params, with 90 % intervals"
    assert "at" in str(found["equal-cost"].columns[1].unit)
    assert "M params" in str(found["equal-cost"].columns[1].unit)
    assert not math.isnan(float(found["fits"].rows[0]["top"]))  # type: ignore[arg-type]


def test_a_report_fits_no_points_twice(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each series: its law over every axis, and over the axis asked for each size left out."""
    fitted: list[tuple[bytes, bytes]] = []

    def counted(x: np.ndarray, y: np.ndarray, **options: Any) -> Any:
        fitted.append((np.asarray(x).tobytes(), np.asarray(y).tobytes()))
        return fit(x, y, **options)

    monkeypatch.setattr(groups, "fit", counted)
    some = frame[frame["family"].isin(["vit", "swin"])]
    scaling.build(some, {}, axis=CostAxis.PARAMS)
    series, sizes = 2 * 2, len(synthetic.SIZES)
    table = scaling_table(some)
    axes_there = sum(table[COSTS[axis].column].notna().any() for axis in CostAxis)
    assert len(fitted) == series * (axes_there + sizes)
    assert len(set(fitted)) == len(fitted)
