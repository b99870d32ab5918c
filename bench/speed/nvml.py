"""An NVIDIA GPU's state by NVML, the library behind ``nvidia-smi``; needs ``nvidia-ml-py``.

Without that package, or without the driver's library, everything is unknown and `Gpu.how` says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

#: NVML's clock event reasons that make a GPU slower than it should be. The power cap is not among
#: them: large matrix products reach it on an undisturbed GPU.
#: Source: NVML API reference, group nvmlClocksEventReasons.
THROTTLING = {
    0x08: "hardware slowdown",
    0x20: "software thermal slowdown",
    0x40: "hardware thermal slowdown",
    0x80: "power brake",
}
_POWER_CAP = 0x04
#: Utilisation is a mean over up to a second, so we ask again until our own last work has left it.
_AT_REST_TRIES, _AT_REST_SECONDS = 8, 0.25


class Gpu:
    """One GPU, by its torch device string."""

    def __init__(self, device: str) -> None:
        self.how = "NVML"
        self._handle: Any = None
        try:
            self._nvml: Any = import_module("pynvml")
        except ImportError:
            self.how = "not monitored: nvidia-ml-py is not installed"
            return
        try:
            self._nvml.nvmlInit()
            self._handle = self._find(device)
        except self._nvml.NVMLError as error:
            self.how = f"not monitored: NVML says {error}"

    def throttled(self) -> list[str]:
        """Why the GPU is throttled right now; empty if it is not, or if unknown."""
        bits = self._query(self._reasons) or 0
        return [name for bit, name in THROTTLING.items() if bits & bit]

    def state(self, *, at_rest: bool = False) -> dict[str, Any]:
        """Clock and its maximum (MHz), temperature (C), power (W), throttling, processes.

        ``at_rest`` adds ``busy_percent``, the load by others; only while we compute nothing.
        """
        if self._handle is None:
            return {}
        nvml, handle = self._nvml, self._handle
        power = self._query(lambda: nvml.nvmlDeviceGetPowerUsage(handle))
        running = self._query(lambda: nvml.nvmlDeviceGetComputeRunningProcesses(handle))
        found = {
            "clock": self._query(lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM)),
            "clock_max": self._query(
                lambda: nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_SM)
            ),
            "temperature": self._query(
                lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)
            ),
            "power": None if power is None else power / 1e3,
            "power_capped": bool((self._query(self._reasons) or 0) & _POWER_CAP),
            "throttled": self.throttled(),
            "processes": None if running is None else len(running),
        }
        if at_rest:
            found["busy_percent"] = self._busy()
        return {name: value for name, value in found.items() if value is not None}

    def _busy(self) -> int | None:
        """The lowest utilisation seen in two seconds: the load by others, as our work has ended."""
        least: int | None = None
        for attempt in range(_AT_REST_TRIES):
            rates = self._query(lambda: self._nvml.nvmlDeviceGetUtilizationRates(self._handle))
            if rates is None:
                return least
            least = rates.gpu if least is None else min(least, rates.gpu)
            if least == 0:
                return 0
            if attempt < _AT_REST_TRIES - 1:
                time.sleep(_AT_REST_SECONDS)
        return least

    def _find(self, device: str) -> Any:
        """Find it by UUID: ``CUDA_VISIBLE_DEVICES`` renumbers torch's devices, not NVML's."""
        import torch

        uuid = torch.cuda.get_device_properties(device).uuid
        return self._nvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")

    def _reasons(self) -> int:
        ask = getattr(self._nvml, "nvmlDeviceGetCurrentClocksEventReasons", None)
        ask = ask or self._nvml.nvmlDeviceGetCurrentClocksThrottleReasons  # its name before 2023
        return int(ask(self._handle))

    def _query(self, question: Callable[[], Any]) -> Any:
        """The answer, or None if this GPU or its driver does not support the question."""
        if self._handle is None:
            return None
        with suppress(self._nvml.NVMLError):
            return question()
        return None
