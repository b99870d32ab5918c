"""Speed: throughput, latency and peak memory of one architecture on one device.

Random images already on the device, random weights, no decoding: what is timed is the network.
Sampling goes on until both so many passes and so many seconds are reached, within a time that a
huge network must not exceed; samples that others disturbed are repeated. Float32 is true float32
everywhere, see `bench.network.device.true_float32`; whoever wants TF32's speed will want ``--amp``
more.

The samples of one process are not independent runs: its interval covers what varied within it. With
``replicates`` of 2 and more as many processes time the same job, and the interval is where the same
command, given again, should find its median: `bench.speed.sampling.repeat_interval`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import torch

from bench.network import device as devices
from bench.spec import Job, Measurement, Outcome, Status
from bench.speed.ceilings import Ceilings, shares
from bench.speed.pool import replicated
from bench.speed.sampling import median, percentile, repeat_interval
from bench.speed.session import Timed, timed

#: A percentile needs a sample beyond it: the 95th twenty, the 99th a hundred.
_PERCENTILES = {50: 1, 95: 20, 99: 100}


def measure(job: Job) -> Outcome:
    """Throughput at the job's batch size, latency at batch 1, and peak memory.

    ``throughput`` in img/s is from the median pass of ``batch`` images, with its 95 % interval;
    ``latency_p50``, ``_p95`` and ``_p99`` are in ms, what a caller waits for one image;
    ``peak_memory`` of the whole batch is in MiB, ``compile_seconds`` what the first compiled batch
    took, in s, with nothing cached. ``compute_share`` and ``bandwidth_share`` are in % of the
    device's fastest matrix product and copy, see `bench.speed.ceilings.shares`; ``disturbed`` is
    the % of samples that were kept although others disturbed them. A percentile of too few samples
    is left out, as is what the device does not tell.

    What is compiled is timed in a process of its own, which a crash of the compiler may end.
    """
    alone = job.options.replicates == 1 and not job.options.compile
    found = [timed(job)] if alone else replicated(job)
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


def _throughput(found: Sequence[Timed]) -> Measurement:
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


def _latencies(found: Sequence[Timed]) -> list[Measurement]:
    """The median with its interval; the others over the samples of all processes."""
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
    """The median process's, where all have it."""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return []
    low, high = (min(known), max(known)) if len(known) > 1 else (None, None)
    return [
        Measurement(metric=metric, value=median(known), unit=unit, low=low, high=high, n=len(known))
    ]


def _shares(job: Job, throughput: Measurement, found: Sequence[Timed]) -> list[Measurement]:
    """Of the highest ceilings that any of the processes reached."""
    top = Ceilings(
        flops_per_s=max(one.flops_per_s for one in found),
        bytes_per_s=max(one.bytes_per_s for one in found),
    )
    reached = shares(job.model, job.options, throughput.value, found[-1].batch, top)
    return [Measurement(metric=name, value=share, unit="%") for name, share in reached.items()]


def _disturbed(found: Sequence[Timed]) -> Measurement:
    kept = sum(len(one.passes) + len(one.singles) for one in found)
    disturbed = sum(one.disturbed for one in found)
    return Measurement(metric="disturbed", value=100 * disturbed / kept, unit="%", n=kept)


def _notes(job: Job, found: Sequence[Timed]) -> dict[str, Any]:
    """Conditions, and of each process every sample kept."""
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
