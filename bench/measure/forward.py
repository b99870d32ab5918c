"""Forward passes: uint8 images -> logits, on any device, in float32, float64 or mixed precision."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from bench.errors import JobError
from bench.measure import device as devices
from bench.metrics import Logits
from bench.models._build import build
from bench.spec import Model, Options

_last: dict[tuple[str, ...], torch.nn.Module] = {}


@dataclass
class Forward:
    """A network with what it takes to run it on uint8 images.

    ``batch`` is halved, and stays so, each time the device has no memory for it.
    """

    network: torch.nn.Module
    model: Model
    options: Options
    batch: int = field(init=False)

    def __post_init__(self) -> None:
        if self.options.batch_size < 1:
            raise JobError(f"batch size {self.options.batch_size}; it must be at least 1")
        self.batch = self.options.batch_size

    def logits(self, pixels: NDArray[np.uint8], dtype: torch.dtype = torch.float32) -> Logits:
        """Logits (N, K) in float64, computed in ``dtype``, of uint8 pixels (N, H, W, 3).

        Raises `JobError` if the network's answers are no such array or do not fit into memory.
        """
        rows = np.empty((len(pixels), self.model.classes))
        start = 0
        while start < len(pixels):
            block = pixels[start : start + self.batch]
            try:
                rows[start : start + len(block)] = self._answers(block, dtype)
            except torch.OutOfMemoryError as error:
                self._halve(len(block), error)
            else:
                start += len(block)
        return rows

    def exact(self) -> Forward:
        """The same in float64, on the CPU where the device has none, without compilation."""
        options = self.options
        where = "cpu" if options.device == "mps" else options.device
        plain = getattr(self.network, "_orig_mod", self.network)
        other = deepcopy(plain).to(where, torch.float64)
        twin = Forward(other, self.model, Options(device=where, batch_size=self.batch))
        twin.batch = self.batch
        return twin

    def _answers(self, pixels: NDArray[np.uint8], dtype: torch.dtype) -> Logits:
        images = self._prepared(pixels, dtype)
        amp_dtype = str(self.options.amp_dtype) if self.options.amp else None
        with devices.autocast(self.options.device, amp_dtype):
            answers = self.network(images)
        expected = (len(pixels), self.model.classes)
        if not isinstance(answers, torch.Tensor) or tuple(answers.shape) != expected:
            got = tuple(getattr(answers, "shape", ())) or type(answers).__name__
            raise JobError(f"{self.model.name} answers with {got}, declared are {expected} logits")
        return np.asarray(answers.cpu().to(torch.float64).numpy())

    def _prepared(self, pixels: NDArray[np.uint8], dtype: torch.dtype) -> torch.Tensor:
        """Normalised images (N, 3, H, W) on the device."""
        where = self.options.device
        # A copy: torch takes no read-only memory map.
        images = torch.from_numpy(np.array(pixels)).to(where).permute(0, 3, 1, 2).to(dtype)
        mean = torch.tensor(self.model.mean, dtype=dtype, device=where).view(3, 1, 1)
        std = torch.tensor(self.model.std, dtype=dtype, device=where).view(3, 1, 1)
        layout = torch.channels_last if self.options.channels_last else torch.contiguous_format
        return ((images / 255 - mean) / std).contiguous(memory_format=layout)

    def _halve(self, tried: int, error: torch.OutOfMemoryError) -> None:
        if tried == 1:
            raise JobError(f"{self.model.name} has no memory for a single image") from error
        self.batch = tried // 2
        if self.options.device.startswith("cuda"):
            torch.cuda.empty_cache()


def network_of(model: Model, options: Options) -> torch.nn.Module:
    """The network on its device; the last one is kept, as jobs of a model follow each other."""
    key = (
        model.name,
        model.arch,
        repr(sorted(model.kwargs.items())),
        model.weights_sha256,
        options.device,
        repr((options.channels_last, options.compile)),
    )
    if key not in _last:
        _last.clear()
        network = build(model).to(options.device)
        if options.channels_last:
            network = network.to(memory_format=torch.channels_last)
        compiled = torch.compile(network) if options.compile else network
        _last[key] = cast(torch.nn.Module, compiled)
    return _last[key]
