"""Rows of fits are what the law, the largest held out and the sizes dropped say, in their unit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.analysis.scaling import (
    ScalingFit,
    compare,
    fit,
    posterior,
    probability_lower,
    shared_law,
)
from bench.analysis.scaling.between import between, compare_kinds
from bench.analysis.scaling.equal_cost import at_equal_cost
from bench.analysis.scaling.groups import fit_group, fit_groups, summary
from bench.analysis.scaling.laws import fit_series, images_of
from bench.analysis.tables.axes import Quantity
from bench.analysis.tables.observations import observations
from tests.worked import NINE, OTHER, PAPER, ends


def expected(x: np.ndarray, y: np.ndarray, factor: float, images: int | None) -> dict[str, float]:
    """Columns that the two ways to a table share, from fits of this test's own."""
    law = fit(x, y, images=images)
    top, middle = float(x[-1]), math.sqrt(x[0] * x[-1])
    held = fit(x[:-1], y[:-1], images=images).predict(top, observed=True)
    miss = held.value - y[-1]
    arm = held.value - held.low if miss >= 0 else held.high - held.value
    intervals = {
        "top": law.predict(top).scaled(factor),
        "at_2x": law.predict(2 * top).scaled(factor),
        "at_4x": law.predict(4 * top).scaled(factor),
        "elasticity": law.elasticity(middle),
        "elasticity_top": law.elasticity(top),
        "exponent": law.exponent(),
        "floor": law.floor().scaled(factor),
        "held_out": held.scaled(factor),
    }
    found: dict[str, float] = {}
    for name, interval in intervals.items():
        value, low, high = ends(interval)
        found |= {name: value, f"{name}_low": low, f"{name}_high": high}
    found |= {"held_out_actual": factor * y[-1], "held_out_miss": factor * miss}
    found |= {"held_out_ratio": abs(miss) / arm, "x_top": top, "decades": math.log10(top / x[0])}
    every = [fit(np.delete(x, i), np.delete(y, i), images=images).slope(top) for i in range(x.size)]
    every.append(law.slope(top))
    return found | {"held_out_x": top, "drop_one_low": min(every), "drop_one_high": max(every)}


def test_a_summary() -> None:
    table = pd.DataFrame({"x": [*NINE.x, 5.0], "y": [*NINE.y, np.nan], "g": "net"})
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


def test_series_are_fitted_with_the_noise_of_the_least_images() -> None:
    table = scaling_rows()
    assert images_of(table) == 2000
    fitted = fit_series(table)
    found = fitted.table
    assert found[["family", "kind", "scale", "x"]].values.tolist() == [
        ["net", "convnet", "1k", "gmacs"],
        ["net", "convnet", "22k", "gmacs"],
    ]
    assert list(fitted.laws) == [("net", "1k"), ("net", "22k")]
    for row, shift in zip(found.to_dict("records"), (0.0, -0.02), strict=True):
        wanted = expected(PAPER.x, PAPER.y + shift, 100.0, 2000)
        assert {k: row[k] for k in wanted} == pytest.approx(wanted)
        assert (row["points"], row["sizes"], row["used"], row["missing"]) == (5, 5, 5, 0)
        assert (row["reason"], row["held_out_reason"], row["notes"]) == ("", "", "")


@pytest.mark.parametrize("counts", [[np.nan] * 10, [0.0] * 10])
def test_unknown_images_add_no_noise(counts: list[float]) -> None:
    table = scaling_rows().assign(val_n=counts)
    assert images_of(table) is None
    assert images_of(table.drop(columns="val_n")) is None
    assert images_of(table.assign(val_n=[1.0, *counts[1:]])) == (1 if np.isnan(counts[1]) else None)


def test_a_series_that_cannot_be_fitted_says_why() -> None:
    table = scaling_rows()
    table.loc[0, "gmacs"] = np.nan
    table.loc[9, "val"] = 100.0
    first, second = fit_series(table).table.to_dict("records")
    assert (first["points"], first["missing"], first["reason"]) == (4, 1, "")
    assert (second["sizes"], second["used"], second["missing"]) == (5, 0, 0)
    assert second["reason"] == second["held_out_reason"] == "y must be > 0 on a log scale, got 0"
    assert math.isnan(second["x_top"])
    for x, role in (("seconds", "val"), ("gmacs", "real")):
        with pytest.raises(ValueError, match=f"no column {x if x == 'seconds' else role}"):
            fit_series(table, x, role)
    assert fit_series(table[:0]).table.empty


def test_a_loss_has_no_ceiling_in_any_trial() -> None:
    loss = 10 * NINE.y
    group = fit_group("a", NINE.x, loss, ceiling=None)
    without = fit(NINE.x[:-1], loss[:-1], ceiling=None)
    assert ends(group.held_out.predicted) == ends(without.predict(100.0, observed=True))
    first = fit(NINE.x[1:], loss[1:], ceiling=None).slope(100.0)
    assert group.drop_one.low <= first <= group.drop_one.high
    observed = observations(
        pd.DataFrame({"x": NINE.x, "y": loss}), "x", "y", quantity=Quantity.LOSS
    )
    (same,) = fit_groups(observed)
    assert ends(same.held_out.predicted) == ends(group.held_out.predicted)


def two_series(shift: float = 1.0, scale: float = 1.0) -> dict[tuple[str, str], ScalingFit]:
    return {
        ("a", "1k"): fit(*NINE),
        ("b", "1k"): fit(OTHER.x * shift, OTHER.y * scale),
        ("c", "22k"): fit(*PAPER),
        ("d", "1k"): fit(PAPER.x[:2], PAPER.y[:2]),
    }


def test_errors_at_equal_cost() -> None:
    laws = two_series(1.3)
    found = at_equal_cost(laws, "1k")
    assert (found.cost, found.reason, found.best, found.level) == (100.0, None, "a", [])
    assert list(found.errors) == ["a", "b"]
    assert ends(found.errors["b"]) == ends(laws["b", "1k"].predict(100.0).scaled(100))
    assert at_equal_cost(two_series(0.5), "1k").cost == 50.0
    alike = at_equal_cost({("a", "1k"): fit(*NINE), ("b", "1k"): fit(NINE.x, NINE.y * 0.999)}, "1k")
    assert (alike.best, alike.level) == ("b", ["a"])


@pytest.mark.parametrize(
    ("scale", "shift", "why"),
    [
        ("22k", 1.0, "c is the only family with a fitted curve"),
        ("12k", 1.0, "no family has errors and cost"),
        ("1k", 101.0, "the families share no range of GMACs"),
    ],
)
def test_why_there_is_no_equal_cost(scale: str, shift: float, why: str) -> None:
    found = at_equal_cost(two_series(shift), scale)
    assert found.reason == why
    assert math.isnan(found.cost)
    if_touching = at_equal_cost(two_series(100.0), "1k")
    assert (if_touching.reason, if_touching.cost) == (None, 100.0)
    alone = {key: law for key, law in two_series().items() if key[0] in "ad"}
    assert at_equal_cost(alone, "1k").reason == (
        "d: 2 sizes; a fit needs 3, a is the only family with a fitted curve"
    )


def test_between_groups() -> None:
    laws = {name: law for (name, _), law in two_series().items()}
    found = between(laws)
    assert (found.fitted, dict(found.refused)) == (
        ("a", "b", "c"),
        {"d": "2 sizes; a fit needs 3"},
    )
    assert [c.names for c in found.pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert found.pairs[1] == compare(laws["a"], laws["c"], ("a", "c"))
    assert [t.f for t in found.tests] == [
        t.f for t in shared_law({name: (laws[name].x, laws[name].y) for name in "abc"})
    ]
    alone = between({"a": laws["a"], "d": laws["d"]})
    assert (alone.fitted, alone.tests, alone.pairs) == (("a",), (), ())
    assert len(between({str(i): laws["a"] for i in range(6)}).pairs) == 15
    assert not between({str(i): laws["a"] for i in range(7)}).pairs


def test_kinds() -> None:
    laws = {name: law for (name, _), law in two_series().items()}
    kinds = {"a": "convnet", "b": "convnet", "c": "transformer", "d": "transformer"}
    found = compare_kinds(laws, kinds, ("convnet", "transformer"))
    assert found is not None
    assert dict(found.sides) == {"convnet": ["a", "b"], "transformer": ["c"]}
    assert found.x == 60.9
    sides = ([posterior(*NINE), posterior(*OTHER)], [posterior(*PAPER)])
    assert found.lower == tuple(probability_lower(*sides, m * 60.9) for m in (1, 2, 4))
    assert compare_kinds(laws, {"a": "x", "c": "y"}, ("x", "y")) is None
    assert compare_kinds(laws, {"a": "x", "b": "x"}, ("x", "y")) is None


def test_series_keep_the_order_of_the_table() -> None:
    table = scaling_rows()
    turned = pd.concat([table[table["scale"] == "22k"], table[table["scale"] == "1k"]])
    assert list(fit_series(turned).groups) == [("net", "22k"), ("net", "1k")]
