"""Speed: throughput, latency and peak memory of one architecture on one device.

Only the network is timed: random weights, random images already on the device, no decoding.
Sampling lasts for a minimum number of passes and of seconds, with an upper limit for huge networks;
disturbed samples are repeated. Float32 is true float32 everywhere, see
`bench.network.device.true_float32`; for TF32's speed, ``--amp`` is the better choice.

Samples of one process are not independent runs: their interval covers the variation within it. With
``replicates`` of 2 or more, that many processes time the same job, and the interval is where the
same command, run again, should find its median: `bench.speed.sampling.repeat_interval`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import torch

from bench.network import device as devices
from bench.spec import Job, Measurement, Outcome, Status
from bench.speed.ceilings import Ceilings, shares
from bench.speed.pool import time_in_processes
from bench.speed.sampling import median, percentile, repeat_interval
from bench.speed.session import ProcessTiming, time_job

#: Samples that a percentile needs, so that one lies beyond it.
_PERCENTILES = {50: 1, 95: 20, 99: 100}


def measure(job: Job) -> Outcome:
    """Throughput at the job's batch size, latency at batch 1, and peak memory.

    ``throughput`` in img/s is from the median pass of ``batch`` images, with its 95 % interval;
    ``latency_p50``, ``_p95`` and ``_p99`` are the ms that a caller waits for one image;
    ``peak_memory`` is in MiB, for the whole batch; ``compile_seconds`` is the time of the first
    compiled batch with empty caches. ``compute_share`` and ``bandwidth_share`` are in % of the
    device's fastest matrix product and copy, see `bench.speed.ceilings.shares`; ``disturbed`` is
    the % of the kept samples that others disturbed. Percentiles of too few samples are left out,
    and so is what the device does not report.

    Compiled networks are timed in a process of their own, because the compiler may crash it.
    """
    alone = job.options.replicates == 1 and not job.options.compile
    found = [time_job(job)] if alone else time_in_processes(job)
    throughput = _throughput(found)
    batch = Measurement(metric="batch", value=found[-1].batch, unit="images")
    rows = [throughput, batch, *_latencies(found)]
    rows += _typical("peak_memory", "MiB", [one.peak_mib for one in found])
    rows += _typical("compile_seconds", "s", [one.compile_seconds for one in found])
    rows += _shares(job, throughput, found)
    return Outcome(
        job=job,
        status=Status.OK,
        measurements=(*rows, _disturbed(found)),
        notes=_notes(job, found),
    )


def _throughput(found: Sequence[ProcessTiming]) -> Measurement:
    images = [[seconds / one.batch for seconds in one.passes] for one in found]
    interval = repeat_interval(images)
    return Measurement(
        metric="throughput",
        value=1 / median([median(samples) for samples in images]),
        unit="img/s",
        low=1 / interval[1] if interval else None,
        high=1 / interval[0] if interval else None,
        n=sum(map(len, images)),
    )


def _latencies(found: Sequence[ProcessTiming]) -> list[Measurement]:
    """The median with its interval; higher percentiles over the samples of all processes."""
    singles = [one.singles for one in found]
    low, high = repeat_interval(singles) or (None, None)
    together = list(chain.from_iterable(singles))
    values = {
        percent: percentile(together, percent)
        for percent, least in _PERCENTILES.items()
        if len(together) >= least
    }
    if len(found) > 1:
        values[50] = median([median(samples) for samples in singles])
    return [
        Measurement(
            metric=f"latency_p{percent}",
            value=1e3 * value,
            unit="ms",
            low=1e3 * low if percent == 50 and low is not None else None,
            high=1e3 * high if percent == 50 and high is not None else None,
            n=len(together),
        )
        for percent, value in values.items()
    ]


def _typical(metric: str, unit: str, values: Sequence[float | None]) -> list[Measurement]:
    """The median over the processes, if all of them have a value."""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return []
    low, high = (min(known), max(known)) if len(known) > 1 else (None, None)
    return [
        Measurement(metric=metric, value=median(known), unit=unit, low=low, high=high, n=len(known))
    ]


def _shares(job: Job, throughput: Measurement, found: Sequence[ProcessTiming]) -> list[Measurement]:
    """Shares of the highest ceilings that any process reached."""
    top = Ceilings(
        flops_per_s=max(one.flops_per_s for one in found),
        bytes_per_s=max(one.bytes_per_s for one in found),
    )
    reached = shares(job.model, job.options, throughput.value, found[-1].batch, top)
    return [Measurement(metric=name, value=share, unit="%") for name, share in reached.items()]


def _disturbed(found: Sequence[ProcessTiming]) -> Measurement:
    kept = sum(len(one.passes) + len(one.singles) for one in found)
    disturbed = sum(one.disturbed for one in found)
    return Measurement(metric="disturbed", value=100 * disturbed / kept, unit="%", n=kept)


def _notes(job: Job, found: Sequence[ProcessTiming]) -> dict[str, Any]:
    """Conditions, and every kept sample of each process."""
    batch, wanted = found[-1].batch, job.options.batch_size
    notes: dict[str, Any] = {
        "batch": batch,
        "threads": devices.threads(),
        "tf32": False,
        "torch": torch.__version__,
        "flops_per_s": max(one.flops_per_s for one in found),
        "bytes_per_s": max(one.bytes_per_s for one in found),
        "processes": [
            {
                "batch_seconds": [round(seconds, 9) for seconds in one.passes],
                "latency_seconds": [round(seconds, 9) for seconds in one.singles],
                **one.notes,
            }
            for one in found
        ],
    }
    if 0 < batch < wanted:
        notes["out_of_memory"] = f"batch {wanted} did not fit, {batch} did"
    return notes
