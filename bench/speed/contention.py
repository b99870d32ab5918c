"""Contention: how much of its time a measurement lost to others on the same CPU or GPU.

On Linux a thread's wait for a CPU is counted by the kernel, nanosecond by nanosecond; elsewhere
what is left of the wall time after the calling thread's CPU time says nearly the same, because
that thread takes part in all of torch's work. A GPU's state is in `bench.speed.nvml`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.speed.nvml import Gpu
from bench.speed.sampling import Unguarded

_TASKS = Path("/proc/self/task")
_STAT = Path("/proc/stat")
#: Columns of /proc/stat that are no work of this machine: idle, iowait; steal is counted apart.
_IDLE, _STEAL = (3, 4), 7
#: Utilisation, in %, from which a GPU that we leave alone works for others.
_BUSY = 5


class CpuGuard:
    """Guards what runs on this process's threads; see `bench.speed.sampling.Guard`."""

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
        """Share of the time since `begin` that our threads waited for a CPU."""
        cpu, wall = time.thread_time() - self._cpu, time.perf_counter() - self._start
        after = _waited()
        if after is None or self._waited is None:
            return max(1 - cpu / wall, 0.0)
        return (after - self._waited) / wall

    def notes(self) -> Mapping[str, Any]:
        """What was watched, and what others did on the CPUs since this guard was made."""
        return {"by": self.how, **self._load.notes()}


class GpuGuard:
    """Guards what a CPU launches on an NVIDIA GPU: either may be disturbed."""

    def __init__(self, device: str) -> None:
        self._cpu, self._gpu = CpuGuard(), Gpu(device)
        self._before = self._gpu.state(at_rest=True)

    def begin(self) -> None:
        """A sample starts."""
        self._cpu.begin()

    def lost(self) -> float:
        """1 if the GPU slows itself down or others compute on it, else what the CPU lost."""
        if self._gpu.throttled() or self._before.get("busy_percent", 0) >= _BUSY:
            return 1.0
        # A thread that waits for the GPU may sleep, which only the kernel's own count tells apart.
        return self._cpu.lost() if self._cpu.how.startswith("threads") else 0.0

    def notes(self) -> Mapping[str, Any]:
        """The GPU's clocks, temperature, throttling and processes, before and now."""
        gpu = {"by": self._gpu.how, "before": self._before, "after": self._gpu.state()}
        return {**self._cpu.notes(), "gpu": gpu}


class NoGuard(Unguarded):
    """For devices that tell nothing."""

    def notes(self) -> Mapping[str, Any]:
        """That nothing was watched."""
        return {"by": "not guarded"}


class Load:
    """What others did on this machine's CPUs since it was made, where Linux tells."""

    def __init__(self) -> None:
        self._before, self._own = _ticks(), time.process_time()

    def notes(self) -> dict[str, float]:
        """``others`` and ``steal``: CPUs' worth of work of other processes and other machines.

        Both are means since the start, in CPUs: 0.5 is half of one CPU. Empty where unknown.
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


def guarding(device: str) -> CpuGuard | GpuGuard | NoGuard:
    """The guard for a torch device."""
    if device == "cpu":
        return CpuGuard()
    return GpuGuard(device) if device.startswith("cuda") else NoGuard()


def _waited() -> float | None:
    """Seconds that all threads of this process were ready to run, and did not."""
    total, own = 0, str(os.getpid())
    try:
        for task in os.listdir(_TASKS):  # noqa: PTH208 - a fifth of iterdir's time
            try:
                total += int((_TASKS / task / "schedstat").read_bytes().split()[1])
            except (FileNotFoundError, ProcessLookupError):
                if task == own:  # not a thread that just ended: this kernel counts nothing
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
