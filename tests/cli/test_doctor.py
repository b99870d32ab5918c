"""``bench doctor`` tells what is there and what is damaged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from bench.cli.lib import noise as noise_text
from bench.spec import Job
from bench.speed.noise import Noise
from bench.speed.session import ProcessTiming

Call = Callable[..., Any]


def test_it_names_versions_devices_data_and_weights(bench: Call) -> None:
    assert bench("data", "show", "tiny-v2").code == 0
    out = bench("doctor").out
    assert f"torch {version('torch')}" in out
    assert "cpu" in out
    assert "GiB free" in out
    lines = {line.split()[0]: line for line in out.splitlines() if line.startswith(" ")}
    assert "1 of 1 intact" in lines["tiny"]
    assert "0 of 1 intact" in lines["damaged"]
    assert "PIXELS DIFFER" in lines["tiny-v2"]


def test_damaged_weights_are_exit_4(bench: Call) -> None:
    said = bench("doctor")
    assert said.code == 4
    (warning,) = said.err.splitlines()
    assert warning.startswith("bench: warning: ")
    assert re.search(r"\(and \d+ more\)", warning)


def test_a_whole_machine_is_exit_0(bench: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench import registry

    tiny = registry.models("tiny")
    monkeypatch.setattr("bench.registry.models", lambda *_: tiny)
    said = bench("doctor")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-1] == "all good"


def test_it_needs_nothing_on_disk(bench: Call, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(here / "absent" / "cache"))
    assert "not drawn yet" in bench("doctor").out
    assert not (here / "absent").exists()


def _noise(**changes: Any) -> Noise:
    quiet: dict[str, Any] = {
        "model": "vit_m",
        "images_per_s": 2000.0,
        "between": 0.02,
        "within": 0.01,
        "discarded": 0.01,
        "disturbed": 0.0,
        "others": 0.04,
    }
    return Noise(**(quiet | changes))


def test_what_can_be_seen_follows_from_the_noisiest_model() -> None:
    lines = noise_text.report_lines(
        [_noise(between=0.002), _noise(model="swin_m")], device="cuda:0"
    )
    assert lines[1].startswith("swin_m: 2,000 img/s; standard deviation between processes 2.0%")
    # By statsmodels' power analysis, on logarithms: see test_detectable in tests/measure.
    assert "6.3% with 3, 4.1% with 5, 2.7% with 10, 1.8% with 20" in lines[2]
    assert lines[3].startswith("this machine is quiet: 1% of the samples were repeated; ")


def test_a_disturbed_machine_is_called_so() -> None:
    disturbed = noise_text.report_lines([_noise(disturbed=0.4, others=1.7)], device="cpu")
    assert "busy: 40% of the kept samples were disturbed" in disturbed[2]
    assert "other programs used 1.7 CPUs. Stop other programs" in disturbed[2]
    assert "logical CPUs used" in disturbed[3]
    used = noise_text.report_lines([_noise(discarded=0.3, others=None)], device="mps")
    assert used[-1] == "this machine is in use: 30% of the samples were repeated"


def test_speed_is_timed_in_turns(bench: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Process:
        def time_job(self, job: Job) -> ProcessTiming:
            asked.append(job.model.name)
            passes = [0.01 * (1 + 0.1 * (len(asked) > 4))] * 10
            return ProcessTiming(
                batch=64,
                passes=passes,
                singles=[0.001],
                disturbed=0,
                peak_mib=None,
                compile_seconds=None,
                flops_per_s=1.0,
                bytes_per_s=1.0,
                notes={
                    "guard": {},
                    "throughput": {"discarded": 0},
                    "latency": {"discarded": 11},
                },
            )

    @contextmanager
    def processes(count: int) -> Iterator[list[Process]]:
        yield [Process()] * count

    monkeypatch.setattr("bench.speed.noise.processes", processes)
    said = bench("doctor", "--speed", "--device", "cpu")
    assert said.code == 0, said.err
    first, second = asked[:2]
    assert asked == [first, second] * 5
    assert first != second
    lines = said.out.splitlines()
    assert "5,818 img/s" in lines[0], "the median of two at 6,400 and three at 5,818"
    assert "between processes 5.2%" in lines[0]
    assert "in use: 50% of the samples" in said.out
