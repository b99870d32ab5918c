"""Peak memory: torch's own count on CUDA, growth of resident memory on a CPU."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from pathlib import Path

import torch

from bench.spec import Measurement

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


class PeakMemory:
    """Create it before the network, ``restart()`` before the passes to measure, ``stop()`` after.

    The peak is counted from the memory in use at creation, so it includes this network's weights
    but no other network's. On CUDA it is the memory that torch allocated; on a CPU under Linux the
    process's resident memory, including the kernels' scratch space. Memory freed earlier is first
    returned to the system, or its reuse would go unnoticed. Elsewhere nothing is measured.
    """

    def __init__(self, device: str) -> None:
        self.how = "not measured on this device"
        self._device = device
        self._bytes: int | None = None
        self._base: int | None = None
        if device.startswith("cuda"):
            self.how = "growth of torch.cuda.max_memory_allocated"
            self._base = torch.cuda.memory_allocated(device)
        elif device == "cpu" and _reset_peak():
            self.how = "growth of peak resident memory"
            self._base = _resident("VmRSS")

    def restart(self) -> None:
        """Forget earlier peaks."""
        if self._device.startswith("cuda"):
            torch.cuda.reset_peak_memory_stats(self._device)
        elif self._base is not None:
            _reset_peak()

    def stop(self) -> None:
        """Read the peak since ``restart()``."""
        if self._device.startswith("cuda"):
            self._bytes = torch.cuda.max_memory_allocated(self._device) - (self._base or 0)
        elif self._base is not None:
            peak = _resident("VmHWM")
            self._bytes = max(peak - self._base, 0) if peak is not None else None

    def measurements(self) -> list[Measurement]:
        """``peak_memory`` in MiB, or an empty list if it was not measured."""
        if self._bytes is None:
            return []
        return [Measurement(metric="peak_memory", value=self._bytes / 2**20, unit="MiB")]


def _reset_peak() -> bool:
    """Return freed memory and reset the kernel's high-water mark; False if that is not possible."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    try:
        _CLEAR.write_text("5")  # see proc_pid_clear_refs(5)
    except OSError:
        return False
    return True


def _resident(field: str) -> int | None:
    """A size in ``/proc/self/status``, in bytes: ``VmRSS`` is now, ``VmHWM`` the peak."""
    with suppress(OSError, IndexError, ValueError):
        for line in _STATUS.read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
    return None
