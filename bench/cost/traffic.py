"""Traffic: the bytes that the kernels of one forward pass read and write.

Every operator is taken as one kernel that reads its inputs and writes its outputs in full, which
is what eager execution does; a compiler that fuses operators moves less, so it is an upper
estimate. Views are free. Attention called as one operator reads queries, keys and values and
writes its output: its matrix never leaves the chip.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from bench.cost.meta_cache import storage, tensors


class Kernels(TorchDispatchMode):
    """While it is active: ``calls`` of kernels that move data of the images, and their ``bytes``.

    Weights, and what is made of weights alone, are left out: they are read once for a whole
    batch. So the bytes are those of an image times the batch, but for a copy that one image spares.
    """

    def __init__(self, weights: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls = 0
        self.bytes = 0
        # Tensors are kept with their storage's address, so that it is not given to another one.
        self._fixed = {storage(tensor): tensor for tensor in weights}
        self._paused = False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        outputs = func(*args, **(kwargs or {}))
        if not self._paused:
            self._moved((args, *(kwargs or {}).values()), outputs, in_place=func._schema.is_mutable)
        return outputs

    @contextmanager
    def one(self, inputs: object) -> Iterator[list[Any]]:
        """Take all kernels within as a single one that writes what is put into the list."""
        outputs: list[Any] = []
        self._paused = True
        try:
            yield outputs
        finally:
            self._paused = False
        self._moved(inputs, outputs, in_place=False)

    def _moved(self, inputs: object, outputs: object, *, in_place: bool) -> None:
        read, written = tensors(inputs), tensors(outputs)
        if not in_place and {*map(storage, written)} <= {*map(storage, read)}:
            return  # a view
        if all(storage(tensor) in self._fixed for tensor in read):
            self._fixed |= {storage(tensor): tensor for tensor in written}
            return
        for tensor in written:
            self._fixed.pop(storage(tensor), None)  # written into: of the images from here on
        self.calls += 1
        self.bytes += sum(
            min(tensor.numel() * tensor.element_size(), tensor.untyped_storage().nbytes())
            for tensor in (*read, *written)
            if storage(tensor) not in self._fixed
        )
