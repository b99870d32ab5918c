"""Rows of fits are what the law, the largest held out and the sizes dropped say, in their unit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.analysis.scaling import drop_one, fit, fit_families, leave_largest_out
from bench.analysis.scaling.groups import fit_groups, summary
from bench.analysis.scaling.laws import fits, images_of
from bench.analysis.tables.observations import observations
from tests.worked import NINE, PAPER, ends


def expected(x: np.ndarray, y: np.ndarray, factor: float, images: int | None) -> dict[str, float]:
    """Columns that the two ways to a table share, by name."""
    law, out = fit(x, y, images=images), leave_largest_out(x, y, images=images)
    top, middle = float(x.max()), math.sqrt(x.min() * x.max())
    intervals = {
        "top": law.predict(top).scaled(factor),
        "at_2x": law.predict(2 * top).scaled(factor),
        "at_4x": law.predict(4 * top).scaled(factor),
        "elasticity": law.elasticity(middle),
        "elasticity_top": law.elasticity(top),
        "exponent": law.exponent(),
        "floor": law.floor().scaled(factor),
        "held_out": out.predicted.scaled(factor),
    }
    found = {}
    for name, interval in intervals.items():
        value, low, high = ends(interval)
        found |= {name: value, f"{name}_low": low, f"{name}_high": high}
    found |= {"held_out_actual": factor * out.actual, "held_out_miss": factor * out.miss}
    found |= {"held_out_ratio": out.ratio, "x_top": top, "decades": law.decades}
    dropped = drop_one(x, y, images=images)
    return found | {"drop_one_low": dropped.low, "drop_one_high": dropped.high}


def test_a_summary() -> None:
    table = pd.DataFrame({"x": NINE.x, "y": NINE.y, "g": "net"})
    table.loc[9] = [5.0, np.nan, "net"]
    (group,) = fit_groups(observations(table, "x", "y", ["g"]), images=2000)
    assert (group.top, group.middle) == (100.0, pytest.approx(10.0))
    (row,) = summary((group,), 100.0).to_dict("records")
    assert {k: row[k] for k in expected(*NINE, 100.0, 2000)} == pytest.approx(
        expected(*NINE, 100.0, 2000)
    )
    assert (row["group"], row["points"], row["missing"], row["sizes"]) == ("net", 9, 1, 9)
    assert (row["form"], row["reason"], row["notes"]) == ("median of M2, M3, M4", "", "")
    assert (row["used"], row["identified"], row["held_out_x"]) == (9, group.law.identified, 100.0)
    assert row["held_out_reason"] == ""


def test_a_group_without_a_law() -> None:
    table = pd.DataFrame({"x": [1.0, 2.0], "y": [0.4, 0.3], "g": "net"})
    (row,) = summary(fit_groups(observations(table, "x", "y", ["g"])), 100.0).to_dict("records")
    assert row["reason"] == row["held_out_reason"] == "2 sizes; a fit needs 3"
    assert all(math.isnan(row[name]) for name in ("top", "floor", "drop_one_low", "elasticity"))
    table = pd.DataFrame({"x": [np.nan, *PAPER.x], "y": [0.4, *PAPER.y], "g": [*"abbbbb"]})
    group, other = fit_groups(observations(table, "x", "y", ["g"]))
    assert other.law.refused is None
    assert math.isnan(group.top)
    assert math.isnan(group.middle)


@pytest.mark.parametrize(("n", "dropped"), [(16, True), (17, False)])
def test_of_many_sizes_none_is_dropped(n: int, dropped: bool) -> None:
    x = np.geomspace(1, 9, n)
    table = pd.DataFrame({"x": x, "y": 0.1 + 0.3 * x**-0.6, "g": "net"})
    (group,) = fit_groups(observations(table, "x", "y", ["g"]))
    assert math.isnan(group.drop_one.value) is not dropped


def scaling_rows() -> pd.DataFrame:
    rows: list[dict[str, Any]] = [
        {"series": "net", "kind": "convnet", "scale": scale, "gmacs": x, "val": 100 * (1 - y)}
        for scale, shift in (("1k", 0.0), ("22k", -0.02))
        for x, y in zip(PAPER.x, PAPER.y + shift, strict=True)
    ]
    return pd.DataFrame(rows).assign(val_n=[5000.0, *[2000.0] * 8, np.nan])


def test_fits_are_those_of_the_least_images() -> None:
    table = scaling_rows()
    assert images_of(table) == 2000
    found = fits(table)
    assert found.columns.tolist()[:4] == ["family", "kind", "scale", "x"]
    assert found[["family", "kind", "scale", "x"]].values.tolist() == [
        ["net", "convnet", "1k", "gmacs"],
        ["net", "convnet", "22k", "gmacs"],
    ]
    for row, shift in zip(found.to_dict("records"), (0.0, -0.02), strict=True):
        wanted = expected(PAPER.x, PAPER.y + shift, 100.0, 2000)
        assert {k: row[k] for k in wanted} == pytest.approx(wanted)
        assert row["x_mid"] == pytest.approx(math.sqrt(4.5 * 60.9))
        assert (row["n"], row["used"], row["missing"], row["images"]) == (5, 5, 0, 2000)
        assert (row["reason"], row["held_out_reason"], row["notes"]) == ("", "", "")


@pytest.mark.parametrize("counts", [[np.nan] * 10, [0.0] * 10])
def test_unknown_images_add_no_noise(counts: list[float]) -> None:
    table = scaling_rows().assign(val_n=counts)
    assert images_of(table) is None
    assert images_of(table.drop(columns="val_n")) is None
    assert images_of(table.assign(val_n=[1.0, *counts[1:]])) == (1 if np.isnan(counts[1]) else None)


def test_families_are_fitted_by_any_columns() -> None:
    table = scaling_rows().assign(error=lambda t: 1 - t["val"] / 100)
    table.loc[0, "gmacs"] = np.nan
    found = fit_families(table, by=("scale",), images=2000)
    assert found["scale"].tolist() == ["1k", "22k"]
    assert found["missing"].tolist() == [1, 0]
    wanted = expected(PAPER.x, PAPER.y - 0.02, 1.0, 2000)
    row = found.to_dict("records")[1]
    assert {k: row[k] for k in wanted} == pytest.approx(wanted)
    losses = fit_families(table.assign(error=table["error"] * 10), by=("scale",), ceiling=None)
    assert losses["reason"].tolist() == ["", ""]
    dropped = drop_one(PAPER.x, 10 * (PAPER.y - 0.02), ceiling=None)
    assert losses.loc[1, ["drop_one_low", "drop_one_high"]].tolist() == pytest.approx(
        [dropped.low, dropped.high]
    )
    held = leave_largest_out(PAPER.x, 10 * (PAPER.y - 0.02), ceiling=None)
    assert losses.loc[1, "held_out"] == pytest.approx(held.predicted.value)
    (impossible,) = fit_families(table.assign(error=0.0), by=("kind",)).to_dict("records")
    assert (impossible["n"], impossible["used"], impossible["missing"]) == (5, 0, 1)
    assert impossible["reason"] == "y must be > 0 on a log scale, got 0"
    assert math.isnan(impossible["x_top"])
    assert math.isnan(impossible["x_mid"])
