"""``bench doctor --speed``: how well speed repeats on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.spec import Model, Options
from bench.spec.errors import UsageError

if TYPE_CHECKING:
    from bench.speed.noise import Noise

#: Small networks of both kinds, so that it takes a minute.
_MODELS = ("convnext_m.g1k", "vit_m.g1k")
_PROCESSES, _BATCH = 5, 64
_COMPARISONS = (3, 5, 10, 20)  # processes per version
_DISTURBED = 0.05  # share of samples
_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


def show(device: str) -> None:
    """Time the models and print the results. Raises JobError if a process fails."""
    from bench import registry
    from bench.network.device import describe
    from bench.speed.noise import noise

    declared = registry.models()
    models = [model for model in declared if model.name in _MODELS] or list(declared[:2])
    if not models:
        raise UsageError("no models to time; `bench list models` shows all that are declared")
    found = describe(device)
    options = Options(device=found["device"], device_name=found["name"], batch_size=_BATCH)
    print(
        f"timing {_names(models)} in {_PROCESSES} processes each on {found['name']}",
        file=sys.stderr,
        flush=True,
    )
    results = noise(models, options, _PROCESSES)
    print("\n".join(report_lines(results, device=options.device)))


def report_lines(results: Sequence[Noise], *, device: str) -> list[str]:
    """The results as lines; the model that repeats worst decides what can be detected."""
    from bench.speed.noise import detectable

    lines = [
        f"{one.model}: {one.images_per_s:,.0f} img/s; standard deviation between processes "
        f"{one.between:.1%}, width of the interval within one process {one.within:.1%}"
        for one in results
    ]
    worst = max(one.between for one in results)
    seen = ", ".join(f"{detectable(worst, n) - 1:.1%} with {n}" for n in _COMPARISONS)
    lines.append(
        f"smallest detectable difference between two versions: {seen} processes each "
        "(95 % confidence, 80 % power)"
    )
    lines.append(_disturbance(results))
    return [*lines, _settings()] if device == "cpu" else lines


def _disturbance(results: Sequence[Noise]) -> str:
    kept, repeated = (max(getattr(r, name) for r in results) for name in ("disturbed", "discarded"))
    known = [one.others for one in results if one.others is not None]
    load = f"; other programs used {max(known):.1f} CPUs" if known else ""
    if kept > _DISTURBED:
        return (
            f"this machine is busy: {kept:.0%} of the kept samples were disturbed{load}. "
            "Stop other programs before measuring"
        )
    if repeated > _DISTURBED:
        return f"this machine is in use: {repeated:.0%} of the samples were repeated{load}"
    return f"this machine is quiet: {repeated:.0%} of the samples were repeated{load}"


def _settings() -> str:
    from bench.network.device import threads

    try:
        governor = f"clock governor {_GOVERNOR.read_text().strip()}"
    except OSError:
        governor = "clock governor unknown"
    known_bad = "performance" not in governor and "unknown" not in governor
    advice = " (performance is better)" if known_bad else ""
    return f"{threads()} of {os.cpu_count()} logical CPUs used; {governor}{advice}"


def _names(models: Sequence[Model]) -> str:
    return " and ".join(model.architecture for model in models)
