"""``bench doctor --speed``: how well speed repeats on this machine, in words."""

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

#: Small networks of both kinds, so that a minute is enough.
_MODELS = ("convnext_m.g1k", "vit_m.g1k")
_PROCESSES, _BATCH = 5, 64
_COMPARISONS = (3, 5, 10, 20)  # processes a version, to say what each can see
_DISTURBED = 0.05  # share of samples
_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


def show(device: str) -> None:
    """Time, and print what came of it. Raises JobError if the processes cannot do their work."""
    from bench import registry
    from bench.network.device import describe
    from bench.speed.noise import noise

    declared = registry.models()
    models = [model for model in declared if model.name in _MODELS] or list(declared[:2])
    if not models:
        raise UsageError("no model is declared here to time; `bench list models` shows all")
    found = describe(device)
    options = Options(device=found["device"], device_name=found["name"], batch_size=_BATCH)
    print(
        f"timing {_names(models)} in {_PROCESSES} processes each, in turns, on {found['name']}",
        file=sys.stderr,
        flush=True,
    )
    results = noise(models, options, _PROCESSES)
    print("\n".join(words(results, device=options.device)))


def words(results: Sequence[Noise], *, device: str) -> list[str]:
    """Lines that say what was found; the worst model decides what can be seen."""
    from bench.speed.noise import detectable

    lines = [
        f"{one.model}: {one.images_per_s:,.0f} img/s; from process to process it differs by "
        f"{one.between:.1%} (standard deviation), where one process's own interval is "
        f"{one.within:.1%} wide"
        for one in results
    ]
    worst = max(one.between for one in results)
    seen = ", ".join(f"{detectable(worst, n) - 1:.1%} with {n}" for n in _COMPARISONS)
    lines.append(
        f"two versions timed in that many processes each are told apart if they differ by: {seen} "
        "(in 80 % of cases, at 95 %)"
    )
    lines.append(_disturbance(results))
    return [*lines, _settings()] if device == "cpu" else lines


def _disturbance(results: Sequence[Noise]) -> str:
    kept, repeated = (max(getattr(r, name) for r in results) for name in ("disturbed", "discarded"))
    known = [one.others for one in results if one.others is not None]
    load = f"; others kept {max(known):.1f} CPUs busy" if known else ""
    if kept > _DISTURBED:
        return (
            f"this machine is disturbed: {kept:.0%} of the samples had to be kept although others "
            f"took their time{load}. End other programs, then measure"
        )
    if repeated > _DISTURBED:
        return f"this machine is in use: {repeated:.0%} of the samples were repeated{load}"
    return f"this machine is quiet: {repeated:.0%} of the samples had to be repeated{load}"


def _settings() -> str:
    from bench.network.device import threads

    try:
        governor = f"clock governor {_GOVERNOR.read_text().strip()}"
    except OSError:
        governor = "this system does not tell its clock governor"
    wish = "" if "performance" in governor or "not tell" in governor else " (performance is better)"
    return f"{threads()} of {os.cpu_count()} logical CPUs used; {governor}{wish}"


def _names(models: Sequence[Model]) -> str:
    return " and ".join(model.architecture for model in models)
