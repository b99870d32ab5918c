"""Count what one forward pass of a network costs, by two counters that must agree.

Both watch the same pass and share nothing else. fvcore's rules see the functions that the network
calls, `linear` or `scaled_dot_product_attention`, and the shapes of their arguments; torch's
`FlopCounterMode` sees the kernels that these become, `addmm` or `bmm`, and has formulas of
its own. A function without a rule, or a kernel without a formula, sets them apart and is named.

No weight is needed for any of it: on the meta device tensors have a shape and no data, and a
network of 400 GMACs is counted in a second or two.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from bench.cost.fvcore_rules import ACTIVATIONS, ELEMENTWISE, MACS, Value
from bench.cost.meta_cache import Shapes
from bench.cost.parts import Stages
from bench.cost.torch_rules import Blind, counter
from bench.cost.traffic import Kernels


@dataclass(frozen=True)
class Cost:
    """One forward pass; what is by stage has every stage, in the network's order."""

    params: dict[str, int]
    macs: dict[str, int]  #: multiply-accumulates by fvcore's rules
    activations: dict[str, int]  #: elements of the outputs of layers and matrix products
    traffic: int  #: bytes that kernels read and write, weights not among them
    torch_macs: int  #: multiply-accumulates by torch's formulas
    by_operator: dict[str, int]  #: parts of ``macs``
    elementwise: dict[str, int]  #: what fvcore counts besides, norms and pooling: not in ``macs``
    uncounted: dict[str, int]  #: functions that compute and have no rule -> how often called
    blind: dict[str, int]  #: kernels that multiply and have no formula of torch's -> how often run


class _Calls(TorchFunctionMode):
    """While it is active: every torch function called, by fvcore's rules."""

    def __init__(self, stages: Stages, kernels: Kernels) -> None:
        super().__init__()
        self._stages, self._kernels = stages, kernels
        self.macs: Counter[str] = Counter(dict.fromkeys(stages.names, 0))
        self.activations = self.macs.copy()
        self.by_operator: Counter[str] = Counter()
        self.elementwise: Counter[str] = Counter()
        self.uncounted: Counter[str] = Counter()

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name, before = func.__name__.strip("_"), self._kernels.calls
        result = self._run(name, func, args, kwargs or {})
        if name in MACS or name in ELEMENTWISE:
            values = [Value(value) for value in (*args, *(kwargs or {}).values())]
            self._count(name, values, result if isinstance(result, tuple) else (result,))
        elif self._kernels.calls > before:
            self.uncounted[name] += 1
        return result

    def _run(self, name: str, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        if name != "scaled_dot_product_attention":
            return func(*args, **kwargs)
        with self._kernels.one((args, *kwargs.values())) as written:
            written.append(func(*args, **kwargs))
        return written[0]

    def _count(self, name: str, inputs: list[Value], results: tuple[Any, ...]) -> None:
        outputs = [Value(result) for result in results]
        if name in ELEMENTWISE:
            self.elementwise[name] += int(ELEMENTWISE[name](inputs, outputs))
            return
        operator, rule = MACS[name]
        macs = int(rule(inputs, outputs))
        self.by_operator[operator] += macs
        self.macs[self._stages.current] += macs
        if operator in ACTIVATIONS:
            self.activations[self._stages.current] += int(ACTIVATIONS[operator](inputs, outputs))


def count(network: torch.nn.Module, resolution: int, *, batch: int = 1) -> Cost:
    """Cost of one forward pass of ``batch`` images of ``resolution`` x ``resolution`` pixels.

    The network is in eval mode, on the meta device or the CPU. Activations are the outputs of
    convolutions, linear layers and matrix products, attention's two among them whether a fused
    kernel ever holds them or not: so they depend on the network alone, and are those published.

    Source of activations: Radosavovic et al. (2020), Designing network design spaces, section 3.2,
    which counts the outputs of convolutions; fvcore's `ActivationCountAnalysis` adds those of
    linear layers and matrix products, and timm's tables are counted with it.

    >>> cost = count(torch.nn.Conv2d(3, 8, 3, padding=1).eval(), 4)
    >>> cost.macs, cost.torch_macs, cost.activations, cost.traffic
    ({'network': 3456}, 3456, {'network': 128}, 704)
    """
    network.requires_grad_(False)  # torch's counter trips over parameters that are passed on
    weights = [*network.parameters(), *network.buffers()]
    image = torch.zeros(batch, 3, resolution, resolution, device=weights[0].device)
    stages, kernels = Stages(network), Kernels(weights)
    flops, calls = counter(), _Calls(stages, kernels)
    blind = Blind(flops.flop_registry)
    with torch.no_grad(), stages.watched(), Shapes(), blind, flops, kernels, calls:
        network(image)
    return Cost(
        params=stages.params(network),
        macs=dict(calls.macs),
        activations=dict(calls.activations),
        traffic=kernels.bytes,
        torch_macs=flops.get_total_flops() // 2,
        by_operator={operator: macs for operator, macs in calls.by_operator.items() if macs},
        elementwise=dict(calls.elementwise),
        uncounted=dict(sorted(calls.uncounted.items())),
        blind=dict(sorted(blind.calls.items())),
    )
