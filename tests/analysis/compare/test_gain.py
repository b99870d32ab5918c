"""What pretraining buys, by hand on a table of two sizes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from bench.analysis.compare.gain import pretraining_gain
from bench.analysis.stats.proportions import detectable_difference, mcnemar_midp, paired_interval
from bench.analysis.tables.axes import ROLES


def row(size: str, scale: str, val: float | None, **changes: Any) -> dict[str, Any]:
    known: dict[str, Any] = {"series": "net", "size": size, "scale": scale, "kind": "convnet"}
    known |= {"model": f"net_{size}.{scale}", "gmacs": 2.0, "resolution": 224.0, "crop_pct": 0.875}
    known |= {"interpolation": "bicubic", "pretrain_images": 14_000_000 if scale == "22k" else 0}
    for role in ROLES:
        known |= {role: math.nan, f"{role}_n": math.nan}
    return known | {"val": val, "val_n": 1000} | changes


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(rows)


def test_unpaired_numbers() -> None:
    small = row("s", "22k", 72.0, r=41.0, r_n=500, gmacs=2.5)
    base = row("s", "1k", 70.0, r=30.0, r_n=400)
    found = pretraining_gain(table(base, small), target_images=1_281_167)
    assert found[["family", "kind", "size", "role"]].values.tolist() == [
        ["net", "convnet", "s", "val"],
        ["net", "convnet", "s", "r"],
    ]
    val, r = found.to_dict("records")
    assert (val["gmacs"], val["scratch"], val["pretrained"]) == (2.5, 70.0, 72.0)
    assert (val["gain"], r["gain"]) == (pytest.approx(2.0), pytest.approx(11.0))
    low, high = confint_proportions_2indep(205, 500, 120, 400, method="newcomb")
    assert (r["gain_low"], r["gain_high"]) == pytest.approx((100 * low, 100 * high))
    assert (val["n"], r["n"]) == (1000, 400)
    assert not val["paired"]
    assert all(math.isnan(val[name]) for name in ("p", "p_holm", "detectable"))
    more = math.log(14_000_000 / 1_281_167)
    assert val["slope"] == pytest.approx(math.log(28 / 30) / more)
    assert r["slope_low"] == pytest.approx(math.log((70 - r["gain_high"]) / 70) / more)
    assert r["slope_high"] == pytest.approx(math.log((70 - r["gain_low"]) / 70) / more)
    assert val["matched"]


def test_paired_numbers() -> None:
    new = np.r_[np.ones(80), np.zeros(20)].astype(bool)
    old = np.r_[np.zeros(10), np.ones(66), np.zeros(22), np.ones(2)].astype(bool)
    correct = {("net_s.22k", "val"): new, ("net_s.1k", "val"): old}
    rows = table(row("s", "1k", 68.0), row("s", "22k", 80.0))
    (found,) = pretraining_gain(rows, correct).to_dict("records")
    interval = paired_interval(14, 2, 100).scaled(100)
    assert (found["gain"], found["gain_low"]) == pytest.approx((12.0, interval.low))
    assert found["gain_high"] == pytest.approx(interval.high)
    assert found["p"] == found["p_holm"] == pytest.approx(mcnemar_midp(14, 2))
    assert found["detectable"] == pytest.approx(100 * detectable_difference(100, 0.16))
    assert (found["paired"], found["n"]) == (True, 100)
    for some in ({("net_s.22k", "val"): new}, {("net_s.1k", "val"): old}):
        assert not pretraining_gain(rows, some)["paired"].item()


def test_holm_is_over_all_rows_that_were_tested() -> None:
    rng = np.random.default_rng(0)
    correct = {}
    for size in "sm":
        easy = rng.random(400)
        for scale, skill in (("1k", 0.6), ("22k", 0.66)):
            correct[f"net_{size}.{scale}", "val"] = easy + 0.2 * rng.random(400) < skill
    rows = table(*(row(s, c, 60.0) for s in "sml" for c in ("1k", "22k")))
    found = pretraining_gain(rows, correct)
    p = found["p"].to_numpy()
    assert np.isnan(p[2])
    ordered = sorted(p[:2])
    expected = {ordered[0]: min(1, 2 * ordered[0])}
    expected[ordered[1]] = max(expected[ordered[0]], ordered[1])
    assert found["p_holm"].tolist()[:2] == pytest.approx([expected[v] for v in p[:2]])


@pytest.mark.parametrize(
    ("changed", "alike"),
    [
        ({}, True),
        ({"resolution": 288.0}, False),
        ({"crop_pct": 1.0}, False),
        ({"interpolation": "bilinear"}, False),
        ({"crop_pct": math.nan}, False),
    ],
)
def test_images_prepared_otherwise_are_said(changed: dict[str, Any], alike: bool) -> None:
    found = pretraining_gain(table(row("s", "1k", 70.0), row("s", "22k", 72.0, **changed)))
    assert found["matched"].item() is alike


def test_two_unknown_preparations_are_alike() -> None:
    unknown = {"crop_pct": math.nan, "interpolation": None}
    rows = table(row("s", "1k", 70.0, **unknown), row("s", "22k", 72.0, **unknown))
    assert pretraining_gain(rows)["matched"].item()


def test_pairs_that_are_none_are_left_out() -> None:
    columns = pretraining_gain(table(row("s", "1k", 70.0))).columns.tolist()
    assert columns[:4] == ["family", "kind", "size", "role"]
    for rows in (
        [row("s", "1k", 70.0)],
        [row("s", "1k", 70.0), row("m", "22k", 72.0)],
        [row("s", "1k", None), row("s", "22k", 72.0)],
        [row("s", "1k", 70.0), row("s", "22k", None)],
        [row("s", "1k", 70.0), row("s", "22k", 72.0), row("s", "22k", 73.0)],
    ):
        assert pretraining_gain(table(*rows)).empty


def test_without_images_there_is_no_interval_and_without_data_no_slope() -> None:
    for n in (math.nan, 0):
        rows = table(row("s", "1k", 70.0, val_n=n), row("s", "22k", 72.0))
        (found,) = pretraining_gain(rows, target_images=1000).to_dict("records")
        assert found["gain"] == pytest.approx(2.0)
        assert all(math.isnan(found[name]) for name in ("gain_low", "gain_high", "n", "slope_low"))
        assert found["slope"] < 0
    one = table(row("s", "1k", 70.0, val_n=1), row("s", "22k", 72.0, val_n=1))
    assert pretraining_gain(one)["n"].item() == 1
    for images, scratch in ((None, 70.0), (14_000_000, 70.0), (1000, 100.0)):
        rows = table(row("s", "1k", scratch), row("s", "22k", 72.0))
        assert math.isnan(pretraining_gain(rows, target_images=images)["slope"].item())
    perfect = table(row("s", "1k", 70.0), row("s", "22k", 100.0))
    assert math.isnan(pretraining_gain(perfect, target_images=1000)["slope"].item())
