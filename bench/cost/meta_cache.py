"""The meta device made quick: shapes are worked out once for equal arguments.

Many of torch's meta kernels are Python that takes 1-2 ms a call, and networks repeat their blocks.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

_Layout = tuple[torch.Size, tuple[int, ...], torch.dtype, torch.device]


class Shapes(TorchDispatchMode):
    """While it is active: operators on the meta device return what they returned before.

    What writes in place returns its first argument at once, random initialization above all: there
    is nothing to write. Tensors on other devices are left alone.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._known: dict[Any, _Layout | tuple[_Layout, ...]] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func.is_view or torch.Tag.inplace_view in func.tags:
            return func(*args, **kwargs)
        if func._schema.name.endswith("_") and args[0].is_meta:
            return args[0]
        key = (func, _key(args), _key(tuple(kwargs.items())))
        if key in self._known:
            return _made(self._known[key])
        result = func(*args, **kwargs)
        outputs = result if isinstance(result, tuple) else (result,)
        if all(isinstance(out, Tensor) and out.is_meta for out in outputs):
            inputs = {storage(leaf) for leaf in tensors(args)}
            if not inputs & {storage(out) for out in outputs}:
                layouts = tuple(_layout(out) for out in outputs)
                self._known[key] = layouts if isinstance(result, tuple) else layouts[0]
        return result


def storage(tensor: Tensor) -> int:
    """What views of one tensor have in common; addresses of data are all 0 on the meta device."""
    return int(tensor.untyped_storage()._cdata)


def tensors(value: Any) -> list[Tensor]:
    """All in what an operator takes or returns: it nests lists only."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, list | tuple):
        return [tensor for entry in value for tensor in tensors(entry)]
    return []


def _layout(tensor: Tensor) -> _Layout:
    return tensor.shape, tensor.stride(), tensor.dtype, tensor.device


def _key(value: Any) -> Any:
    if isinstance(value, Tensor):
        return _layout(value)
    if isinstance(value, list | tuple):
        return tuple(_key(entry) for entry in value)
    return type(value), value  # 1, 1.0 and True are equal


def _made(known: Any) -> Any:
    if isinstance(known[0], torch.Size):
        shape, stride, dtype, device = known
        return torch.empty_strided(shape, stride, dtype=dtype, device=device)
    return tuple(_made(layout) for layout in known)
