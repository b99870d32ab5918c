"""Timed forward passes of one network: by device events on CUDA, by the clock elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from math import ceil
from os import environ
from tempfile import TemporaryDirectory
from time import perf_counter

import torch

from bench.checkpoints.build import build
from bench.network import device as devices
from bench.spec import Job
from bench.spec.errors import JobError
from bench.speed.sampling import Burst, Samples

#: On CUDA, passes are launched in bursts of about this many seconds, and waited for together.
_BURST_SECONDS, _LONGEST_BURST = 0.05, 50


class ForwardPasses:
    """A job's network on its device, with random weights and random images in device memory."""

    def __init__(self, job: Job) -> None:
        model, options = job.model, job.options
        self._job = job
        self._layout = torch.channels_last if options.channels_last else torch.contiguous_format
        network = build(model, weights=False).to(options.device)
        self._eager = network.to(memory_format=self._layout)
        self._run = self._eager
        self._random = torch.Generator().manual_seed(0)
        self._images: dict[int, torch.Tensor] = {}
        self._in_a_row: dict[int, int] = {}

    def compile(self, batch: int) -> float:
        """Compile for this batch size and for one image; seconds that the batch's first pass took.

        Each size is compiled for itself: one dynamic kernel for all would be slower. Raises
        `JobError` with one line if the network cannot be compiled.
        """
        # torch's stubs say that a compiled module is not a module.
        self._run = torch.compile(self._eager, dynamic=False)  # type: ignore[assignment]
        start = perf_counter()
        try:
            self.single(batch)
            seconds = perf_counter() - start
            self.single(1)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:
            raise JobError(f"torch.compile fails: {_reason(error)}") from error
        return seconds

    def burst(self, batch: int) -> Burst:
        """One or more passes over ``batch`` images, as many as it takes to time them well."""
        return lambda: self._by_events(batch) if self._on_cuda else self.single(batch)

    def single(self, batch: int) -> Samples:
        """One pass, from the call until its result is there: the latency that a caller sees."""
        images = self._inputs(batch)
        before = perf_counter()
        self._forward(images)
        devices.synchronize(self._job.options.device)
        return [perf_counter() - before]

    @property
    def _on_cuda(self) -> bool:
        return self._job.options.device.startswith("cuda")

    def _forward(self, images: torch.Tensor) -> None:
        options = self._job.options
        with devices.autocast(options.device, str(options.amp_dtype) if options.amp else None):
            self._run(images)

    def _inputs(self, batch: int) -> torch.Tensor:
        if batch not in self._images:
            self._images.clear()
            side = self._job.model.resolution
            # Random, not zeros: zeros draw less power and some kernels run faster on them.
            images = torch.randn(batch, 3, side, side, generator=self._random)
            images = images.to(self._job.options.device).contiguous(memory_format=self._layout)
            self._images[batch] = images
        return self._images[batch]

    def _by_events(self, batch: int) -> Samples:
        """Device time from the end of one pass to the end of the next, with a full queue."""
        images, count = self._inputs(batch), self._in_a_row.get(batch, 1)
        ends = [torch.cuda.Event(enable_timing=True) for _ in range(count + 1)]
        for end in ends:
            self._forward(images)
            end.record()
        ends[-1].synchronize()
        seconds = [a.elapsed_time(b) / 1e3 for a, b in pairwise(ends)]
        wanted = ceil(_BURST_SECONDS / max(min(seconds), 1e-6))
        self._in_a_row[batch] = min(wanted, _LONGEST_BURST)
        return seconds


@contextmanager
def fresh_compiler() -> Iterator[None]:
    """Within it, ``torch.compile`` starts with empty caches and leaves nothing behind."""
    names = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")
    before = {name: environ.get(name) for name in names}
    torch.compiler.reset()
    with TemporaryDirectory(ignore_cleanup_errors=True) as empty:
        environ.update({name: f"{empty}/{name}" for name in names})
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    environ.pop(name, None)
                else:
                    environ[name] = value


def _reason(error: BaseException) -> str:
    """The first line of the innermost cause; the compiler wraps it in pages of advice."""
    while error.__cause__ is not None:
        error = error.__cause__
    inner = getattr(error, "inner_exception", error)
    lines = [line.strip() for line in str(inner).splitlines() if line.strip()]
    return f"{type(inner).__name__}: {lines[0] if lines else 'no reason given'}"
