"""What torch's counter lacks: formulas of kernels, and the names of kernels that have none.

`torch.utils.flop_counter` has formulas for some kernels and adds nothing for the others, without
a word. Which kernels it knows changes with torch's version, and which kernel runs with the device:
attention on the CPU has one of its own, that torch 2.6 to 2.14 do not know. So the formulas it
lacks stand here, and what multiplies and has no formula at all is named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from math import prod
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry

Shape = tuple[int, ...]


def counter() -> FlopCounterMode:
    """Torch's counter with the formulas that it lacks; its own take precedence.

    >>> with counter() as flops:
    ...     _ = torch.zeros(3, 5) @ torch.zeros(5)
    >>> flops.get_total_flops()
    30
    """
    kernels = {getattr(torch.ops.aten, name, None): rule for name, rule in LACKING.items()}
    absent = {op: rule for op, rule in kernels.items() if op and op not in flop_registry}
    return FlopCounterMode(display=False, custom_mapping=absent)


def _attention(query: Shape, key: Shape, value: Shape, *_args: Any, **_kwargs: Any) -> int:
    """(batch, heads, length, width) each; masks spare nothing, as in torch's own formulas."""
    return 2 * prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _matrix_vector(matrix: Shape, _vector: Shape, *_args: Any, **_kwargs: Any) -> int:
    return 2 * prod(matrix)


def _added_matrix_vector(_sum: Shape, matrix: Shape, *_args: Any, **_kwargs: Any) -> int:
    return 2 * prod(matrix)


def _vectors(left: Shape, _right: Shape, *_args: Any, **_kwargs: Any) -> int:
    return 2 * prod(left)


def _matrices(left: Shape, right: Shape, *_args: Any, **_kwargs: Any) -> int:
    return 2 * prod(left) * right[-1]


def _added_matrices(_sum: Shape, left: Shape, right: Shape, *_args: Any, **_kwargs: Any) -> int:
    return 2 * prod(left) * right[-1]


def _recurrent(steps: Shape, inputs: Shape, state: Shape, *_args: Any, **_kwargs: Any) -> int:
    """One layer in one direction: both weight matrices at each of (length, batch)."""
    return 2 * prod(steps[:-1]) * (prod(inputs) + prod(state))


#: Kernel of torch.ops.aten -> floating point operations of the shapes of its arguments.
LACKING: Mapping[str, Callable[..., int]] = {
    "_scaled_dot_product_flash_attention_for_cpu": _attention,
    "_scaled_dot_product_fused_attention_overrideable": _attention,
    "mv": _matrix_vector,
    "addmv": _added_matrix_vector,
    "dot": _vectors,
    "vdot": _vectors,
    "addbmm": _added_matrices,
    "_addmm_activation": _added_matrices,
    "_int_mm": _matrices,
    "mkldnn_rnn_layer": _recurrent,
}

#: Words of a kernel's name that say that it multiplies matrices or kernels.
_MULTIPLIES = re.compile(
    r"\w*(mm|mv|gemm|matmul|dot|einsum|attention|rnn|lstm|gru)"
    r"|conv(\d?d|olution|tbc|transpose)?|(bi|tri)?linear|transformer|head|cdist|addr|linalg|fft\w*"
    r"|(sparse)?attn|(sp)?solve|euclidean|cholesky|lu|\w*qrf?|svd|eigh?|inverse"
)


class Blind(TorchDispatchMode):
    """While it is active: ``calls`` of kernels that multiply and have no formula, by name.

    It stands below torch's counter, so that it sees what operators decompose to. A kernel that is
    not torch's own may do anything and is named, too.
    """

    def __init__(self, known: Collection[Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._known = known
        self.calls: Counter[str] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func._overloadpacket not in self._known and multiplies(func._schema.name):
            self.calls[func._schema.name.removeprefix("aten::")] += 1
        return func(*args, **(kwargs or {}))


def multiplies(kernel: str) -> bool:
    """Whether a kernel multiplies matrices, as far as its name says.

    >>> [multiplies(f"aten::{name}") for name in ("_scaled_mm", "mkldnn_linear", "linalg_solve_ex")]
    [True, True, True]
    >>> [multiplies(f"aten::{name}") for name in ("upsample_bilinear2d", "linalg_vector_norm")]
    [False, False]
    >>> multiplies("torchvision::deform_conv2d")
    True
    """
    space, _, name = kernel.partition("::")
    words = name.strip("_").split("_")
    if space not in ("aten", "prim", "prims"):
        return True
    if {"norm", "check"} & {*words}:
        return False
    return any(_MULTIPLIES.fullmatch(word) for word in words)
