"""Proportions against scipy, statsmodels, brute force and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from bench.analysis.stats.intervals import wilson
from bench.analysis.stats.proportions import (
    detectable_difference,
    holm,
    mcnemar_midp,
    paired_difference,
    paired_interval,
    unpaired_interval,
)


@given(st.integers(1, 60_000), st.floats(0, 1), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_is_scipys(n: int, share: float, level: float) -> None:
    right = round(n * share)
    ours = wilson(right, n, level)
    theirs = stats.binomtest(right, n).proportion_ci(level, method="wilson")
    assert ours.low == pytest.approx(theirs.low, abs=1e-10)
    assert ours.high == pytest.approx(theirs.high, abs=1e-10)
    assert 0 <= ours.low <= ours.value <= ours.high <= 1


@given(st.integers(0, 300), st.integers(0, 300))
def test_midp_is_the_exact_test_less_its_point(b: int, c: int) -> None:
    exact = mcnemar(np.array([[5, b], [c, 7]]), exact=True).pvalue if b + c else 1.0
    point = stats.binom.pmf(min(b, c), b + c, 0.5)
    # statsmodels caps the exact p at 1, which bites only where b == c
    expected = 1.0 if b == c else exact - point
    assert mcnemar_midp(b, c) == pytest.approx(expected, abs=1e-12)


def constrained_score(b: int, c: int, n: int, delta: float) -> float:
    """Tango's statistic with the nuisance cell found by maximising the likelihood."""

    def minus_log_likelihood(q: float) -> float:
        cells = np.array([q + delta, q, 1 - 2 * q - delta])
        counts = np.array([b, c, n - b - c])
        return float(-np.sum(counts * np.log(np.maximum(cells, 1e-300))))

    best = optimize.minimize_scalar(
        minus_log_likelihood,
        bounds=(max(0.0, -delta), (1 - delta) / 2),
        method="bounded",
        options={"xatol": 1e-12},
    )
    return float((b - c - n * delta) / math.sqrt(n * (2 * best.x + delta - delta**2)))


@pytest.mark.parametrize(("b", "c", "n"), [(8, 2, 100), (3, 9, 40), (1, 1, 12), (130, 70, 5000)])
def test_paired_limits_are_where_the_score_test_turns(b: int, c: int, n: int) -> None:
    interval = paired_interval(b, c, n)
    z = stats.norm.ppf(0.975)
    assert constrained_score(b, c, n, interval.low) == pytest.approx(z, abs=1e-4)
    assert constrained_score(b, c, n, interval.high) == pytest.approx(-z, abs=1e-4)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_paired_interval_survives_any_table(b: int, c: int, rest: int) -> None:
    n = max(1, b + c + rest)
    interval, mirrored = paired_interval(b, c, n), paired_interval(c, b, n)
    assert -1 <= interval.low <= interval.value <= interval.high <= 1
    assert interval.low == pytest.approx(-mirrored.high, abs=1e-9)


def test_paired_interval_covers() -> None:
    rng = np.random.default_rng(0)
    pb, pc, n = 0.05, 0.03, 300
    draws = rng.multinomial(n, [pb, pc, 1 - pb - pc], size=1500)
    inside = [
        i.low <= pb - pc <= i.high
        for i in (paired_interval(int(b), int(c), n) for b, c, _ in draws)
    ]
    assert 0.935 <= np.mean(inside) <= 0.97


@given(st.integers(1, 500), st.integers(1, 500), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=50)
def test_unpaired_interval_is_statsmodels_newcombe(n1: int, n2: int, a: float, b: float) -> None:
    right1, right2 = round(n1 * a), round(n2 * b)
    ours = unpaired_interval(right1, n1, right2, n2)
    low, high = confint_proportions_2indep(right1, n1, right2, n2, method="newcomb")
    assert ours.low == pytest.approx(low, abs=1e-9)
    assert ours.high == pytest.approx(high, abs=1e-9)


@pytest.mark.parametrize(("n", "discordance"), [(10_000, 0.02), (1000, 0.1), (500, 0.3)])
def test_detectable_difference_has_the_power_it_names(n: int, discordance: float) -> None:
    difference = detectable_difference(n, discordance)
    rng = np.random.default_rng(1)
    pb, pc = (discordance + difference) / 2, (discordance - difference) / 2
    draws = rng.multinomial(n, [pb, pc, 1 - pb - pc], size=3000)
    power = np.mean([mcnemar_midp(int(b), int(c)) <= 0.05 for b, c, _ in draws])
    assert 0.77 <= power <= 0.85


def test_tiny_sets_detect_nothing() -> None:
    assert detectable_difference(2, 0.5) == math.inf
    assert detectable_difference(100, 0.001) == math.inf
    assert detectable_difference(50, 0.0) == math.inf


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
@settings(max_examples=15)  # statsmodels collects garbage on each call
def test_holm_is_statsmodels(p: list[float]) -> None:
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)


def test_holm_ignores_what_is_missing() -> None:
    adjusted = holm([0.01, math.nan, 0.04])
    assert adjusted[[0, 2]].tolist() == [0.02, 0.04]
    assert math.isnan(adjusted[1])
    assert holm([]).size == 0


def test_paired_difference_counts_images() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.random(1000) < 0.8, rng.random(1000) < 0.75
    d = paired_difference(first, second)
    assert d.difference.value == pytest.approx(first.mean() - second.mean())
    assert d.discordance == pytest.approx((first != second).mean())
    assert d.p == mcnemar_midp(d.only_first, d.only_second)


@pytest.mark.parametrize(
    "call",
    [
        lambda: wilson(3, 0),
        lambda: wilson(4, 3),
        lambda: wilson(1, 2, level=1.0),
        lambda: mcnemar_midp(-1, 2),
        lambda: paired_interval(3, 3, 5),
        lambda: paired_difference([], []),
        lambda: paired_difference([True], [True, False]),
        lambda: detectable_difference(0, 0.1),
        lambda: detectable_difference(10, 0.1, power=0.01),
    ],
)
def test_wrong_input_is_one_line(call: object) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        call()  # type: ignore[operator]
