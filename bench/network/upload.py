"""Blocks of pixels on their way to the device: the next is made ready while this one is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray


def staged(
    blocks: Iterable[NDArray[np.uint8]], *, ahead: bool, pinned: bool
) -> Iterator[torch.Tensor]:
    """Each block as a tensor of its own, in order; what reading them raises, it raises.

    With ``ahead`` a thread reads the next block meanwhile. ``pinned`` puts them into page-locked
    memory, which CUDA copies from without anyone waiting.
    """
    if not ahead:
        for block in blocks:
            yield staged_block(block, pinned=pinned)
        return
    source = iter(blocks)

    def load() -> torch.Tensor | None:
        block = next(source, None)
        return None if block is None else staged_block(block, pinned=pinned)

    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as thread:
        coming = thread.submit(load)
        while (ready := coming.result()) is not None:
            coming = thread.submit(load)
            yield ready


def staged_block(block: NDArray[np.uint8], *, pinned: bool) -> torch.Tensor:
    """A copy of one block, as torch takes no read-only memory map."""
    tensor = torch.empty(block.shape, dtype=torch.uint8, pin_memory=pinned)
    np.copyto(tensor.numpy(), block)
    return tensor
