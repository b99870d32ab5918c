"""One job timed in one process; `bench.speed.speed` makes rows of one or more of these."""

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
from bench.speed.contention import monitor_for
from bench.speed.passes import ForwardPasses, fresh_compiler
from bench.speed.sampling import ContentionMonitor, KeptSamples, Rule, sample_passes

#: From ten samples on, a median's 95 % interval is narrower than their range; from six on there is
#: one at all.
THROUGHPUT = Rule(warmup=2, iterations=10, seconds=0.2, longest=20.0, least=6)
#: The 99th percentile takes a hundred samples.
LATENCY = Rule(warmup=5, iterations=100, seconds=0.2, longest=20.0, least=6)


@dataclass(frozen=True, kw_only=True)
class ProcessTiming:
    """What one process measured: seconds of each pass, memory, and the device's ceilings."""

    batch: int
    passes: list[float]  #: seconds, of ``batch`` images
    singles: list[float]  #: seconds, of one image
    disturbed: int  #: disturbed samples among both
    peak_mib: float | None
    compile_seconds: float | None
    flops_per_s: float
    bytes_per_s: float
    notes: dict[str, Any] = field(default_factory=dict)


def time_job(job: Job) -> ProcessTiming:
    """Time the job's network in this process; `bench.speed.speed` describes what is timed.

    A batch that does not fit into CUDA memory is halved, and the notes say so. Raises `JobError` if
    a single image does not fit or the network cannot be compiled.
    """
    options = job.options
    if options.batch_size < 0:
        raise JobError(
            f"batch size {options.batch_size}: must be at least 1, or 0 to search for the best"
        )
    memory, monitor = PeakMemory(options.device), monitor_for(options.device)
    with ExitStack() as stack:
        stack.enter_context(devices.using_threads(devices.threads()))
        stack.enter_context(torch.inference_mode())
        stack.enter_context(devices.true_float32())
        if options.compile:
            stack.enter_context(fresh_compiler())
        passes = ForwardPasses(job)
        found = _search(job, passes) if options.batch_size == 0 else None
        batch = found.best if found else options.batch_size
        batch, compiled, whole = _time_throughput(job, passes, batch, memory, monitor)
        single = sample_passes(partial(passes.single, 1), LATENCY, monitor)
        top = ceilings(options.device, options)
    peak = memory.measurements()
    # On a CPU the compiler's memory is resident too, and cannot be separated from the network's.
    peak_known = peak and not (options.compile and options.device == "cpu")
    return ProcessTiming(
        batch=batch,
        passes=whole.seconds,
        singles=single.seconds,
        disturbed=whole.disturbed + single.disturbed,
        peak_mib=peak[0].value if peak_known else None,
        compile_seconds=compiled,
        flops_per_s=top.flops_per_s,
        bytes_per_s=top.bytes_per_s,
        notes={
            "pid": os.getpid(),
            "peak_memory": memory.how if peak_known else "not measured",
            "guard": dict(monitor.notes()),
            "throughput": _sample_counts(whole),
            "latency": _sample_counts(single),
            **({"curve": found.curve, "search_ended": found.ended} if found else {}),
        },
    )


def _sample_counts(samples: KeptSamples) -> dict[str, int]:
    return {
        "samples": len(samples.seconds),
        "discarded": samples.discarded,
        "disturbed": samples.disturbed,
    }


def _search(job: Job, passes: ForwardPasses) -> Search:
    """Search with the eager network: compiling it for every size would take minutes."""
    try:
        found = search(passes.burst, torch.OutOfMemoryError)
    except torch.OutOfMemoryError as error:
        raise _out_of_memory(job) from error
    _free_gpu_memory(job)
    return found


def _time_throughput(
    job: Job, passes: ForwardPasses, batch: int, memory: PeakMemory, monitor: ContentionMonitor
) -> tuple[int, float | None, KeptSamples]:
    """Time the batch, halved until it fits; returns its size, compile seconds and samples."""
    while True:
        try:
            compiled = passes.compile(batch) if job.options.compile else None
            memory.restart()
            whole = sample_passes(passes.burst(batch), THROUGHPUT, monitor)
        except torch.OutOfMemoryError as error:
            if batch == 1:
                raise _out_of_memory(job) from error
            batch //= 2
            _free_gpu_memory(job)
        else:
            memory.stop()
            return batch, compiled, whole


def _out_of_memory(job: Job) -> JobError:
    return JobError(f"{job.model.name}: out of memory on a single image")


def _free_gpu_memory(job: Job) -> None:
    if job.options.device.startswith("cuda"):
        torch.cuda.empty_cache()
