"""Where formulas of proportions and ranks end: bounds, single images, equal models."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from bench.analysis.stats.intervals import Interval, wilson
from bench.analysis.stats.power import images_needed, mcnemar_power, unpaired_difference
from bench.analysis.stats.proportions import (
    detectable_difference,
    paired_difference,
    paired_interval,
)
from bench.analysis.stats.ranking import error_consistency, error_ratio, rank


def test_the_smallest_power_that_means_anything() -> None:
    """Half of alpha is what no difference gives; just above it a difference can be asked for."""
    for call in (
        lambda power: detectable_difference(1000, 0.1, 0.05, power),
        lambda power: images_needed(0.02, 0.1, 0.05, power),
        lambda power: unpaired_difference(1000, 0.5, 0.05, power),
    ):
        assert 0 < call(0.03) < math.inf
        for power in (0.025, 0.02, 1.0, 1.5):
            with pytest.raises(ValueError, match="alpha/2 < power < 1"):
                call(power)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1])
def test_a_size_is_between_nothing_and_everything(alpha: float) -> None:
    for call in (
        lambda: detectable_difference(1000, 0.1, alpha),
        lambda: mcnemar_power(100, 0.1, 0.2, alpha),
        lambda: images_needed(0.1, 0.2, alpha),
    ):
        with pytest.raises(ValueError, match="alpha"):
            call()


def test_one_image() -> None:
    assert wilson(1, 1).high == 1.0
    assert wilson(0, 1).low == 0.0
    assert wilson(1, 1).low == pytest.approx(1 / (1 + stats.norm.ppf(0.975) ** 2))
    assert paired_interval(1, 0, 1).high == 1.0
    assert paired_interval(0, 1, 1).low == -1.0
    assert mcnemar_power(1, 0.5, 1.0) == 0.0
    assert unpaired_difference(1, 0.5) == math.inf
    assert detectable_difference(1, 1.0) == math.inf


def test_a_discordance_of_all_images() -> None:
    assert images_needed(1.0, 1.0) == 4  # (1.96 + 0)**2, rounded up
    found = detectable_difference(100, 1.0)
    za, zb = stats.norm.isf(0.025), stats.norm.ppf(0.8)
    solved = za + zb * math.sqrt(1 - found**2)
    assert found * math.sqrt(100) == pytest.approx(solved)
    with pytest.raises(ValueError, match=r"n >= 1 and discordance in 0\.\.1"):
        detectable_difference(100, 1.1)
    with pytest.raises(ValueError, match="n >= 1"):
        mcnemar_power(0, 0.1, 0.2)


def test_in_percent() -> None:
    assert Interval(0.1, -0.1, 0.3).scaled(100) == Interval(10.0, -10.0, 30.0)


def test_level_reaches_every_interval() -> None:
    x, y = np.arange(100) < 80, np.arange(100) < 70
    wide, narrow = (paired_difference(x, y, level).difference for level in (0.99, 0.5))
    assert (wide.low, wide.high) == (
        paired_interval(10, 0, 100, 0.99).low,
        paired_interval(10, 0, 100, 0.99).high,
    )
    assert wide.low < narrow.low < 0.1 < narrow.high < wide.high
    with pytest.raises(ValueError, match="level"):
        wilson(1, 2, level=0.0)


def test_equal_accuracies_share_the_better_place() -> None:
    a = np.r_[np.ones(60), np.zeros(40)]
    b = np.r_[np.zeros(40), np.ones(60)]
    places = rank([a, b, np.ones(100), np.zeros(100)])
    assert places.rank.tolist() == [2, 2, 1, 4]
    assert places.best.tolist() == [2, 2, 1, 4]
    assert places.worst.tolist() == [3, 3, 1, 4]
    assert np.diag(places.p).tolist() == [1.0] * 4
    assert places.tied(0, 1)
    assert not places.tied(0, 2)


def test_a_stricter_size_ties_more() -> None:
    first, second = np.r_[np.ones(60), np.zeros(40)], np.r_[np.ones(54), np.zeros(46)]
    assert rank([first, second]).best.tolist() == [1, 2]  # 6 to 0: p = 0.0156
    assert rank([first, second], alpha=0.01).best.tolist() == [1, 1]
    assert rank([first, second], alpha=0.01).worst.tolist() == [2, 2]


def test_kappa_at_its_ends() -> None:
    x = np.array([1, 1, 0, 0], dtype=bool)
    assert error_consistency(x, x) == 1.0
    assert error_consistency(x, ~x) == -1.0
    assert math.isnan(error_consistency([1, 1], [1, 1]))
    assert error_consistency([1, 1], [0, 0]) == 0.0


def test_an_error_ratio_by_hand() -> None:
    """3 and 5 errors of 10, 2 of them shared: quantiles of the same draws, by sorting."""
    first = np.r_[np.zeros(3), np.ones(7)].astype(bool)
    second = np.r_[1, np.zeros(5), np.ones(4)].astype(bool)
    found = error_ratio(first, second, level=0.9, draws=999, seed=4)
    cells = np.array([2, 1, 3, 4]) / 10
    drawn = np.random.default_rng(4).multinomial(10, cells, size=999)
    top, bottom = drawn[:, 0] + drawn[:, 1], drawn[:, 0] + drawn[:, 2]
    ratio = np.sort([t / b if b else math.inf for t, b in zip(top, bottom, strict=True)])
    assert found.value == pytest.approx(3 / 5)
    assert (found.low, found.high) == (ratio[round(0.05 * 998)], ratio[round(0.95 * 998)])
    assert math.isnan(error_ratio([0, 1], [1, 1]).value)
    assert error_ratio([1, 1, 1, 0], [1, 0, 1, 0]).high == math.inf


@pytest.mark.parametrize("correct", [[], [[]], [True, False], [[[True]]], True])
def test_only_models_by_images_are_ranked(correct: object) -> None:
    with pytest.raises(ValueError, match=r"\(models, images\) and not empty"):
        rank(correct)  # type: ignore[arg-type]
