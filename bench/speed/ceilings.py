"""A device's ceilings: its fastest matrix product and copy, and a network's share of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from time import perf_counter

import torch

from bench.cost.profile import counted
from bench.network.device import settled
from bench.spec import Model, Options

#: Long enough to reach full clocks, short enough to be done for every process.
_SECONDS = 0.2
#: Sides of the matrices; a larger one is no faster there.
_SIDE = {"cpu": 1024, "cuda": 8192, "mps": 4096}
#: Bytes that are copied: several times the last-level cache.
_COPIED = {"cpu": 2**28, "cuda": 2**30, "mps": 2**28}


@dataclass(frozen=True)
class Ceilings:
    """The most that this device reached; a network's share of it says what bounds the network."""

    flops_per_s: float  #: of a large matrix product in the row's precision; 2 a multiply-accumulate
    bytes_per_s: float  #: of a large copy, bytes read and bytes written together


def ceilings(device: str, options: Options) -> Ceilings:
    """Measured once a process, device and precision, within half a second.

    A ceiling is the fastest repetition, not the median: it is what the device can do.
    """
    return _measured(device, options.precision, torch.get_num_threads())


def shares(
    model: Model, options: Options, throughput: float, batch: int, top: Ceilings
) -> dict[str, float]:
    """Achieved % of each ceiling at so many img/s: ``compute_share`` and ``bandwidth_share``.

    Two operations a multiply-accumulate. The bytes are those that unfused operators move, and the
    weights, read once a ``batch``; in 16-bit precision half of float32's, as if nothing stayed in
    float32. Compiled operators are fused and move what nobody counted, so there is no
    ``bandwidth_share`` of them.
    """
    cost = counted(model)
    found = {"compute_share": 100 * 2 * cost.torch_macs * throughput / top.flops_per_s}
    if not options.compile:
        weights = 4 * sum(cost.params.values()) / batch
        moved = (cost.traffic + weights) / (2 if options.amp else 1)
        found["bandwidth_share"] = 100 * moved * throughput / top.bytes_per_s
    return found


@cache
def _measured(device: str, precision: str, _threads: int) -> Ceilings:
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
    """Seconds of the fastest call within the time there is, the first ones a warm-up."""
    fastest, start, calls = float("inf"), perf_counter(), 0
    while calls < 3 or perf_counter() - start < _SECONDS:
        before = perf_counter()
        once()
        settled(device)
        fastest = min(fastest, perf_counter() - before)
        calls += 1
    return fastest
