"""Contention is seen: a busy neighbour, a GPU that slows itself down, and what cannot be known."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.speed import contention, nvml


def _spin(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cannot share one CPU on purpose")
@pytest.mark.parametrize("kernel_tells", [True, False])
def test_a_neighbour_on_our_cpu_is_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kernel_tells: bool
) -> None:
    if not kernel_tells:
        monkeypatch.setattr(contention, "_TASKS", tmp_path / "absent")
    watch = contention.CpuMonitor()
    if kernel_tells and not watch.how.startswith("threads"):
        pytest.skip("this kernel keeps no count")
    before = os.sched_getaffinity(0)
    cpu = min(before)
    spinning = f"import os; os.sched_setaffinity(0, {{{cpu}}})\nprint(1, flush=True)\nwhile True: 1"
    with subprocess.Popen([sys.executable, "-c", spinning], stdout=subprocess.PIPE) as neighbour:
        assert neighbour.stdout is not None
        neighbour.stdout.readline()
        os.sched_setaffinity(0, {cpu})
        try:
            watch.begin()
            _spin(0.3)
            lost = watch.lost()
        finally:
            os.sched_setaffinity(0, before)
            neighbour.kill()
    assert lost > 0.2


def test_time_that_nobody_took_is_not_lost() -> None:
    watch = contention.CpuMonitor()
    shares = []
    for _ in range(20):  # others may use this machine: some of these will be quiet
        watch.begin()
        _spin(0.002)
        shares.append(watch.lost())
    assert min(shares) < 0.05


def test_the_load_of_others_is_in_cpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    monkeypatch.setattr(contention, "_STAT", stat)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(time, "process_time", iter([1.0, 1.5, 2.0, 2.5]).__next__)
    stat.write_text("cpu  100 0 0 1000 0 0 0 0 0 0\ncpu0 1\n")
    load = contention.Load()
    # A second of two CPUs: 120 ticks of work, 10 stolen, 70 idle; we worked half a second.
    stat.write_text("cpu  200 0 20 1060 10 0 0 10 0 0\ncpu0 1\n")
    second = os.sysconf("SC_CLK_TCK")
    assert second == 100
    assert load.notes() == {"others": 0.7, "steal": 0.1}
    stat.unlink()
    assert contention.Load().notes() == {}


class _NvmlError(Exception):
    pass


class _Nvml(SimpleNamespace):
    """NVML's documented calls, for one GPU."""

    NVMLError = _NvmlError
    NVML_CLOCK_SM, NVML_TEMPERATURE_GPU = 1, 0

    def __init__(self, **state: Any) -> None:
        super().__init__(reasons=0, busy=[0], **state)

    def nvmlInit(self) -> None:  # noqa: N802
        if getattr(self, "broken", False):
            raise _NvmlError("Driver Not Loaded")

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:  # noqa: N802
        return uuid

    def nvmlDeviceGetClockInfo(self, handle: str, which: int) -> int:  # noqa: N802
        assert (handle, which) == ("GPU-12-34", 1)
        return 1500

    def nvmlDeviceGetMaxClockInfo(self, handle: str, which: int) -> int:  # noqa: N802
        return 1980

    def nvmlDeviceGetTemperature(self, handle: str, which: int) -> int:  # noqa: N802
        return 41

    def nvmlDeviceGetPowerUsage(self, handle: str) -> int:  # noqa: N802
        raise _NvmlError("Not Supported")

    def nvmlDeviceGetComputeRunningProcesses(self, handle: str) -> list[object]:  # noqa: N802
        return [object()]

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: str) -> int:  # noqa: N802
        return int(self.reasons)

    def nvmlDeviceGetUtilizationRates(self, handle: str) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(gpu=self.busy.pop(0) if len(self.busy) > 1 else self.busy[0])


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> _Nvml:
    made = _Nvml()
    monkeypatch.setitem(sys.modules, "pynvml", made)
    monkeypatch.setattr(
        "torch.cuda.get_device_properties", lambda device: SimpleNamespace(uuid="12-34")
    )
    monkeypatch.setattr(nvml, "_AT_REST_SECONDS", 0.0)
    monkeypatch.setattr(contention.CpuMonitor, "lost", lambda self: 0.01)
    return made


def test_a_gpus_state_is_kept_and_what_it_cannot_tell_left_out(fake: _Nvml) -> None:
    watch = contention.GpuMonitor("cuda:0")
    watch.begin()
    assert watch.lost() < 0.05
    gpu = watch.notes()["gpu"]
    assert gpu["by"] == "NVML"
    assert gpu["before"] == {
        "clock": 1500,
        "clock_max": 1980,
        "temperature": 41,
        "power_capped": False,
        "throttled": [],
        "processes": 1,
        "busy_percent": 0,
    }
    assert "busy_percent" not in gpu["after"]


def test_a_gpu_that_throttles_disturbs_and_one_at_its_power_cap_does_not(fake: _Nvml) -> None:
    watch = contention.GpuMonitor("cuda:0")
    fake.reasons = 0x04
    assert watch.lost() < 0.05
    assert watch.notes()["gpu"]["after"]["power_capped"]
    fake.reasons = 0x04 | 0x40
    assert watch.lost() == 1.0
    assert watch.notes()["gpu"]["after"]["throttled"] == ["hardware thermal slowdown"]


def test_a_gpu_that_works_for_others_disturbs(fake: _Nvml) -> None:
    fake.busy = [90, 60, 0]
    assert contention.GpuMonitor("cuda:0").lost() < 0.05, "that was our own last work, fading"
    fake.busy = [90]
    assert contention.GpuMonitor("cuda:0").lost() == 1.0


def test_without_nvml_it_is_said(fake: _Nvml, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.broken = True
    assert "NVML says Driver Not Loaded" in nvml.Gpu("cuda:0").how
    monkeypatch.setitem(sys.modules, "pynvml", None)
    watch = contention.GpuMonitor("cuda:0")
    assert watch.lost() < 0.05
    assert watch.notes()["gpu"] == {
        "by": "not monitored: nvidia-ml-py is not installed",
        "before": {},
        "after": {},
    }
    assert contention.monitor_for("mps").notes() == {"by": "not monitored"}
