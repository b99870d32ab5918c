from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from bench import registry
from bench.measure import execute, memory, speed
from bench.spec import Job, Measure, Model, Options, Outcome, Status

(MODEL,) = registry.models("convnext_xs.g1k")
SAMPLES = st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=80)


def _run(batch_size: int = 16, **options: object) -> Outcome:
    chosen = Options(batch_size=batch_size, **options)  # type: ignore[arg-type]
    return execute(Job(measure=Measure.SPEED, model=MODEL, options=chosen))


def test_every_number_follows_from_the_samples_kept() -> None:
    outcome = _run()
    assert outcome.status is Status.OK, outcome.error
    found = {m.metric: m for m in outcome.measurements}
    passes, single = outcome.notes["batch_seconds"], outcome.notes["latency_seconds"]

    throughput = found["throughput"]
    assert throughput.value == pytest.approx(16 / np.median(passes), rel=1e-4)
    assert throughput.low is not None
    assert throughput.high is not None
    assert throughput.low <= throughput.value <= throughput.high
    assert throughput.n == len(passes) == outcome.notes["iterations"] >= 10
    assert sum(passes) >= 0.9 * 0.2 or len(passes) == 10

    for percent in (50, 95, 99):
        expected = 1e3 * np.percentile(single, percent, method="inverted_cdf")
        assert found[f"latency_p{percent}"].value == pytest.approx(expected, rel=1e-4)
    assert found["latency_p50"].n == len(single) >= 100
    assert outcome.notes["batch"] == 16
    assert outcome.notes["warmup"] > 0


class _Sleeper(torch.nn.Module):
    """Takes 2 ms an image plus 1 ms, and has memory for so many images."""

    def __init__(self, room: int = 1000) -> None:
        super().__init__()
        self.room = room

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if len(images) > self.room:
            raise torch.OutOfMemoryError("no room")
        assert images.std() > 0.5, "zeros would be faster than real images"
        time.sleep(0.001 + 0.002 * len(images))
        return images


def _building(network: torch.nn.Module) -> Callable[..., torch.nn.Module]:
    def build(model: Model, *, weights: bool = True) -> torch.nn.Module:
        return network

    return build


def test_a_known_duration_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "build", _building(_Sleeper()))
    found = {m.metric: m.value for m in _run(batch_size=10).measurements}
    assert 10 / 0.021 * 0.6 < found["throughput"] <= 10 / 0.021
    assert 3.0 <= found["latency_p50"] < 5.0
    assert found["latency_p50"] <= found["latency_p95"] <= found["latency_p99"]


def test_out_of_memory_halves_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "build", _building(_Sleeper(room=5)))
    monkeypatch.setattr(speed, "LATENCY", speed.Rule(0, 3, 0.0))
    outcome = _run(batch_size=16)
    assert outcome.notes["batch"] == 4
    assert outcome.notes["out_of_memory"] == "batch 16 did not fit, 4 did"
    (throughput,) = (m for m in outcome.measurements if m.metric == "throughput")
    assert throughput.value == pytest.approx(4 / np.median(outcome.notes["batch_seconds"]))
    monkeypatch.setattr(speed, "build", _building(_Sleeper(room=0)))
    failed = _run(batch_size=16)
    assert failed.status is Status.FAILED
    assert "no memory for a single image" in (failed.error or "")


def test_a_batch_of_none_fails() -> None:
    assert "batch size 0" in (_run(batch_size=0).error or "")


def test_sampling_stops_only_when_both_counts_are_reached() -> None:
    calls: list[float] = []

    def once() -> None:
        calls.append(time.perf_counter())
        time.sleep(0.002)

    by_count = speed.sampled(once, speed.Rule(warmup=3, iterations=7, seconds=0.0))
    assert len(by_count) == 7
    assert len(calls) == 10, "warm-up runs and is not sampled"
    assert min(by_count) >= 0.002

    calls.clear()
    by_time = speed.sampled(once, speed.Rule(warmup=0, iterations=1, seconds=0.1))
    assert sum(by_time) >= 0.1 * 0.9
    assert 5 < len(by_time) <= 50


def test_threads_are_those_of_the_device_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setattr(speed, "LATENCY", speed.Rule(0, 3, 0.0))
    seen: list[int] = []

    class Spy(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            seen.append(torch.get_num_threads())
            assert torch.is_inference_mode_enabled()
            return images

    monkeypatch.setattr(speed, "build", _building(Spy()))
    before = torch.get_num_threads()
    outcome = _run()
    assert set(seen) == {2}
    assert outcome.notes["threads"] == 2
    assert torch.get_num_threads() == before


@given(SAMPLES)
def test_the_medians_interval_covers_by_the_binomial(samples: list[float]) -> None:
    n, ordered = len(samples), sorted(samples)
    covered = [r for r in range(1, n // 2 + 1) if 1 - 2 * binom.cdf(r - 1, n, 0.5) >= 0.95 - 1e-12]
    found = speed.median_interval(samples)
    if not covered:
        assert found is None
        assert n < 6
    else:
        assert found == (ordered[max(covered) - 1], ordered[n - max(covered)])
        assert found[0] <= speed.median(samples) <= found[1]


@given(SAMPLES, st.sampled_from([1, 50, 95, 99, 100]))
def test_median_and_percentiles_are_numpys(samples: list[float], percent: int) -> None:
    assert speed.median(samples) == pytest.approx(float(np.median(samples)))
    expected = float(np.percentile(samples, percent, method="inverted_cdf"))
    assert speed.percentile(samples, percent) == expected


def test_the_interval_of_many_samples_is_the_normal_approximations() -> None:
    found = speed.median_interval([float(i) for i in range(10_000)])
    assert found is not None
    assert found[0] == pytest.approx(5000 - 0.98 * 100, abs=3)
    assert found[1] == pytest.approx(5000 + 0.98 * 100, abs=3)


def test_peak_memory_of_the_cpu_is_what_was_held() -> None:
    watch = memory.PeakMemory("cpu")
    if "resident" not in watch.how:
        pytest.skip("this kernel cannot restart its high-water mark")
    watch.restart()
    held = torch.ones(64, 2**18)  # 64 MiB
    del held
    watch.stop()
    (peak,) = watch.measurements()
    assert 63 <= peak.value < 72
    assert peak.unit == "MiB"


def test_memory_that_cannot_be_measured_has_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_reset_peak", lambda: False)
    watch = memory.PeakMemory("cpu")
    watch.restart()
    watch.stop()
    assert watch.measurements() == []
    assert watch.how == "not measured on this device"
