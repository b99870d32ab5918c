"""Two models side by side: percent and points, what is equal, the ways between them."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.analysis.compare.gap import compare_confidence, compare_parts, compare_sets
from bench.analysis.compare.two_models import (
    changed_under_shift,
    class_labels,
    confidence_in_points,
    gap_in_points,
    group_labels,
    parts_in_points,
    sets_in_points,
    side_by_side,
    steps,
)

COSTS = pd.DataFrame(
    {
        "model": ["a_s.one", "a_s.two", "b_s.one", "b_s.two", "c_s.one"],
        "architecture": ["a_s", "a_s", "b_s", "b_s", "c_s"],
        "family": ["a", "a", "b", "b", "c"],
        "trained_on": ["one", "two", "one", "two", "one"],
        "gmacs": [4.0, 4.0, 4.2, 4.2, 9.0],
        "params": [10.0, 10.0, math.nan, math.nan, 3.0],
        "latency": [1.0, 1.0, 2.0, 2.0, 3.0],
        "device": ["gpu", "gpu", "gpu", "gpu", "cpu"],
        "disturbed": [0.0, 0.0, 8.0, 8.0, 0.0],
    }
)
COLUMNS = ("family", "trained_on", "gmacs", "params", "activations", "latency", "device")


def answers(right: list[int], sure: float = 0.5) -> Any:
    hit = np.array(right, dtype=bool)
    target = np.arange(len(hit)) % 3
    return SimpleNamespace(
        target=target,
        prediction=np.where(hit, target, target + 1),
        rank=np.where(hit, 0, 1),
        confidence=np.full(len(hit), sure),
        target_logp=np.log(np.where(hit, sure, 0.1)),
    )


ONE, TWO = answers([1] * 18 + [0] * 12), answers([1] * 9 + [0] * 18 + [1] * 3, 0.8)


def test_a_gap_is_in_points_and_the_rest_of_a_set_in_percent() -> None:
    (row,) = sets_in_points({"val": (ONE, TWO)}).to_dict("records")
    assert (row["first"], row["second"]) == pytest.approx((60.0, 40.0))
    assert row["gap"] == pytest.approx(20.0)
    assert row["discordance"] == pytest.approx(100 * 12 / 30)
    assert row["same_answer"] == pytest.approx(100 * 18 / 30)
    raw = compare_sets({"val": (ONE, TWO)}).iloc[0]
    for name in ("gap_low", "gap_high", "detectable"):
        assert row[name] == pytest.approx(100 * raw[name])
    for name in ("p", "kappa", "ratio", "n", "only_first"):
        assert row[name] == raw[name]
    alone = gap_in_points(ONE, TWO)
    assert all(alone[name] == pytest.approx(row[name]) for name in ("gap", "gap_low", "p"))


def test_losses_stay_as_they_are() -> None:
    (row,) = confidence_in_points({"val": (ONE, TWO)}).to_dict("records")
    raw = compare_confidence({"val": (ONE, TWO)}).iloc[0]
    assert row["confidence_second"] == pytest.approx(80.0)
    assert row["over_first"] == pytest.approx(-10.0)
    assert row["over_gap"] == pytest.approx(100 * raw["over_gap"])
    assert row["nll_gap"] == raw["nll_gap"]


def test_parts_are_in_points_too() -> None:
    labels = ["x", "y"] * 15
    found = parts_in_points(ONE, TWO, labels)
    raw = compare_parts(ONE.rank == 0, TWO.rank == 0, labels)
    assert found["gap"].tolist() == pytest.approx((100 * raw["gap"]).tolist())
    assert found["p"].tolist() == raw["p"].tolist()


def test_only_a_widening_clear_of_zero_is_a_change() -> None:
    sets = pd.DataFrame(
        {
            "role": ["val", "r", "a", "v2", "c"],
            "widening_low": [math.nan, 0.5, -3.0, -0.5, math.nan],
            "widening_high": [math.nan, 2.0, -1.0, 0.5, math.nan],
        }
    )
    clear, tested = changed_under_shift(sets)
    assert (clear["role"].tolist(), tested) == (["r", "a"], 3)
    nothing, none = changed_under_shift(sets.iloc[:1])
    assert (len(nothing), none) == (0, 0)


def test_what_stands_side_by_side() -> None:
    found = {r["column"]: r for r in side_by_side(COSTS, ("a_s.one", "b_s.two"), COLUMNS)}
    assert list(found) == ["family", "trained_on", "gmacs", "params", "latency"]
    assert found["gmacs"]["ratio"] == pytest.approx(4.0 / 4.2)
    equal = {name: row["equal"] for name, row in found.items()}
    assert equal == {
        "family": "no",
        "trained_on": "no",
        "gmacs": "within 10 %",
        "params": "no",
        "latency": "no",
    }
    assert found["params"]["ratio"] is None
    assert found["latency"]["disturbed"] == (0.0, 8.0)
    assert found["gmacs"]["disturbed"] == (None, None)
    assert found["family"]["ratio"] is None


def test_speeds_of_two_devices_do_not_stand_side_by_side() -> None:
    found = [r["column"] for r in side_by_side(COSTS, ("a_s.one", "c_s.one"), COLUMNS)]
    assert "latency" not in found
    assert found[-1] == "device"


def test_steps_change_one_thing_at_a_time() -> None:
    found = list(steps(COSTS, ("a_s.two", "b_s.one")))
    assert found == [
        ("architecture", "a_s.two", "b_s.two"),
        ("pretraining", "b_s.two", "b_s.one"),
        ("pretraining", "a_s.two", "a_s.one"),
        ("architecture", "a_s.one", "b_s.one"),
    ]
    assert list(steps(COSTS, ("a_s.one", "b_s.one"))) == []  # one pretraining already
    assert list(steps(COSTS, ("a_s.one", "a_s.two"))) == []


def test_labels_of_classes_and_groups() -> None:
    assert class_labels("AB", SimpleNamespace(target=np.array([1, 0, 2]))) == ["B", "A", "2"]
    groups = ("fog-1", "fog-2", "motion_blur-1", "plain")
    assert group_labels(groups, [0, 1, 2, 3]) == ["fog", "fog", "motion_blur", "plain"]
    assert group_labels(groups, range(4, 6)) == ["fog", "fog"]
