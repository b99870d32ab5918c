"""Blocks of pixels as tensors to upload; the next one is read while the current one is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray


def to_tensors(
    blocks: Iterable[NDArray[np.uint8]], *, ahead: bool, pinned: bool
) -> Iterator[torch.Tensor]:
    """Each block as a tensor, in order. Passes on whatever reading a block raises.

    With ``ahead``, a thread reads the next block in the meantime. ``pinned`` uses page-locked
    memory, from which CUDA copies asynchronously.
    """
    if not ahead:
        for block in blocks:
            yield to_tensor(block, pinned=pinned)
        return
    source = iter(blocks)

    def load() -> torch.Tensor | None:
        block = next(source, None)
        return None if block is None else to_tensor(block, pinned=pinned)

    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as thread:
        coming = thread.submit(load)
        while (ready := coming.result()) is not None:
            coming = thread.submit(load)
            yield ready


def to_tensor(block: NDArray[np.uint8], *, pinned: bool) -> torch.Tensor:
    """A copy of one block: torch does not accept a read-only memory map."""
    tensor = torch.empty(block.shape, dtype=torch.uint8, pin_memory=pinned)
    np.copyto(tensor.numpy(), block)
    return tensor
