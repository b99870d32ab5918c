from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from bench import registry
from bench.measure import execute, sampling, speed
from bench.spec import Job, Measure, Model, Options, Outcome, Status

(MODEL,) = registry.models("convnext_xs.g1k")


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
    # A busy machine wakes late: never sooner than asked, and not ten times later.
    assert 10 / 0.21 < found["throughput"] <= 10 / 0.021
    assert 3.0 <= found["latency_p50"] < 30.0
    assert found["latency_p50"] <= found["latency_p95"] <= found["latency_p99"]


def test_out_of_memory_halves_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "build", _building(_Sleeper(room=5)))
    monkeypatch.setattr(speed, "LATENCY", sampling.Rule(0, 3, 0.0))
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


def test_threads_are_those_of_the_device_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setattr(speed, "LATENCY", sampling.Rule(0, 3, 0.0))
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
