"""Profile: what one image costs in params, multiply-accumulates and activations.

Two counters that share no code must agree: fvcore reads the traced graph, torch's
`FlopCounterMode` watches the kernels run. Both are held to the same thing, multiply-accumulates
(MACs) of convolutions, linear layers and matrix products, attention's two among them; one MAC is
one multiplication and one addition. Biases, norms, activations, softmax and pooling are not in it.

All of it is a property of the architecture at its resolution: weights, device and precision
change nothing, so it always runs on the CPU with random weights and a batch of one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis
from fvcore.nn.jit_handles import generic_activation_jit, get_shape
from torch.utils.flop_counter import FlopCounterMode

from bench.errors import JobError
from bench.models._build import build
from bench.spec import Job, Measurement, Outcome, Status

#: Largest relative difference of the two counters at which a number is still given.
TOLERANCE = 0.03

#: fvcore's names of the operators that multiply matrices; the others it counts are noted apart.
MATMULS = frozenset(
    {"conv", "linear", "addmm", "mm", "matmul", "bmm", "baddbmm", "einsum", "attention"}
)


@dataclass(frozen=True)
class Macs:
    """Multiply-accumulates of one forward pass by each counter."""

    fvcore: int
    torch: int
    by_operator: dict[str, int]  #: fvcore's parts of its total
    elementwise: dict[str, int]  #: what fvcore counts besides, norms and pooling: not in the total
    uncounted: dict[str, int]  #: operators fvcore has no rule for -> how often they are called


def measure(job: Job) -> Outcome:
    """Params, MACs and activations for one image.

    ``params`` and ``activations`` are in millions, ``gmacs`` and each counter's own
    ``gmacs_fvcore`` and ``gmacs_torch`` in 1e9; ``gmacs`` is fvcore's, the field's usual counter.
    Raises `JobError`, with both numbers, where the two differ by more than `TOLERANCE`.
    """
    model = job.model
    network = build(model, weights=False)
    image = torch.zeros(1, 3, model.resolution, model.resolution)
    macs = count_macs(network, image)
    agreed(macs, model.name)
    counts = {
        "params": (count_params(network) / 1e6, "M"),
        "gmacs": (macs.fvcore / 1e9, "GMACs"),
        "gmacs_fvcore": (macs.fvcore / 1e9, "GMACs"),
        "gmacs_torch": (macs.torch / 1e9, "GMACs"),
        "activations": (count_activations(network, image) / 1e6, "M"),
    }
    return Outcome(
        job=job,
        status=Status.OK,
        measurements=tuple(
            Measurement(metric=name, value=value, unit=unit)
            for name, (value, unit) in counts.items()
        ),
        notes={
            "macs_by_operator": macs.by_operator,
            "not_in_gmacs": macs.elementwise,
            "uncounted_ops": macs.uncounted,
            "torch": torch.__version__,
        },
    )


def count_params(network: torch.nn.Module) -> int:
    """Numbers that training changes: parameters, each shared one once; no buffers."""
    return sum(parameter.numel() for parameter in network.parameters())


def count_macs(network: torch.nn.Module, image: torch.Tensor) -> Macs:
    """Count one forward pass of ``image``, float32 (1, 3, H, W), by both counters."""
    with _quiet(), torch.no_grad():
        analysis = FlopCountAnalysis(network, image)
        # Without these rules attention costs nothing, and only where it runs as one fused kernel.
        analysis.set_op_handle("aten::scaled_dot_product_attention", _attention_macs)
        analysis.set_op_handle("aten::baddbmm", _baddbmm_macs)
        _silence(analysis)
        counted = {str(op): int(macs) for op, macs in analysis.by_operator().items()}
        uncounted = {op: int(calls) for op, calls in sorted(analysis.unsupported_ops().items())}
        with FlopCounterMode(display=False) as watched:
            network(image)
    counted["attention"] = counted.pop("scaled_dot_product_attention", 0)
    products = {op: macs for op, macs in counted.items() if op in MATMULS and macs}
    return Macs(
        fvcore=sum(products.values()),
        torch=int(watched.get_total_flops()) // 2,
        by_operator=products,
        elementwise={op: macs for op, macs in counted.items() if op not in MATMULS and macs},
        uncounted=uncounted,
    )


def agreed(macs: Macs, name: str) -> None:
    """Raise `JobError` unless both counters found about the same, and something at all."""
    most = max(macs.fvcore, macs.torch)
    if most == 0:
        raise JobError(f"{name} has no convolution or matrix product that can be counted")
    apart = abs(macs.fvcore - macs.torch) / most
    if apart > TOLERANCE:
        raise JobError(
            f"MACs of {name}: fvcore counts {macs.fvcore:,}, torch {macs.torch:,}, which differ by "
            f"{apart:.1%} (at most {TOLERANCE:.0%} may); operators fvcore has no rule for: "
            f"{', '.join(macs.uncounted) or 'none'}"
        )


def count_activations(network: torch.nn.Module, image: torch.Tensor) -> int:
    """Elements of the outputs of all convolutions and linear layers in one forward pass.

    Attention matrices are left out: a fused kernel never holds them, so counting them would depend
    on the kernel chosen and not on the network.

    Source: Radosavovic et al. (2020), Designing network design spaces, section 3.2, which counts
    the outputs of convolutions; the linear layers of Transformers are their counterpart.
    """
    with _quiet(), torch.no_grad():
        analysis = ActivationCountAnalysis(network, image).clear_op_handles()
        for layer in ("_convolution", "linear", "addmm"):
            analysis.set_op_handle(f"aten::{layer}", generic_activation_jit())
        _silence(analysis)
        return int(analysis.total())


def _attention_macs(inputs: list[Any], _outputs: list[Any]) -> int:
    """MACs of queries x keys and of their product x values; (..., length, width) each."""
    query, key, value = (get_shape(tensor) for tensor in inputs[:3])
    *batch, queries, width = query
    return int(prod(batch) * queries * key[-2] * (width + value[-1]))


def _baddbmm_macs(inputs: list[Any], _outputs: list[Any]) -> int:
    """MACs of a batched product that is added to a tensor: (B, n, m) x (B, m, p)."""
    left, right = (get_shape(tensor) for tensor in inputs[1:3])
    return int(prod(left) * right[-1])


def _silence(analysis: FlopCountAnalysis | ActivationCountAnalysis) -> None:
    """What fvcore would log of operators and modules is in the notes."""
    analysis.unsupported_ops_warnings(False)
    analysis.uncalled_modules_warnings(False)
    analysis.tracer_warnings("none")


@contextmanager
def _quiet() -> Iterator[None]:
    """Tracing warns of shapes that become constants: wanted here, where the shape is fixed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
