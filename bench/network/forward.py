"""Forward passes: uint8 images -> logits, on any device, in float32, float64 or mixed precision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TypeAlias, cast

import numpy as np
import torch
from numpy.typing import NDArray

from bench.checkpoints.build import build
from bench.network import device as devices
from bench.network.upload import to_tensor, to_tensors
from bench.spec import Model, Options
from bench.spec.errors import JobError

#: At most one network, with everything that it was made from.
_last_network: list[tuple[tuple[Model, str, bool, bool], torch.nn.Module]] = []


#: float64, (N, K).
Logits: TypeAlias = NDArray[np.float64]


@dataclass
class Forward:
    """A network, and how to run it on uint8 images.

    ``batch`` is halved, for good, each time it does not fit into the device's memory;
    ``requested_batch`` is its first value.
    """

    network: torch.nn.Module
    model: Model
    options: Options
    requested_batch: int = field(init=False)
    batch: int = field(init=False)

    def __post_init__(self) -> None:
        if self.options.batch_size < 0:
            raise JobError(f"batch size {self.options.batch_size}: must be at least 1")
        self.batch = self.options.batch_size or devices.automatic_batch(self.options)
        self.requested_batch = self.batch
        self._cuda = self.options.device.startswith("cuda")
        self._scale: dict[torch.dtype, tuple[torch.Tensor, torch.Tensor]] = {}

    def logits(self, pixels: NDArray[np.uint8], dtype: torch.dtype = torch.float32) -> Logits:
        """Logits (N, K) in float64, computed in ``dtype``, of uint8 pixels (N, H, W, 3).

        Raises `JobError` if the network returns anything else, or a single image does not fit into
        memory.
        """
        return self._launch(to_tensor(pixels, pinned=self._cuda), dtype).logits()

    def stream(self, blocks: Iterable[NDArray[np.uint8]]) -> Iterator[Logits]:
        """`logits` of each block in turn.

        On CUDA the work overlaps: while the device computes one block, the caller uses the previous
        one and the next one is read.
        """
        previous: _PendingLogits | None = None
        for block in to_tensors(blocks, ahead=self._cuda, pinned=self._cuda):
            pending = self._launch(block, torch.float32)
            if previous is not None:
                yield previous.logits()
            previous = pending
        if previous is not None:
            yield previous.logits()

    def exact(self) -> Forward:
        """The same network in float64, not compiled; on the CPU if the device has no float64."""
        options = self.options
        where = "cpu" if options.device == "mps" else options.device
        plain = getattr(self.network, "_orig_mod", self.network)
        other = deepcopy(plain).to(where, torch.float64)
        return Forward(other, self.model, Options(device=where, batch_size=self.batch))

    def _launch(self, pixels: torch.Tensor, dtype: torch.dtype) -> _PendingLogits:
        """Start computing the logits of a block and copying them to the host."""
        parts: list[torch.Tensor] = []
        start = 0
        while start < len(pixels):
            block = pixels[start : start + self.batch]
            logits = self._batch_logits(block, dtype)
            if logits is None:
                self._halve(len(block))
                continue
            parts.append(logits.to("cpu", non_blocking=self._cuda))
            start += len(block)
        ready = None
        if self._cuda:
            ready = torch.cuda.Event()
            ready.record(torch.cuda.current_stream(self.options.device))
        return _PendingLogits(parts, ready)

    def _batch_logits(self, pixels: torch.Tensor, dtype: torch.dtype) -> torch.Tensor | None:
        """Logits (B, K) on the device; None if they do not fit into its memory.

        It must return None then, not raise: an exception would keep all activations alive.
        """
        n = len(pixels)
        if self.options.compile and n < self.batch:  # or the last block would be compiled anew
            pixels = torch.cat([pixels, pixels[-1:].expand(self.batch - n, -1, -1, -1)])
        amp_dtype = str(self.options.amp_dtype) if self.options.amp else None
        try:
            images = self._prepared(pixels, dtype)
            with devices.autocast(self.options.device, amp_dtype):
                logits = self.network(images)
        except torch.OutOfMemoryError:
            return None
        expected = (len(pixels), self.model.classes)
        if not isinstance(logits, torch.Tensor) or tuple(logits.shape) != expected:
            got = tuple(getattr(logits, "shape", ())) or type(logits).__name__
            raise JobError(
                f"{self.model.name} returned {got}, but is declared to return logits of {expected}"
            )
        return logits[:n]

    def _prepared(self, pixels: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        """Normalised images (B, 3, H, W) on the device; uploaded as bytes, a quarter of float32."""
        where = self.options.device
        if dtype not in self._scale:
            self._scale[dtype] = tuple(  # type: ignore[assignment]
                torch.tensor(given, dtype=dtype, device=where).view(3, 1, 1)
                for given in (self.model.mean, self.model.std)
            )
        mean, std = self._scale[dtype]
        layout = torch.channels_last if self.options.channels_last else torch.contiguous_format
        images = pixels.to(where, non_blocking=self._cuda).permute(0, 3, 1, 2)
        # Change the layout as bytes: on a CPU that is four times faster than as float32.
        images = images.contiguous(memory_format=layout).to(dtype)
        return images.div_(255).sub_(mean).div_(std)

    def _halve(self, tried: int) -> None:
        if tried == 1:
            raise JobError(f"{self.model.name}: out of memory on a single image")
        self.batch = tried // 2
        if self._cuda:
            torch.cuda.empty_cache()


@dataclass(frozen=True)
class _PendingLogits:
    """Logits that may still be on their way to the host; ``ready`` fires when all have arrived."""

    parts: list[torch.Tensor]
    ready: torch.cuda.Event | None

    def logits(self) -> Logits:
        if self.ready is not None:
            self.ready.synchronize()
        rows = [part.to(torch.float64).numpy() for part in self.parts]
        return rows[0] if len(rows) == 1 else np.concatenate(rows)


def network_of(model: Model, options: Options) -> torch.nn.Module:
    """The network on its device; the last one is kept, because a model's jobs follow each other.

    It is reused only for an equal declaration, run the same way; all of both is compared.
    """
    wanted = (model, options.device, options.channels_last, options.compile)
    if not _last_network or _last_network[0][0] != wanted:
        _last_network.clear()  # before building the next: two may not fit
        network = build(model).to(options.device)
        if options.channels_last:
            network = network.to(memory_format=torch.channels_last)
        compiled = torch.compile(network) if options.compile else network
        _last_network.append((wanted, cast(torch.nn.Module, compiled)))
    return _last_network[0][1]
