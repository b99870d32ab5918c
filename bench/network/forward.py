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
from bench.network.upload import staged, staged_block
from bench.spec import Model, Options
from bench.spec.errors import JobError

#: At most one network, with all that it was made of.
_kept: list[tuple[tuple[Model, str, bool, bool], torch.nn.Module]] = []


#: Answers, float64 (N, K).
Logits: TypeAlias = NDArray[np.float64]


@dataclass
class Forward:
    """A network with what it takes to run it on uint8 images.

    ``batch`` is halved, and stays so, each time the device has no memory for it; ``asked`` is what
    it was first.
    """

    network: torch.nn.Module
    model: Model
    options: Options
    asked: int = field(init=False)
    batch: int = field(init=False)

    def __post_init__(self) -> None:
        if self.options.batch_size < 0:
            raise JobError(f"batch size {self.options.batch_size}; it must be at least 1")
        self.asked = self.batch = self.options.batch_size or devices.automatic_batch(self.options)
        self._cuda = self.options.device.startswith("cuda")
        self._scale: dict[torch.dtype, tuple[torch.Tensor, torch.Tensor]] = {}

    def logits(self, pixels: NDArray[np.uint8], dtype: torch.dtype = torch.float32) -> Logits:
        """Logits (N, K) in float64, computed in ``dtype``, of uint8 pixels (N, H, W, 3).

        Raises `JobError` if the network's answers are no such array or do not fit into memory.
        """
        return self._started(staged_block(pixels, pinned=self._cuda), dtype).logits()

    def stream(self, blocks: Iterable[NDArray[np.uint8]]) -> Iterator[Logits]:
        """`logits` of each block in turn.

        On CUDA nobody waits for anybody: while the device computes one block, the one before is the
        caller's and the next is read.
        """
        waiting: _Coming | None = None
        for block in staged(blocks, ahead=self._cuda, pinned=self._cuda):
            coming = self._started(block, torch.float32)
            if waiting is not None:
                yield waiting.logits()
            waiting = coming
        if waiting is not None:
            yield waiting.logits()

    def exact(self) -> Forward:
        """The same in float64, on the CPU where the device has none, without compilation."""
        options = self.options
        where = "cpu" if options.device == "mps" else options.device
        plain = getattr(self.network, "_orig_mod", self.network)
        other = deepcopy(plain).to(where, torch.float64)
        return Forward(other, self.model, Options(device=where, batch_size=self.batch))

    def _started(self, pixels: torch.Tensor, dtype: torch.dtype) -> _Coming:
        """Answers to a block, on their way to the host."""
        parts: list[torch.Tensor] = []
        start = 0
        while start < len(pixels):
            block = pixels[start : start + self.batch]
            answers = self._answers(block, dtype)
            if answers is None:
                self._halve(len(block))
                continue
            parts.append(answers.to("cpu", non_blocking=self._cuda))
            start += len(block)
        ready = None
        if self._cuda:
            ready = torch.cuda.Event()
            ready.record(torch.cuda.current_stream(self.options.device))
        return _Coming(parts, ready)

    def _answers(self, pixels: torch.Tensor, dtype: torch.dtype) -> torch.Tensor | None:
        """Logits (B, K) on the device; None where it has no memory for them.

        Nothing but None may leave here then: an exception would keep all activations alive.
        """
        n = len(pixels)
        if self.options.compile and n < self.batch:  # else the last block is compiled anew
            pixels = torch.cat([pixels, pixels[-1:].expand(self.batch - n, -1, -1, -1)])
        amp_dtype = str(self.options.amp_dtype) if self.options.amp else None
        try:
            images = self._prepared(pixels, dtype)
            with devices.autocast(self.options.device, amp_dtype):
                answers = self.network(images)
        except torch.OutOfMemoryError:
            return None
        expected = (len(pixels), self.model.classes)
        if not isinstance(answers, torch.Tensor) or tuple(answers.shape) != expected:
            got = tuple(getattr(answers, "shape", ())) or type(answers).__name__
            raise JobError(f"{self.model.name} answers with {got}, declared are {expected} logits")
        return answers[:n]

    def _prepared(self, pixels: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        """Normalised images (B, 3, H, W) on the device; sent as bytes, a quarter of float32."""
        where = self.options.device
        if dtype not in self._scale:
            self._scale[dtype] = tuple(  # type: ignore[assignment]
                torch.tensor(given, dtype=dtype, device=where).view(3, 1, 1)
                for given in (self.model.mean, self.model.std)
            )
        mean, std = self._scale[dtype]
        layout = torch.channels_last if self.options.channels_last else torch.contiguous_format
        images = pixels.to(where, non_blocking=self._cuda).permute(0, 3, 1, 2)
        # Laid out while they are bytes: four times faster on a CPU than as float32.
        images = images.contiguous(memory_format=layout).to(dtype)
        return images.div_(255).sub_(mean).div_(std)

    def _halve(self, tried: int) -> None:
        if tried == 1:
            raise JobError(f"{self.model.name} has no memory for a single image")
        self.batch = tried // 2
        if self._cuda:
            torch.cuda.empty_cache()


@dataclass(frozen=True)
class _Coming:
    """Answers that may still be on their way: ``ready`` is when all have come."""

    parts: list[torch.Tensor]
    ready: torch.cuda.Event | None

    def logits(self) -> Logits:
        if self.ready is not None:
            self.ready.synchronize()
        rows = [part.to(torch.float64).numpy() for part in self.parts]
        return rows[0] if len(rows) == 1 else np.concatenate(rows)


def network_of(model: Model, options: Options) -> torch.nn.Module:
    """The network on its device; the last one is kept, as jobs of a model follow each other.

    It is the same network only for an equal declaration, run in the same way: no part of either
    is left out of the comparison.
    """
    wanted = (model, options.device, options.channels_last, options.compile)
    if not _kept or _kept[0][0] != wanted:
        _kept.clear()  # before the next is built: two may not fit
        network = build(model).to(options.device)
        if options.channels_last:
            network = network.to(memory_format=torch.channels_last)
        compiled = torch.compile(network) if options.compile else network
        _kept.append((wanted, cast(torch.nn.Module, compiled)))
    return _kept[0][1]
