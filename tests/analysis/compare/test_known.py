"""Measured beside published: what agrees, what is off, and the cause that the evidence fits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from bench.analysis.compare.known import beside
from bench.published import figures

CONVNEXT = "convnext_tiny.fb_in1k"
VIT = "vit_base_patch16_224.augreg_in21k_ft_in1k"
KNOWN = figures.frame({CONVNEXT, VIT})


def measured(model: str = CONVNEXT, resolution: int = 224, **changes: float) -> pd.DataFrame:
    """What a run finds that reproduces every figure but those changed, ``role=points``."""
    frame = KNOWN[(KNOWN["model"] == model) & (KNOWN["resolution"] == resolution)].copy()
    frame["source"] = "measured"
    for name, value in changes.items():
        where = (frame["role"] == name) & (frame["metric"] == "top1") | (frame["metric"] == name)
        assert where.sum() == 1
        frame.loc[where, ["value", "low", "high"]] += value
    return frame


def row(found: pd.DataFrame, name: str) -> Any:
    chosen = (found["role"] == name) & (found["metric"] == "top1") | (found["metric"] == name)
    (only,) = found[chosen].to_dict("records")
    return only


def test_a_run_that_reproduces_everything_agrees_everywhere() -> None:
    found = beside(measured(), KNOWN)
    assert set(found["verdict"]) == {"agrees"}
    assert (found["diagnosis"] == "").all()
    assert found["difference"].abs().max() == 0
    assert len(found) == 11  # 9 accuracies, params, GMACs


def test_only_the_same_resolution_is_compared() -> None:
    other = measured().assign(resolution=256).astype({"resolution": "Int64"})
    assert beside(other, KNOWN).empty
    assert set(beside(measured(resolution=288), KNOWN)["crop_pct"].dropna()) == {1.0}
    assert beside(measured().head(0), KNOWN).empty


@pytest.mark.parametrize(
    ("model", "changes", "what", "said"),
    [
        (CONVNEXT, {"val": -81.97}, "val", "chance level: the order of the classes"),
        (CONVNEXT, {"v2": -70.8}, "v2", "chance level"),
        (CONVNEXT, {"val": -0.4}, "val", "crop, interpolation or decoder"),
        (CONVNEXT, {"val": -8}, "val", "unexplained"),
        (CONVNEXT, {"val": +0.4}, "val", "unexplained"),
        (VIT, {"val": -0.4}, "val", "crop, interpolation or decoder"),
        (VIT, {"val": -4}, "val", "mean and std are 0.5"),
        (VIT, {"val": -20}, "val", "unexplained"),
        (CONVNEXT, {"a": -23.5}, "a", "not restricted to the set's 200 classes"),
        (CONVNEXT, {"r": -12}, "r", "not restricted to the set's 200 classes"),
        (CONVNEXT, {"r": -1}, "r", "unexplained"),
        (CONVNEXT, {"a": -23.5, "val": -0.4}, "a", "val is off too"),
        (CONVNEXT, {"sketch": -0.5, "val": -0.4}, "sketch", "val is off too"),
        (CONVNEXT, {"top5": -1}, "top5", "unexplained"),
        (CONVNEXT, {"v2": +8}, "v2", "another selection of V2"),
        (CONVNEXT, {"params": -0.77}, "params", "another architecture, or a head"),
        (CONVNEXT, {"gmacs": +2.9}, "gmacs", "params agree: another resolution"),
        (VIT, {"gmacs": -0.71}, "gmacs", "attention not counted"),
        (CONVNEXT, {"gmacs": +4, "params": +20}, "gmacs", "another architecture or resolution"),
    ],
)
def test_a_cause_is_named_where_the_evidence_fits(
    model: str, changes: dict[str, float], what: str, said: str
) -> None:
    found = beside(measured(model, 224, **changes), KNOWN)
    mine = row(found, what)
    assert mine["verdict"] == "off"
    assert said in mine["diagnosis"]
    off = {r["role"] if r["metric"] == "top1" else r["metric"] for r in found.to_dict("records")
           if r["verdict"] == "off"}  # fmt: skip
    assert off == set(changes)  # nothing else is blamed


def test_without_val_nothing_is_said_of_a_subset() -> None:
    frame = measured(a=-20)
    found = beside(frame[frame["role"] != "val"], KNOWN)
    assert row(found, "a")["diagnosis"] == "unexplained: top-1 on val was not measured"


def test_another_crop_is_unmatched_and_named() -> None:
    found = beside(measured(val=-0.3).assign(crop_pct=0.95), KNOWN)
    mine = row(found, "val")
    assert mine["verdict"] == "unmatched"
    assert mine["diagnosis"] == "prepared otherwise: crop 0.95 bicubic, published 0.875 bicubic"
    assert row(found, "gmacs")["verdict"] == "agrees"  # cost knows no crop


def test_small_differences_are_rounding() -> None:
    """50 000 images: 0.05 points are 25 images; 7 500: 0.2 points are 15."""
    found = beside(measured(val=-0.05, a=-0.2), KNOWN)
    assert set(found["verdict"]) == {"agrees"}
    assert row(beside(measured(val=-0.15), KNOWN), "val")["verdict"] == "off"


def test_a_part_of_a_set_is_judged_by_its_own_interval() -> None:
    frame = measured(val=-2.0).assign(limit=1000)
    frame["n"] = frame["n"].clip(upper=1000)
    mine = row(beside(frame, KNOWN), "val")
    low, high = proportion_confint(round(0.80066 * 1000), 1000, method="wilson")
    assert mine["verdict"] == "agrees"
    assert mine["difference"] == pytest.approx(-2.0)
    ends = [mine["difference_low"] + 82.066, mine["difference_high"] + 82.066]
    assert ends == pytest.approx([100 * low, 100 * high])
    far = measured(val=-6.0).assign(limit=1000)
    far["n"] = far["n"].clip(upper=1000)
    assert row(beside(far, KNOWN), "val")["verdict"] == "off"


def test_a_set_of_another_size_is_another_set() -> None:
    frame = measured(real=-3)
    frame.loc[frame["role"] == "real", "n"] = 50_000
    assert row(beside(frame, KNOWN), "real")["diagnosis"] == (
        "not the same images: 50,000 here, 46,837 published"
    )


def test_a_whole_set_comes_before_a_part_of_it() -> None:
    part = measured(val=-5).assign(limit=100, finished="2031-01-01")
    part["n"] = part["n"].clip(upper=100)
    both = pd.concat([measured(), part], ignore_index=True)
    found = beside(both, KNOWN)
    assert len(found) == 11
    assert row(found, "val")["difference"] == 0


def test_cost_is_known_for_weights_that_are_not() -> None:
    frame = measured().assign(model="convnext_tiny.mine")
    found = beside(frame, KNOWN)
    assert set(found["metric"]) == {"params", "gmacs"}
    assert set(found["verdict"]) == {"agrees"}


def test_two_decimals_of_a_small_network_are_rounded() -> None:
    small = figures.frame({"convnext_zepto_rms.ra4_e3600_r224_in1k"})
    own = small.assign(source="measured")
    own.loc[own["metric"] == "params", "value"] = 2.1551  # 0.23 % below 2.16
    own.loc[own["metric"] == "gmacs", "value"] = 0.288  # 4 % below 0.30
    assert set(beside(own, small)["verdict"]) == {"agrees"}


@given(
    value=st.floats(0, 100),
    n=st.integers(1, 60_000),
    crop=st.sampled_from([0.875, 1.0]),
    limit=st.sampled_from([None, 10]),
)
@settings(max_examples=60, deadline=None)
def test_any_number_gets_a_verdict(value: float, n: int, crop: float, limit: int | None) -> None:
    frame = measured().assign(crop_pct=crop, limit=limit, n=n).astype({"n": "Int64"})
    frame.loc[frame["metric"] == "top1", "value"] = value
    found = beside(frame, KNOWN)
    assert len(found) == 11
    explained = found["diagnosis"] != ""
    assert (explained == (found["verdict"] != "agrees")).all()
    assert np.isfinite(found[["difference", "difference_low", "difference_high"]]).all(axis=None)


@pytest.mark.parametrize(
    ("share", "said"), [(0.9, "unexplained"), (0.8999, "not restricted to the set's 200 classes")]
)
def test_a_mask_is_missed_below_nine_tenths(share: float, said: str) -> None:
    frame = measured()
    where = (frame["role"] == "r") & (frame["metric"] == "top1")
    frame.loc[where, "value"] *= share
    assert said in row(beside(frame, KNOWN), "r")["diagnosis"]
