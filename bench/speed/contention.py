"""Contention: how much time a measurement lost to other programs on the same CPU or GPU.

On Linux the kernel counts how long each thread waited for a CPU. Elsewhere, the wall time beyond
the calling thread's CPU time is a close substitute, because that thread takes part in all of
torch's work. `bench.speed.nvml` reads the state of a GPU.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.speed.nvml import Gpu
from bench.speed.sampling import NullMonitor

_TASKS = Path("/proc/self/task")
_STAT = Path("/proc/stat")
#: Columns of /proc/stat: idle and iowait are no work; steal is counted separately.
_IDLE, _STEAL = (3, 4), 7
#: A GPU that is at least this busy, in %, while we compute nothing works for others.
_BUSY = 5


class CpuMonitor:
    """Watches this process's threads; see `bench.speed.sampling.ContentionMonitor`."""

    def __init__(self) -> None:
        self.how = "threads' wait for a CPU, by the kernel"
        if _waited() is None:
            self.how = "wall time beyond the calling thread's CPU time"
        self._load = Load()
        self.begin()

    def begin(self) -> None:
        """A sample starts."""
        self._waited, self._start = _waited(), time.perf_counter()
        self._cpu = time.thread_time()

    def lost(self) -> float:
        """Share of the time since `begin` that our threads spent waiting for a CPU."""
        cpu, wall = time.thread_time() - self._cpu, time.perf_counter() - self._start
        after = _waited()
        if after is None or self._waited is None:
            return max(1 - cpu / wall, 0.0)
        return (after - self._waited) / wall

    def notes(self) -> Mapping[str, Any]:
        """How contention was measured, and the load by others since this monitor was created."""
        return {"by": self.how, **self._load.notes()}


class GpuMonitor:
    """Watches an NVIDIA GPU and the CPU that launches its work: either may be disturbed."""

    def __init__(self, device: str) -> None:
        self._cpu, self._gpu = CpuMonitor(), Gpu(device)
        self._before = self._gpu.state(at_rest=True)

    def begin(self) -> None:
        """A sample starts."""
        self._cpu.begin()

    def lost(self) -> float:
        """1 if the GPU throttles or others use it, else the share that the CPU lost."""
        if self._gpu.throttled() or self._before.get("busy_percent", 0) >= _BUSY:
            return 1.0
        # A thread may sleep while it waits for the GPU; only the kernel's count can tell.
        return self._cpu.lost() if self._cpu.how.startswith("threads") else 0.0

    def notes(self) -> Mapping[str, Any]:
        """The GPU's clocks, temperature, throttling and processes, before and now."""
        gpu = {"by": self._gpu.how, "before": self._before, "after": self._gpu.state()}
        return {**self._cpu.notes(), "gpu": gpu}


class NoMonitor(NullMonitor):
    """For devices that report nothing."""

    def notes(self) -> Mapping[str, Any]:
        """States that nothing was monitored."""
        return {"by": "not monitored"}


class Load:
    """Load on this machine's CPUs by others since it was created; Linux only."""

    def __init__(self) -> None:
        self._before, self._own = _ticks(), time.process_time()

    def notes(self) -> dict[str, float]:
        """``others`` and ``steal``: load by other processes, and by other virtual machines.

        Both are means since the start, in CPUs: 0.5 is half of one CPU. Empty if unknown.
        """
        after, own = _ticks(), time.process_time() - self._own
        if self._before is None or after is None:
            return {}
        passed = [b - a for a, b in zip(self._before, after, strict=True)]
        total = sum(passed) / (os.cpu_count() or 1)  # ticks of wall time
        if total <= 0:
            return {}
        second = os.sysconf("SC_CLK_TCK")
        busy = sum(passed) - sum(passed[i] for i in _IDLE) - passed[_STEAL]
        others = max(busy - own * second, 0) / total
        return {"others": round(others, 3), "steal": round(passed[_STEAL] / total, 3)}


def monitor_for(device: str) -> CpuMonitor | GpuMonitor | NoMonitor:
    """The monitor for a torch device."""
    if device == "cpu":
        return CpuMonitor()
    return GpuMonitor(device) if device.startswith("cuda") else NoMonitor()


def _waited() -> float | None:
    """Seconds that this process's threads were ready to run but had no CPU; None if unknown."""
    total, own = 0, str(os.getpid())
    try:
        for task in os.listdir(_TASKS):  # noqa: PTH208 - a fifth of iterdir's time
            try:
                total += int((_TASKS / task / "schedstat").read_bytes().split()[1])
            except (FileNotFoundError, ProcessLookupError):
                if task == own:  # no thread that just ended, so this kernel does not count
                    return None
    except (OSError, IndexError, ValueError):
        return None
    return total / 1e9


def _ticks() -> list[int] | None:
    """The first line of /proc/stat: user nice system idle iowait irq softirq steal."""
    try:
        return [int(field) for field in _STAT.read_text().split("\n", 1)[0].split()[1:9]]
    except (OSError, ValueError):
        return None
