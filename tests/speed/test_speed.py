from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from bench import registry
from bench.run.execute import attempt
from bench.spec import Job, Measure, Model, Options, Outcome, Status
from bench.speed import passes, pool, session, speed
from bench.speed.ceilings import Ceilings, shares
from bench.speed.sampling import Rule

(MODEL,) = registry.models("convnext_xs.g1k")


def _job(batch_size: int = 16, **options: Any) -> Job:
    return Job(
        measure=Measure.SPEED, model=MODEL, options=Options(batch_size=batch_size, **options)
    )


def _run(batch_size: int = 16, **options: Any) -> Outcome:
    return attempt(_job(batch_size, **options))


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LATENCY", Rule(0, 3, 0.0))
    monkeypatch.setattr(speed, "shares", lambda *_: {})


def test_every_number_follows_from_the_samples_kept() -> None:
    outcome = _run()
    assert outcome.status is Status.OK, outcome.error
    found = {m.metric: m for m in outcome.measurements}
    (process,) = outcome.notes["processes"]
    batches, single = process["batch_seconds"], process["latency_seconds"]

    throughput = found["throughput"]
    assert throughput.value == pytest.approx(16 / np.median(batches), rel=1e-4)
    assert throughput.low is not None
    assert throughput.high is not None
    assert throughput.low <= throughput.value <= throughput.high
    assert throughput.n == len(batches) == process["throughput"]["samples"] >= 10

    for percent in (50, 95, 99):
        expected = 1e3 * np.percentile(single, percent, method="inverted_cdf")
        assert found[f"latency_p{percent}"].value == pytest.approx(expected, rel=1e-4)
    assert found["latency_p50"].n == len(single) >= 100
    assert outcome.notes["batch"] == 16
    top = Ceilings(outcome.notes["flops_per_s"], outcome.notes["bytes_per_s"])
    expected_shares = shares(MODEL, Options(), throughput.value, 16, top)
    assert {m: found[m].value for m in expected_shares} == pytest.approx(expected_shares)
    assert 0 < found["compute_share"].value < 100
    assert 0 <= found["disturbed"].value <= 100


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


@pytest.mark.usefixtures("hurried")
def test_a_known_duration_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "build", _building(_Sleeper()))
    found = {m.metric: m.value for m in _run(batch_size=10).measurements}
    # A busy machine wakes late: never sooner than asked, and not ten times later.
    assert 10 / 0.21 < found["throughput"] <= 10 / 0.021
    assert 3.0 <= found["latency_p50"] < 30.0
    assert {"latency_p95", "latency_p99"}.isdisjoint(found), "of three samples"


@pytest.mark.usefixtures("hurried")
def test_out_of_memory_halves_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "build", _building(_Sleeper(room=5)))
    outcome = _run(batch_size=16)
    assert outcome.notes["batch"] == 4
    assert outcome.notes["out_of_memory"] == "batch 16 did not fit, 4 did"
    (throughput,) = (m for m in outcome.measurements if m.metric == "throughput")
    (process,) = outcome.notes["processes"]
    assert throughput.value == pytest.approx(4 / np.median(process["batch_seconds"]))
    monkeypatch.setattr(passes, "build", _building(_Sleeper(room=0)))
    for batch in (0, 16):
        failed = _run(batch_size=batch)
        assert failed.status is Status.FAILED
        assert "out of memory on a single image" in (failed.error or "")


@pytest.mark.usefixtures("hurried")
def test_the_best_batch_is_found_and_its_curve_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "build", _building(_Sleeper(room=5)))
    outcome = _run(batch_size=0)
    (process,) = outcome.notes["processes"]
    assert list(process["curve"]) == [1, 2, 4]
    assert process["search_ended"] == "out of memory at 8"
    assert outcome.notes["batch"] == 4
    assert {m.metric: m.value for m in outcome.measurements}["batch"] == 4
    assert "out_of_memory" not in outcome.notes


def test_a_negative_batch_fails() -> None:
    assert "batch size -1" in (_run(batch_size=-1).error or "")


@pytest.mark.usefixtures("hurried")
def test_threads_are_those_of_the_device_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    seen: list[int] = []

    class Spy(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            seen.append(torch.get_num_threads())
            assert torch.is_inference_mode_enabled()
            return images

    monkeypatch.setattr(passes, "build", _building(Spy()))
    before = torch.get_num_threads()
    outcome = _run()
    assert set(seen) == {2}
    assert outcome.notes["threads"] == 2
    assert torch.get_num_threads() == before


@pytest.mark.usefixtures("hurried")
def test_what_cannot_be_compiled_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def backend(_graph: object, _inputs: object) -> None:
        raise ValueError("no such kernel\nand pages of advice")

    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=backend))
    monkeypatch.setattr(speed, "time_in_processes", lambda job: [session.time_job(job)])
    outcome = _run(compile=True)
    assert outcome.status is Status.FAILED
    assert outcome.error == "JobError: torch.compile fails: ValueError: no such kernel"


@pytest.mark.usefixtures("hurried")
def test_what_compiles_says_how_long_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes: list[int] = []

    def backend(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> Any:
        time.sleep(0.2)
        shapes.extend(len(given) for given in inputs if given.shape[1:] == (3, 32, 32))
        return graph.forward

    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=backend))
    monkeypatch.setattr(speed, "time_in_processes", lambda job: [session.time_job(job)])
    outcome = _run(compile=True)
    found = {m.metric: m.value for m in outcome.measurements}
    assert found["compile_seconds"] >= 0.2
    assert shapes == [16, 1], "each size is compiled for itself, once"
    assert "peak_memory" not in found, "the compiler's own memory is none of the network's"


_CHILD = """
import json, os, pickle, sys
pickle.load(sys.stdin.buffer)
print("{}", flush=True)
while True:
    try:
        job = pickle.load(sys.stdin.buffer)
    except EOFError:
        sys.exit()
    ACT
    answer = {
        "batch": job.options.batch_size or 8, "passes": [0.5, 0.5], "singles": [0.1],
        "disturbed": 0, "peak_mib": None, "compile_seconds": 2.0, "flops_per_s": 1e9,
        "bytes_per_s": 1e9, "notes": {"pid": os.getpid(), "asked": job.options.batch_size},
    }
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """``child(act)``: processes that speak the protocol and do that with each job."""
    pool.close()

    def acting(act: str) -> None:
        source = f"import sys; sys.path[:] = {sys.path!r}\n" + _CHILD.replace("ACT", act)
        monkeypatch.setattr(pool, "_COMMAND", (sys.executable, "-c", source))

    yield acting
    pool.close()


def _processes(outcome: Outcome) -> list[Any]:
    assert outcome.status is Status.OK, outcome.error
    return [process["pid"] for process in outcome.notes["processes"]]


@pytest.mark.usefixtures("hurried")
def test_replicates_are_processes_kept_for_the_next_job(child: Callable[[str], None]) -> None:
    child("pass")
    first = _run(batch_size=0, replicates=3)
    assert len(set(_processes(first))) == 3
    assert [process["asked"] for process in first.notes["processes"]] == [0, 8, 8]
    found = {m.metric: m for m in first.measurements}
    assert (found["throughput"].value, found["throughput"].n) == (16.0, 6)
    assert found["compile_seconds"].n == 3
    assert _processes(_run(replicates=3)) == _processes(first)
    assert _processes(_run(replicates=2)) == _processes(first)[:2]


@pytest.mark.usefixtures("hurried")
def test_what_compiled_is_not_used_again(child: Callable[[str], None]) -> None:
    child("pass")
    assert _processes(_run(compile=True)) != _processes(_run(compile=True))


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("os.kill(os.getpid(), 11)", "the timing process was ended by SIGSEGV"),
        ("sys.exit('out of ink')", "ended with exit code 1; its last line: out of ink"),
        ("print(json.dumps({'error': 'no room'}), flush=True); continue", "JobError: no room"),
    ],
)
def test_a_process_that_dies_is_a_failed_job(
    child: Callable[[str], None], act: str, said: str
) -> None:
    child(act)
    outcome = _run(replicates=2)
    assert outcome.status is Status.FAILED
    assert said in (outcome.error or "")
    assert _run(replicates=2).status is Status.FAILED, "and others are started"


def test_an_interrupt_ends_the_process_at_work(
    child: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    child("import time; time.sleep(600)")

    def interrupted(_process: pool.Process, _job: Job) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pool.Process, "time_job", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _run(replicates=1, compile=True)
    assert pool._processes == []


def test_a_real_process_times_a_real_network() -> None:
    pool.close()
    (found,) = pool.time_in_processes(_job(batch_size=4))
    pool.close()
    assert found.batch == 4
    assert len(found.passes) >= 10
    assert found.flops_per_s > 1e8
    assert found.notes["guard"]["by"]
