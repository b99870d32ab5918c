"""Plans and words: what follows from a plan is what the formulas say, in points."""

from __future__ import annotations

import math

import pytest

from bench.analysis.stats.decision import clear, excludes
from bench.analysis.stats.power import images_needed, mcnemar_power, unpaired_difference
from bench.analysis.stats.proportions import detectable_difference
from bench.analysis.stats.sensitivity import Plan, by_discordance, sensitivity

PLAN = Plan(5000, 0.06, power=0.9, alpha=0.01, accuracy=70.0, difference=1.5)


def test_every_number_is_its_formulas() -> None:
    found = sensitivity(PLAN)
    paired = detectable_difference(5000, 0.06, 0.01, 0.9)
    assert found == {
        "images": 5000,
        "discordance": 0.06,
        "power": 0.9,
        "alpha": 0.01,
        "accuracy": 70.0,
        "difference": 1.5,
        "paired": pytest.approx(100 * paired),
        "paired_power": pytest.approx(mcnemar_power(5000, paired, 0.06, 0.01)),
        "unpaired": pytest.approx(100 * unpaired_difference(5000, 0.7, 0.01, 0.9)),
        "images_needed": images_needed(0.015, 0.06, 0.01, 0.9),
        "difference_power": pytest.approx(mcnemar_power(5000, 0.015, 0.06, 0.01)),
    }


def test_without_a_difference_nothing_is_said_of_one() -> None:
    found = sensitivity(Plan(5000, 0.06))
    assert "images_needed" not in found
    assert found["difference"] is None
    assert (found["power"], found["alpha"], found["accuracy"]) == (0.8, 0.05, 80.0)


def test_too_few_images_find_nothing() -> None:
    found = sensitivity(Plan(3, 0.5))
    assert found["paired"] == math.inf
    assert math.isnan(float(found["paired_power"] or 0))
    assert found["unpaired"] == math.inf


def test_other_shares_in_ascending_order() -> None:
    rows = by_discordance(PLAN, [0.2, 0.02, 0.06])
    assert [row["discordant"] for row in rows] == [2.0, 6.0, 20.0]
    for row in rows:
        share = row["discordant"] / 100
        paired = detectable_difference(5000, share, 0.01, 0.9)
        assert row["paired"] == pytest.approx(100 * paired)
        assert row["paired_power"] == pytest.approx(100 * mcnemar_power(5000, paired, share, 0.01))
        unpaired = unpaired_difference(5000, 0.7, 0.01, 0.9)
        assert row["finer"] == pytest.approx(unpaired / paired)


def test_words() -> None:
    assert clear([0.05, 0.0501, math.nan, 0.0]) == 2
    assert clear([0.2, 0.3], alpha=0.2) == 1
    assert clear([]) == 0
    ends = ((0.0, 1.0, False), (1e-9, 1.0, True), (-1.0, 0.0, False), (-1.0, -1e-9, True))
    assert all(excludes(low, high) is apart for low, high, apart in ends)
    assert excludes(1.1, 1.2, 1.0)
    assert not excludes(0.9, 1.2, 1.0)
    assert not excludes(math.nan, math.nan)
