import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from bench.measure import sampling

SAMPLES = st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=80)


def test_sampling_stops_only_when_both_counts_are_reached() -> None:
    calls: list[float] = []

    def once() -> None:
        calls.append(time.perf_counter())
        time.sleep(0.002)

    by_count = sampling.sampled(once, sampling.Rule(warmup=3, iterations=7, seconds=0.0))
    assert len(by_count) == 7
    assert len(calls) == 10, "warm-up runs and is not sampled"
    assert min(by_count) >= 0.002

    calls.clear()
    by_time = sampling.sampled(once, sampling.Rule(warmup=0, iterations=1, seconds=0.1))
    assert sum(by_time) >= 0.1 * 0.9
    assert 1 < len(by_time) <= 50


@given(SAMPLES)
def test_the_medians_interval_covers_by_the_binomial(samples: list[float]) -> None:
    n, ordered = len(samples), sorted(samples)
    covered = [r for r in range(1, n // 2 + 1) if 1 - 2 * binom.cdf(r - 1, n, 0.5) >= 0.95 - 1e-12]
    found = sampling.median_interval(samples)
    if not covered:
        assert found is None
        assert n < 6
    else:
        assert found == (ordered[max(covered) - 1], ordered[n - max(covered)])
        assert found[0] <= sampling.median(samples) <= found[1]


@given(SAMPLES, st.sampled_from([1, 50, 95, 99, 100]))
def test_median_and_percentiles_are_numpys(samples: list[float], percent: int) -> None:
    assert sampling.median(samples) == pytest.approx(float(np.median(samples)))
    expected = float(np.percentile(samples, percent, method="inverted_cdf"))
    assert sampling.percentile(samples, percent) == expected


def test_the_interval_of_many_samples_is_the_normal_approximations() -> None:
    found = sampling.median_interval([float(i) for i in range(10_000)])
    assert found is not None
    assert found[0] == pytest.approx(5000 - 0.98 * 100, abs=3)
    assert found[1] == pytest.approx(5000 + 0.98 * 100, abs=3)
