"""What a comparison of two versions can see, against a power analysis of its own."""

from __future__ import annotations

from math import log

import pytest
from statsmodels.stats.power import TTestIndPower

from bench.speed import noise


@pytest.mark.parametrize("count", [3, 5, 10, 20])
def test_detectable(count: int) -> None:
    spread = 0.02
    found = log(noise.detectable(spread, count)) / spread  # in standard deviations
    power = TTestIndPower().power(found, nobs1=count, alpha=0.05)
    assert power == pytest.approx(0.8, abs=0.02)
