"""Peak memory of a computation: torch's own count on CUDA, growth of resident memory on a CPU."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from pathlib import Path

import torch

from bench.spec import Measurement

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


class PeakMemory:
    """Create before the network is, ``restart()`` before the passes to measure, ``stop()`` after.

    The peak above what was held at creation, so with the network's weights and without other
    networks'. On CUDA it is of memory that torch allocated on the device, on Linux's CPUs of the
    process's resident memory, kernels' scratch included; memory freed earlier is given back first,
    so that it is not reused unseen. Elsewhere nothing is measured and no number given.
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
        """Forget peaks so far."""
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
        """``peak_memory`` in MiB, or nothing where it was not measured."""
        if self._bytes is None:
            return []
        return [Measurement(metric="peak_memory", value=self._bytes / 2**20, unit="MiB")]


def _reset_peak() -> bool:
    """Give freed memory back and restart the kernel's high-water mark; False if it cannot be."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    try:
        _CLEAR.write_text("5")  # see proc_pid_clear_refs(5)
    except OSError:
        return False
    return True


def _resident(field: str) -> int | None:
    """A size of ``/proc/self/status`` in bytes: ``VmRSS`` is now, ``VmHWM`` the high-water mark."""
    with suppress(OSError, IndexError, ValueError):
        for line in _STATUS.read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
    return None
