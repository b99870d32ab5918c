"""Multiply-accumulates of one call of a torch function, by fvcore's rules.

fvcore applies its rules to the graph that tracing records. Tracing a network on the meta device
fails (torch 2.15 records sizes as tensors, which meta kernels cannot check), and one that
fails leaves the tracer broken for the rest of the process. So the rules are given the calls
themselves, which carry the same shapes: `Value` answers what they ask of a traced value.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from torch import Tensor

with warnings.catch_warnings():
    # fvcore compiles a loss on import in a way that torch 2.15 calls deprecated.
    warnings.simplefilter("ignore", FutureWarning)
    from fvcore.nn import jit_handles as fvcore

Rule = Callable[[list["Value"], list["Value"]], Any]


class Value:
    """An argument, read as the value of a traced graph that fvcore's rules expect."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def isCompleteTensor(self) -> bool:  # noqa: N802 - as torch names it
        """Whether it has a shape."""
        return isinstance(self.value, Tensor)

    def toIValue(self) -> Any:  # noqa: N802
        """What it is, if not a tensor."""
        return self.value

    def type(self) -> Value:
        """A tensor's type has its sizes."""
        return self

    def sizes(self) -> list[int]:
        """Shape."""
        return list(self.value.shape)

    def node(self) -> Value:
        """The node that makes a list has what is in it."""
        return self

    def inputs(self) -> list[Value]:
        """Entries of a list."""
        return [Value(value) for value in self.value]


def _convolution(inputs: list[Value], outputs: list[Value]) -> int:
    return int(fvcore.conv_flop_count(*(value.sizes() for value in (*inputs[:2], outputs[0]))))


def _transposed(inputs: list[Value], outputs: list[Value]) -> int:
    shapes = (value.sizes() for value in (*inputs[:2], outputs[0]))
    return int(fvcore.conv_flop_count(*shapes, transposed=True))


def _product(inputs: list[Value], outputs: list[Value]) -> int:
    """Any two of vectors, matrices and batches of them; fvcore's rule misses broadcasting."""
    return prod(outputs[0].sizes()) * inputs[0].sizes()[-1]


def _added_product(inputs: list[Value], outputs: list[Value]) -> int:
    return _product(inputs[1:], outputs)


def _einsum(inputs: list[Value], outputs: list[Value]) -> int:
    equation, *operands = (value.value for value in inputs)
    if isinstance(operands[0], list | tuple):
        (operands,) = operands
    return int(fvcore.einsum_flop_jit([Value(equation), Value(operands)], outputs))


def _attention(inputs: list[Value], _outputs: list[Value]) -> int:
    """Queries x keys and their product x values, (..., length, width) each."""
    query, key, value = (value.sizes() for value in inputs[:3])
    return prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _multi_head(inputs: list[Value], _outputs: list[Value]) -> int:
    """Four projections and the attention between them; (length, batch, width) each."""
    query, key, value = (value.sizes() for value in inputs[:3])
    seen = 2 * query[0] * prod(key[:-1])
    projected = 2 * prod(query) + prod(key) + prod(value)
    return query[-1] * (projected + seen)


def _attention_outputs(inputs: list[Value], outputs: list[Value]) -> int:
    """Of both products, as if they were not fused: the matrix and what it makes of the values."""
    query, key = (value.sizes() for value in inputs[:2])
    return prod(query[:-1]) * key[-2] + prod(outputs[0].sizes())


def _multi_head_outputs(inputs: list[Value], _outputs: list[Value]) -> int:
    """Of the four projections and of attention's two products; the matrix is one a head."""
    query, key, value = (value.sizes() for value in inputs[:3])
    heads: int = inputs[4].value
    projected = query[-1] * (2 * prod(query[:-1]) + prod(key[:-1]) + prod(value[:-1]))
    attended: int = prod(query[:-1]) * (heads * key[0] + query[-1])
    return projected + attended


def _recurrent(inputs: list[Value], _outputs: list[Value]) -> int:
    """LSTM, GRU: every weight matrix is applied at every position of (length, batch, width)."""
    states = next(value.value for value in inputs[1:] if _holds_matrices(value.value))
    weights = sum(prod(state.shape) for state in states if state.ndim == 2)
    return prod(inputs[0].sizes()[:-1]) * int(weights)


def _holds_matrices(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(
        isinstance(entry, Tensor) and entry.ndim == 2 for entry in value
    )


def _batch_norm(inputs: list[Value], _outputs: list[Value]) -> int:
    """As fvcore: scale and shift; in training, as on standardized weights, statistics as well."""
    training = any(value.toIValue() is True for value in inputs)
    affine = inputs[3].isCompleteTensor()
    return prod(inputs[0].sizes()) * (1 + 3 * training + affine)


#: Name of the function, without underscores around it -> operator and its rule.
MACS: Mapping[str, tuple[str, Rule]] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution"), ("conv", _convolution)),
    **dict.fromkeys(
        ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), ("conv", _transposed)
    ),
    "linear": ("linear", fvcore.linear_flop_jit),
    **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot", "inner"), ("matmul", _product)),
    "addmm": ("addmm", fvcore.addmm_flop_jit),
    "baddbmm": ("baddbmm", _added_product),
    "einsum": ("einsum", _einsum),
    "scaled_dot_product_attention": ("attention", _attention),
    "multi_head_attention_forward": ("multi_head", _multi_head),
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), ("recurrent", _recurrent)),
}

#: Operator -> elements of its outputs, those of fvcore's activation count.
ACTIVATIONS: Mapping[str, Rule] = {
    **dict.fromkeys(
        ("conv", "linear", "addmm", "matmul", "baddbmm", "einsum"), fvcore.generic_activation_jit()
    ),
    "attention": _attention_outputs,
    "multi_head": _multi_head_outputs,
}

#: What fvcore, and so timm's published counts, add to products: norms and pooling.
ELEMENTWISE: Mapping[str, Rule] = {
    "batch_norm": _batch_norm,
    "layer_norm": fvcore.norm_flop_counter(2),
    "group_norm": fvcore.norm_flop_counter(2),
    "instance_norm": fvcore.norm_flop_counter(3),
    "adaptive_avg_pool2d": fvcore.elementwise_flop_counter(1, 0),
}
