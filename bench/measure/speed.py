"""Speed: throughput, latency and peak memory of one architecture on one device.

Random images already on the device, random weights, no decoding: what is timed is the network. Each
sample is one forward pass, timed until its answer is there, after a warm-up. Sampling goes on until
both so many passes and so many seconds are reached. Float32 is true float32 everywhere, see
`bench.measure.device.true_float32`; whoever wants TF32's speed will want ``--amp`` more.

The samples of one process are not independent runs. The interval of the median covers what varied
within this one; to compare two versions, repeat the process: ``benchmarks/speed_repeat.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch

from bench.errors import JobError
from bench.measure import device as devices
from bench.measure.memory import PeakMemory
from bench.measure.sampling import (
    Rule,
    Samples,
    median,
    median_interval,
    percentile,
    sampled,
)
from bench.models._build import build
from bench.spec import Job, Measurement, Options, Outcome, Status

#: Ten samples are the least that bound a median at 95 % without its being the extremes.
THROUGHPUT = Rule(warmup=2, iterations=10, seconds=0.2)
#: A hundred are the least of which one is beyond the 99th percentile.
LATENCY = Rule(warmup=5, iterations=100, seconds=0.2)


def measure(job: Job) -> Outcome:
    """Throughput at the job's batch size, latency at batch 1, and peak memory.

    ``throughput`` in img/s is from the median pass, with its 95 % interval; ``latency_p50``,
    ``_p95`` and ``_p99`` are in ms, ``peak_memory`` of the whole batch in MiB. A batch for which
    CUDA has no memory is halved, which the notes say. Raises `JobError` where there is none for one
    image.
    """
    options = job.options
    if options.batch_size < 1:
        raise JobError(f"batch size {options.batch_size}; it must be at least 1")
    memory = PeakMemory(options.device)
    forward = _forward(job)
    with _threads(devices.threads()), torch.inference_mode(), devices.true_float32():
        batch, whole = _fitting(job, forward, memory)
        single = sampled(partial(forward, 1), LATENCY)
    notes = {
        "batch": batch,
        "iterations": len(whole),
        "warmup": THROUGHPUT.warmup,
        "batch_seconds": [round(seconds, 9) for seconds in whole],
        "latency_iterations": len(single),
        "latency_warmup": LATENCY.warmup,
        "latency_seconds": [round(seconds, 9) for seconds in single],
        "peak_memory": memory.how,
        "threads": devices.threads(),
        "tf32": False,
        "torch": torch.__version__,
    }
    if batch < options.batch_size:
        notes["out_of_memory"] = f"batch {options.batch_size} did not fit, {batch} did"
    return Outcome(
        job=job,
        status=Status.OK,
        measurements=(_throughput(whole, batch), *_latencies(single), *memory.measurements()),
        notes=notes,
    )


@contextmanager
def _threads(wanted: int) -> Iterator[None]:
    """Compute on so many CPU threads, the number that the device's name states."""
    before = torch.get_num_threads()
    torch.set_num_threads(wanted)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _forward(job: Job) -> Callable[[int], None]:
    """A pass over a batch of that size, which returns when its answer is there."""
    model, options = job.model, job.options
    network = build(model, weights=False).to(options.device)
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    network = network.to(memory_format=layout)
    run = torch.compile(network) if options.compile else network
    amp_dtype = str(options.amp_dtype) if options.amp else None
    random = torch.Generator().manual_seed(0)
    inputs: dict[int, torch.Tensor] = {}

    def forward(batch: int) -> None:
        if batch not in inputs:
            inputs.clear()
            # Not zeros: some kernels, and all power limits, go faster on them.
            images = torch.randn(batch, 3, model.resolution, model.resolution, generator=random)
            inputs[batch] = images.to(options.device).contiguous(memory_format=layout)
        with devices.autocast(options.device, amp_dtype):
            run(inputs[batch])
        _wait(options)

    return forward


def _wait(options: Options) -> None:
    if options.device.startswith("cuda"):
        torch.cuda.synchronize(options.device)
    elif options.device == "mps":
        torch.mps.synchronize()


def _fitting(job: Job, forward: Callable[[int], None], memory: PeakMemory) -> tuple[int, Samples]:
    """Samples at the job's batch size, or at the first half, quarter ... of it that fits."""
    batch = job.options.batch_size
    while True:
        memory.restart()
        try:
            samples = sampled(partial(forward, batch), THROUGHPUT)
        except torch.OutOfMemoryError as error:
            if batch == 1:
                raise JobError(f"{job.model.name} has no memory for a single image") from error
            batch //= 2
            if job.options.device.startswith("cuda"):
                torch.cuda.empty_cache()
        else:
            memory.stop()
            return batch, samples


def _throughput(samples: Samples, batch: int) -> Measurement:
    interval = median_interval(samples)
    return Measurement(
        metric="throughput",
        value=batch / median(samples),
        unit="img/s",
        low=batch / interval[1] if interval else None,
        high=batch / interval[0] if interval else None,
        n=len(samples),
    )


def _latencies(samples: Samples) -> list[Measurement]:
    low, high = median_interval(samples) or (None, None)
    return [
        Measurement(
            metric=f"latency_p{percent}",
            value=1e3 * percentile(samples, percent),
            unit="ms",
            low=1e3 * low if percent == 50 and low is not None else None,
            high=1e3 * high if percent == 50 and high is not None else None,
            n=len(samples),
        )
        for percent in (50, 95, 99)
    ]
