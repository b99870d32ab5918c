"""What one process times of one job; `bench.speed.speed` makes rows of one or more of these."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch

from bench.network import device as devices
from bench.network.memory import PeakMemory
from bench.spec import Job
from bench.spec.errors import JobError
from bench.speed.batch_search import Search, search
from bench.speed.ceilings import ceilings
from bench.speed.contention import guarding
from bench.speed.passes import Passes, fresh_compiler
from bench.speed.sampling import Guard, Rule, Sampled, sampled

#: Ten samples are the least that bound a median at 95 % without its being the extremes, six the
#: least that bound it at all.
THROUGHPUT = Rule(warmup=2, iterations=10, seconds=0.2, longest=20.0, least=6)
#: A hundred are the least of which one is beyond the 99th percentile.
LATENCY = Rule(warmup=5, iterations=100, seconds=0.2, longest=20.0, least=6)


@dataclass(frozen=True, kw_only=True)
class Timed:
    """One process's numbers: seconds of each pass, and what bounds them."""

    batch: int
    passes: list[float]
    singles: list[float]  #: of one image
    disturbed: int  #: samples kept of both kinds although others disturbed them
    peak_mib: float | None
    compile_seconds: float | None
    flops_per_s: float
    bytes_per_s: float
    notes: dict[str, Any] = field(default_factory=dict)


def timed(job: Job) -> Timed:
    """Times the job's network in this process; see `bench.speed.speed` for what is timed.

    A batch for which CUDA has no memory is halved, which the notes say. Raises `JobError` where
    there is none for one image, or the network cannot be compiled.
    """
    options = job.options
    if options.batch_size < 0:
        raise JobError(f"batch size {options.batch_size}; it must be at least 1, or 0 for the best")
    memory, guard = PeakMemory(options.device), guarding(options.device)
    with ExitStack() as stack:
        stack.enter_context(devices.computing_on(devices.threads()))
        stack.enter_context(torch.inference_mode())
        stack.enter_context(devices.true_float32())
        if options.compile:
            stack.enter_context(fresh_compiler())
        passes = Passes(job)
        found = _search(job, passes) if options.batch_size == 0 else None
        batch = found.best if found else options.batch_size
        batch, compiled, whole = _fitting(job, passes, batch, memory, guard)
        single = sampled(partial(passes.single, 1), LATENCY, guard)
        top = ceilings(options.device, options)
    peak = memory.measurements()
    # On a CPU the compiler's own memory is resident too, and cannot be told from the network's.
    told = peak and not (options.compile and options.device == "cpu")
    return Timed(
        batch=batch,
        passes=whole.seconds,
        singles=single.seconds,
        disturbed=whole.disturbed + single.disturbed,
        peak_mib=peak[0].value if told else None,
        compile_seconds=compiled,
        flops_per_s=top.flops_per_s,
        bytes_per_s=top.bytes_per_s,
        notes={
            "pid": os.getpid(),
            "peak_memory": memory.how if told else "not measured",
            "guard": dict(guard.notes()),
            "throughput": _kept(whole),
            "latency": _kept(single),
            **({"curve": found.curve, "search_ended": found.ended} if found else {}),
        },
    )


def _kept(samples: Sampled) -> dict[str, int]:
    return {
        "samples": len(samples.seconds),
        "discarded": samples.discarded,
        "disturbed": samples.disturbed,
    }


def _search(job: Job, passes: Passes) -> Search:
    """Of the network as it is: compiling it anew for every size would cost minutes."""
    try:
        found = search(passes.burst, torch.OutOfMemoryError)
    except torch.OutOfMemoryError as error:
        raise _no_room(job) from error
    _give_back(job)
    return found


def _fitting(
    job: Job, passes: Passes, batch: int, memory: PeakMemory, guard: Guard
) -> tuple[int, float | None, Sampled]:
    """The batch size, or its first half, quarter ... that fits; compile seconds; samples."""
    while True:
        try:
            compiled = passes.compile(batch) if job.options.compile else None
            memory.restart()
            whole = sampled(passes.burst(batch), THROUGHPUT, guard)
        except torch.OutOfMemoryError as error:
            if batch == 1:
                raise _no_room(job) from error
            batch //= 2
            _give_back(job)
        else:
            memory.stop()
            return batch, compiled, whole


def _no_room(job: Job) -> JobError:
    return JobError(f"{job.model.name} has no memory for a single image")


def _give_back(job: Job) -> None:
    if job.options.device.startswith("cuda"):
        torch.cuda.empty_cache()
