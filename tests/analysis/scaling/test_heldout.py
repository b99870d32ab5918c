"""Sizes held out and dropped: what is predicted, missed, and refused."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike

from bench.analysis.scaling.groups import fit_group
from bench.analysis.scaling.heldout import HeldOut
from bench.analysis.stats.intervals import Interval
from tests.worked import PAPER, THREE, ends


def leave_largest_out(x: ArrayLike, y: ArrayLike) -> HeldOut:
    return fit_group("a", x, y).held_out


def drop_one(x: ArrayLike, y: ArrayLike) -> Interval:
    return fit_group("a", x, y).drop_one


def test_held_out_and_dropped() -> None:
    out = leave_largest_out(*PAPER)
    assert (out.x, out.reason) == (60.9, None)
    assert out.actual == pytest.approx(0.13)
    assert ends(out.predicted) == pytest.approx((0.130371352, 0.120464221, 0.135273603), rel=1e-5)
    assert out.miss == pytest.approx(0.000371352, rel=1e-3)
    assert out.ratio == pytest.approx(0.000371352 / (0.130371352 - 0.120464221), rel=1e-3)
    assert ends(drop_one(*PAPER)) == pytest.approx(
        (-0.0392893033, -0.0441136168, -0.0361912523), rel=1e-4
    )
    assert leave_largest_out(*THREE).reason == "3 sizes; holding one out needs 4"
    assert np.isnan(leave_largest_out(*THREE).x)
    assert np.isnan(ends(drop_one(*THREE))).all()


def test_a_miss_is_in_arms_of_its_side() -> None:
    low, high = (leave_largest_out(PAPER.x, np.append(PAPER.y[:-1], top)) for top in (0.110, 0.150))
    for out in (low, high):
        assert ends(out.predicted) == pytest.approx(
            (0.130371352, 0.120464221, 0.135273603), rel=1e-5
        )
    assert low.miss == pytest.approx(0.020371352, rel=1e-4)
    assert low.ratio == pytest.approx(0.020371352 / 0.009907131, rel=1e-3)
    assert high.miss == pytest.approx(-0.019628648, rel=1e-4)
    assert high.ratio == pytest.approx(0.019628648 / 0.004902251, rel=1e-3)


def test_two_of_the_largest_are_one_size() -> None:
    x, y = np.append(PAPER.x, 60.9), np.append(PAPER.y, 0.14)
    out = leave_largest_out(x, y)
    assert out.actual == pytest.approx(np.sqrt(0.13 * 0.14))
    assert ends(out.predicted) == pytest.approx((0.130371352, 0.120464221, 0.135273603), rel=1e-5)


def test_what_is_left_may_carry_no_law() -> None:
    out = leave_largest_out([1.0, 1.1, 1.2, 9.0], [0.4, 0.39, 0.38, 0.2])
    assert out.reason == "without the largest: x spans 1.20x; a fit needs 1.5x"
    assert out.x == 9.0
    assert out.actual == pytest.approx(0.2)
    assert np.isnan(out.miss)
