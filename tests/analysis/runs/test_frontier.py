"""The frontier law, worked out by other means."""

from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.runs.frontier import FrontierLaw, frontier_law


def test_a_frontier_is_a_line_through_the_best_of_each_bin() -> None:
    rng = np.random.default_rng(1)
    x, error = 10 ** rng.uniform(8, 12, 80), rng.uniform(0.2, 0.9, 80)
    law = frontier_law(x, error, bins=6)
    logs, loge = np.log10(x), np.log10(error)
    width = (logs.max() + 0.1 - logs.min()) / 6
    place = ((logs - logs.min()) / width).astype(int)
    centres = [logs.min() + width * (b + 0.5) for b in range(6)]
    best = [loge[place == b].min() for b in range(6)]
    design = np.column_stack([np.ones(6), centres])
    (level, slope), *_ = np.linalg.lstsq(design, best, rcond=None)
    assert (law.exponent, law.factor) == pytest.approx((slope, 10**level))
    assert (law.bins, law.n) == (6, 80)
    assert law.predict([1e9, 1e10]) == pytest.approx(10 ** (level + slope * np.array([9, 10])))


def test_bins_without_a_run_are_left_out() -> None:
    law = frontier_law([1.0, 1e4], [0.5, 0.05])
    assert law.bins == 2
    # bins over [0, 4.1]: the two runs stand at the centres of the first and the last
    slope = -1 / (4.1 * 4 / 5)
    assert law.exponent == pytest.approx(slope)
    assert law.factor == pytest.approx(0.5 * 10 ** (-slope * 0.41))
    assert FrontierLaw(2.0, -1.0, 2, 2).predict(4).tolist() == 0.5


@pytest.mark.parametrize(
    ("x", "error", "bins", "why"),
    [
        ([1.0, 10.0], [0.5, 0.1], 1, "2 bins, got"),
        ([[1.0, 10.0]], [[0.5, 0.1]], 5, "rows of one length"),
        ([1.0, 10.0], [0.5, np.nan], 5, "finite and > 0"),
        ([-1.0, 10.0], [0.5, 0.1], 5, "finite and > 0"),
        ([1.0, 1.0], [0.5, 0.1], 5, "1 of 5 bins hold a run"),
        ([], [], 5, "0 of 5 bins hold a run"),
    ],
)
def test_what_gives_no_frontier(x: object, error: object, bins: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        frontier_law(x, error, bins)  # type: ignore[arg-type]


def test_two_bins_are_enough() -> None:
    assert frontier_law([1.0, 10.0, 100.0], [0.5, 0.4, 0.1], bins=2).bins == 2
