"""Which points carry a law, at the bounds that decide."""

from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.scaling.points import clean, weighted, why_not


def test_points_are_sorted_and_equal_sizes_merged_by_geometric_mean() -> None:
    x, y, notes = clean([8.0, 1.0, 4.0], [0.1, 0.4, 0.2], 1.0)
    assert (x.tolist(), y.tolist(), notes) == ([1.0, 4.0, 8.0], [0.4, 0.2, 0.1], ())
    x, y, notes = clean([8, 1, 8, 8, 4], [0.1, 0.4, 0.2, 0.4, 0.3], 1.0)
    assert x.tolist() == [1.0, 4.0, 8.0]
    assert y == pytest.approx([0.4, 0.3, 0.2])
    assert notes == ("points of equal x merged: 5 to 3",)


@pytest.mark.parametrize(
    ("x", "y", "ceiling", "why"),
    [
        ([1.0, 2.0], [0.5], 1.0, r"rows of one length, got \(2,\) and \(1,\)"),
        ([[1.0]], [[0.5]], 1.0, "rows of one length"),
        ([1.0, np.inf], [0.5, 0.4], 1.0, "x has 1 values not finite"),
        ([1.0, 2.0, 3.0], [np.nan, 0.4, np.nan], 1.0, "y has 2 values not finite"),
        ([0.0, 2.0], [0.5, 0.4], 1.0, "x must be > 0 on a log scale, got 0"),
        ([1.0, 2.0], [0.5, -0.4], 1.0, "y must be > 0 on a log scale, got -0.4"),
        ([1.0, 2.0], [1.01, 0.4], 1.0, "y reaches 1.01, above its ceiling 1"),
    ],
)
def test_impossible_points(x: object, y: object, ceiling: float, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        clean(x, y, ceiling)  # type: ignore[arg-type]


def test_a_ceiling_may_be_reached_and_need_not_be() -> None:
    assert clean([1.0, 2.0], [1.0, 0.4], 1.0)[1].tolist() == [1.0, 0.4]
    assert clean([1.0, 2.0], [3.0, 0.4], None)[1].tolist() == [3.0, 0.4]
    assert clean([], [], 1.0)[0].size == 0


@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        ([1.0, 2.0], [0.4, 0.3], "2 sizes; a fit needs 3"),
        ([1.0], [0.4], "1 size; a fit needs 3"),
        ([2.0, 2.5, 2.99], [0.4, 0.3, 0.2], "GMACs spans 1.50x; a fit needs 1.5x"),
        ([2.0, 2.5, 3.0], [0.4, 0.3, 0.2], None),
        ([1.0, 2.0, 4.0], [0.3, 0.3, 0.3], "y does not change with GMACs"),
        ([1.0, 2.0, 4.0], [0.3, 0.3, 0.3 * (1 + 1e-11)], "y does not fall with GMACs"),
        ([1.0, 2.0, 4.0], [0.3, 0.2, 0.4], r"y does not fall with GMACs \(log-log slope \+0.208\)"),
        ([1.0, 2.0, 4.0], [0.3, 0.2, 0.29], None),
    ],
)
def test_why_there_is_no_law(x: list[float], y: list[float], why: str | None) -> None:
    found = why_not(np.array(x), np.array(y), "GMACs")
    if why is None:
        assert found is None
        return
    with pytest.raises(ValueError, match=why):
        raise ValueError(found)


def test_points_are_put_together_only_where_there_are_more_than_that() -> None:
    log_x, log_y = np.array([0.0, 0.01, 0.5, 1.0]), np.array([3.0, 2.0, 1.0, 0.0])
    same = weighted(log_x, log_y, most=4)
    assert (same.log_x.tolist(), same.log_y.tolist()) == (log_x.tolist(), log_y.tolist())
    assert (same.weight.tolist(), same.within) == ([1.0] * 4, 0.0)
    fewer = weighted(log_x, log_y, most=3)
    assert fewer.log_x == pytest.approx([0.005, 0.5, 1.0])
    assert fewer.log_y.tolist() == [2.5, 1.0, 0.0]
    assert (fewer.weight.tolist(), fewer.within) == ([2.0, 1.0, 1.0], 0.5)
