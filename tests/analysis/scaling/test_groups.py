"""Rows of fits are what the law, the largest held out and the sizes dropped say, in their unit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.analysis.scaling import ScalingFit, fit
from bench.analysis.scaling.groups import fit_group, fit_groups, summary
from bench.analysis.scaling.laws import fit_series, images_of
from bench.analysis.tables.observations import observations
from tests.worked import NINE, PAPER, ends


def without(x: np.ndarray, y: np.ndarray, size: float, **options: Any) -> ScalingFit:
    return fit(x[x != size], y[x != size], **options)


def dropped(x: np.ndarray, y: np.ndarray, **options: Any) -> tuple[float, float]:
    """Range of the slope at the largest x, each size left out in turn or none."""
    laws = [fit(x, y, **options), *(without(x, y, size, **options) for size in x)]
    slopes = [law.slope(float(x.max())) for law in laws]
    return min(slopes), max(slopes)


def expected(x: np.ndarray, y: np.ndarray, factor: float, images: int | None) -> dict[str, float]:
    """Columns that the two ways to a table share, by name."""
    law, top, middle = fit(x, y, images=images), float(x.max()), math.sqrt(x.min() * x.max())
    held_out = without(x, y, top, images=images).predict(top, observed=True)
    actual = float(y[x == top].item())
    intervals = {
        "top": law.predict(top).scaled(factor),
        "at_2x": law.predict(2 * top).scaled(factor),
        "at_4x": law.predict(4 * top).scaled(factor),
        "elasticity": law.elasticity(middle),
        "elasticity_top": law.elasticity(top),
        "exponent": law.exponent(),
        "floor": law.floor().scaled(factor),
        "held_out": held_out.scaled(factor),
    }
    found: dict[str, float] = {}
    for name, interval in intervals.items():
        value, low, high = ends(interval)
        found |= {name: value, f"{name}_low": low, f"{name}_high": high}
    miss = held_out.value - actual
    arm = held_out.value - held_out.low if miss > 0 else held_out.high - held_out.value
    found |= {"held_out_actual": factor * actual, "held_out_miss": factor * miss}
    found |= {"held_out_ratio": abs(miss) / arm, "x_top": top, "decades": law.decades}
    low, high = dropped(x, y, images=images)
    return found | {"drop_one_low": low, "drop_one_high": high}


def test_a_summary() -> None:
    table = pd.DataFrame({"x": NINE.x, "y": NINE.y, "g": "net"})
    table = pd.concat([table, pd.DataFrame({"x": [5.0], "y": [np.nan], "g": ["net"]})])
    table = table.reset_index(drop=True)
    (group,) = fit_groups(observations(table, "x", "y", ["g"]), images=2000)
    assert group.top == 100.0
    assert group.middle == pytest.approx(10.0)
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


@pytest.mark.parametrize(("n", "known"), [(16, True), (17, False)])
def test_of_many_sizes_none_is_dropped(n: int, known: bool) -> None:
    x = np.geomspace(1, 9, n)
    table = pd.DataFrame({"x": x, "y": 0.1 + 0.3 * x**-0.6, "g": "net"})
    (group,) = fit_groups(observations(table, "x", "y", ["g"]))
    assert math.isnan(group.drop_one.value) is not known


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
    found = fit_series(table).table
    assert found.columns.tolist()[:4] == ["family", "kind", "scale", "x"]
    assert found[["family", "kind", "scale", "x"]].values.tolist() == [
        ["net", "convnet", "1k", "gmacs"],
        ["net", "convnet", "22k", "gmacs"],
    ]
    for row, shift in zip(found.to_dict("records"), (0.0, -0.02), strict=True):
        wanted = expected(PAPER.x, PAPER.y + shift, 100.0, 2000)
        assert {k: row[k] for k in wanted} == pytest.approx(wanted)
        assert (row["sizes"], row["used"], row["missing"]) == (5, 5, 0)
        assert (row["reason"], row["held_out_reason"], row["notes"]) == ("", "", "")


@pytest.mark.parametrize("counts", [[np.nan] * 10, [0.0] * 10])
def test_unknown_images_add_no_noise(counts: list[float]) -> None:
    table = scaling_rows().assign(val_n=counts)
    assert images_of(table) is None
    assert images_of(table.drop(columns="val_n")) is None
    assert images_of(table.assign(val_n=[1.0, *counts[1:]])) == (1 if np.isnan(counts[1]) else None)


def test_a_loss_has_trials_of_its_own() -> None:
    losses = 10 * (PAPER.y - 0.02)
    group = fit_group("net", PAPER.x, losses, ceiling=None)
    top = float(PAPER.x.max())
    held = without(PAPER.x, losses, top, ceiling=None).predict(top, observed=True)
    assert group.held_out.predicted.value == pytest.approx(held.value)
    assert (group.drop_one.low, group.drop_one.high) == pytest.approx(
        dropped(PAPER.x, losses, ceiling=None)
    )


def test_values_that_no_law_can_have_are_the_reason() -> None:
    table = scaling_rows().assign(val=100.0)
    table.loc[0, "gmacs"] = np.nan
    found = fit_series(table).table.to_dict("records")
    assert [row["missing"] for row in found] == [1, 0]
    for row, sizes in zip(found, (4, 5), strict=True):
        assert (row["sizes"], row["used"]) == (sizes, 0)
        assert row["reason"] == "y must be > 0 on a log scale, got 0"
        assert math.isnan(row["x_top"])
