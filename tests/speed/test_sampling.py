import time
from itertools import count, cycle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from bench.speed import sampling

SAMPLES = st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=80)


def test_sampling_stops_only_when_both_counts_are_reached() -> None:
    calls: list[float] = []

    def once() -> list[float]:
        calls.append(time.perf_counter())
        time.sleep(0.002)
        return [time.perf_counter() - calls[-1]]

    by_count = sampling.sample_passes(
        once, sampling.Rule(warmup=3, iterations=7, seconds=0.0)
    ).seconds
    assert len(by_count) == 7
    assert len(calls) >= 10, "warm-up runs and is not sampled"
    assert min(by_count) >= 0.002

    calls.clear()
    by_time = sampling.sample_passes(
        once, sampling.Rule(warmup=0, iterations=1, seconds=0.1)
    ).seconds
    assert sum(by_time) >= 0.1 * 0.9
    assert 1 < len(by_time) <= 50


def test_a_time_limit_needs_the_least_samples_only() -> None:
    rule = sampling.Rule(warmup=0, iterations=100, seconds=0.0, longest=0.0, least=6)
    assert len(sampling.sample_passes(lambda: [1.0], rule).seconds) == 6


def test_warming_up_goes_on_until_it_is_steady() -> None:
    speeds = iter([8.0, 4.0, 2.0, 1.0, 1.0, *[0.99] * 100])
    found = sampling.sample_passes(lambda: [next(speeds)], sampling.Rule(2, 3, 0.0))
    assert found.seconds == [0.99] * 3
    falling = (0.5**n for n in range(1000))
    calls = sampling.sample_passes(lambda: [next(falling)], sampling.Rule(2, 1, 0.0))
    assert calls.seconds == [0.5**20], "but not for ever"


class _Told:
    """A guard that was told what to say, over and over."""

    def __init__(self, *lost: float) -> None:
        self._lost = cycle(lost)

    def begin(self) -> None:
        """Nothing."""

    def lost(self) -> float:
        return next(self._lost)


def test_disturbed_samples_are_repeated() -> None:
    numbers = (float(n) for n in count(1))
    found = sampling.sample_passes(
        lambda: [next(numbers)], sampling.Rule(0, 4, 0.0), _Told(0.0, 0.9, 0.04)
    )
    assert found == sampling.KeptSamples([1.0, 3.0, 4.0, 6.0], discarded=2, disturbed=0)


def test_what_stays_disturbed_is_made_up_of_the_least_disturbed() -> None:
    numbers = (float(n) for n in count(1))
    found = sampling.sample_passes(
        lambda: [next(numbers)], sampling.Rule(0, 4, 0.0), _Told(0.9, 0.8, 0.0, 0.2, 0.3)
    )
    # Four disturbed ones are enough: 1 .9, 2 .8, 3 .0, 4 .2, 5 .3; one more would be the fifth.
    assert found == sampling.KeptSamples([2.0, 3.0, 4.0, 5.0], discarded=1, disturbed=3)


@given(st.integers(0, 2**32 - 1), st.sampled_from([(0.01, 0.01), (0.03, 0.03), (0.0, 0.05)]))
@settings(max_examples=3)
def test_the_same_again_lies_within_the_interval(seed: int, spreads: tuple[float, float]) -> None:
    chance, (between, within) = np.random.default_rng(seed), spreads

    def run() -> tuple[float, tuple[float, float]]:
        processes = [
            list(np.exp(chance.normal(0, between) + chance.normal(0, within, 20))) for _ in range(5)
        ]
        found = sampling.repeat_interval(processes)
        assert found is not None
        return sampling.median([sampling.median(samples) for samples in processes]), found

    inside = 0
    for _ in range(100):
        (first, (low, high)), (second, _) = run(), run()
        inside += low <= second <= high
        assert low <= first <= high
        assert high / low < 1.5
    assert inside >= 93


def test_the_interval_of_one_process_is_its_own() -> None:
    one = [float(n) for n in range(1, 11)]
    assert sampling.repeat_interval([one]) == sampling.median_interval(one)
    assert sampling.repeat_interval([[1.0]]) is None


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
