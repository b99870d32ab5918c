"""A device's ceilings: its fastest matrix product and copy, and a network's share of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from time import perf_counter

import torch

from bench.cost.profile import counted
from bench.network.device import synchronize
from bench.spec import Model, Options

#: Long enough to reach full clocks, short enough to repeat in every process.
_SECONDS = 0.2
#: Side of the square matrices; larger ones reach no higher rate.
_SIDE = {"cpu": 1024, "cuda": 8192, "mps": 4096}
#: Bytes to copy: several times the last-level cache.
_COPIED = {"cpu": 2**28, "cuda": 2**30, "mps": 2**28}


@dataclass(frozen=True)
class Ceilings:
    """The highest rates this device reached. A network's share of them shows what limits it."""

    flops_per_s: float  #: large matrix product in the row's precision; 2 per multiply-accumulate
    bytes_per_s: float  #: large copy, bytes read plus bytes written


def ceilings(device: str, options: Options) -> Ceilings:
    """Measure the ceilings, once per process, device and precision; takes half a second.

    The fastest repetition counts, not the median: a ceiling is what the device can do.
    """
    return _measure(device, options.precision, torch.get_num_threads())


def shares(
    model: Model, options: Options, throughput: float, batch: int, top: Ceilings
) -> dict[str, float]:
    """``compute_share`` and ``bandwidth_share``: % of each ceiling reached at ``throughput`` img/s.

    A multiply-accumulate is two operations. Bytes are those moved by unfused operators, plus the
    weights, read once per ``batch``. 16-bit precision halves them, as if nothing stayed in float32.
    Compiled networks have no ``bandwidth_share``: the traffic of fused operators is not counted.
    """
    cost = counted(model)
    found = {"compute_share": 100 * 2 * cost.torch_macs * throughput / top.flops_per_s}
    if not options.compile:
        weights = 4 * sum(cost.params.values()) / batch
        moved = (cost.traffic + weights) / (2 if options.amp else 1)
        found["bandwidth_share"] = 100 * moved * throughput / top.bytes_per_s
    return found


@cache
def _measure(device: str, precision: str, _threads: int) -> Ceilings:
    kind = torch.device(device).type
    side, copied = _SIDE[kind], _COPIED[kind]
    dtype: torch.dtype = getattr(torch, precision)
    left, right = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    product = torch.empty(side, side, device=device, dtype=dtype)
    seconds = _fastest(device, lambda: torch.mm(left, right, out=product))
    source = torch.ones(copied, dtype=torch.uint8, device=device)
    target = torch.ones_like(source)
    return Ceilings(
        flops_per_s=2 * side**3 / seconds,
        bytes_per_s=2 * copied / _fastest(device, lambda: target.copy_(source)),
    )


def _fastest(device: str, once: Callable[[], object]) -> float:
    """Seconds of the fastest call in `_SECONDS`; the first calls warm up."""
    fastest, start, calls = float("inf"), perf_counter(), 0
    while calls < 3 or perf_counter() - start < _SECONDS:
        before = perf_counter()
        once()
        synchronize(device)
        fastest = min(fastest, perf_counter() - before)
        calls += 1
    return fastest
