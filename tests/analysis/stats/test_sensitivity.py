"""What a plan can see, against simulated tests."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from bench.analysis.stats.decision import ALPHA, clear, excludes
from bench.analysis.stats.sensitivity import Plan, by_discordance, sensitivity


def test_the_least_difference_is_found_as_often_as_was_asked() -> None:
    """Two models of that difference, drawn 2,000 times, and the mid-p test written out."""
    plan = Plan(images=2000, discordance=0.1, power=0.8)
    found = sensitivity(plan)
    gap = float(found["paired"] or math.nan) / 100
    rng = np.random.default_rng(0)
    n = rng.binomial(plan.images, plan.discordance, size=2000)
    b = rng.binomial(n, (plan.discordance + gap) / 2 / plan.discordance)
    few = np.minimum(b, n - b)
    p = 2 * stats.binom.cdf(few, n, 0.5) - stats.binom.pmf(few, n, 0.5)
    assert float(np.mean(p <= plan.alpha)) == pytest.approx(0.8, abs=0.03)
    assert found["paired_power"] == pytest.approx(0.8, abs=0.03)


def test_what_was_asked_stands_beside_the_answer() -> None:
    found = sensitivity(Plan(2000, 0.1, difference=1.0))
    assert (found["images"], found["discordance"], found["difference"]) == (2000, 0.1, 1.0)
    assert 0 < float(found["difference_power"] or 0) < 0.8
    assert float(found["images_needed"] or 0) > 2000
    assert "images_needed" not in sensitivity(Plan(2000, 0.1))


def test_rows_are_the_plan_at_other_shares_its_own_among_them() -> None:
    rows = by_discordance(Plan(2000, 0.03, difference=1.0), (0.1, 0.01))
    assert [row["discordant"] for row in rows] == pytest.approx([1, 3, 10])
    for row in rows:
        found = sensitivity(Plan(2000, row["discordant"] / 100))
        paired, unpaired = (float(found[k] or math.nan) for k in ("paired", "unpaired"))
        assert row["paired"] == paired
        assert row["finer"] == pytest.approx(unpaired / paired)
        assert row["paired_power"] == pytest.approx(100 * float(found["paired_power"] or 0))


def test_a_set_too_small_for_any_difference_has_no_factor() -> None:
    (row,) = by_discordance(Plan(20, 0.05), ())
    assert math.isinf(row["paired"])
    assert math.isnan(row["paired_power"])


def test_words_turn_at_the_size_of_the_test() -> None:
    assert clear([ALPHA, np.nextafter(ALPHA, 1), 0.0, math.nan]) == 2
    assert clear([]) == 0
    assert excludes(-2.0, -1.0)
    assert not excludes(-2.0, 0.0)
    assert excludes(1.1, 1.3, value=1.0)
    assert not excludes(0.9, 1.3, value=1.0)
