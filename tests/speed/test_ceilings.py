from __future__ import annotations

import time

import numpy as np
import pytest

from bench import registry
from bench.checkpoints.build import build
from bench.cost.count import count
from bench.spec import AmpDtype, Options
from bench.speed import ceilings


def test_ceilings_are_those_numpy_finds_within_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceilings, "_SECONDS", 0.05)
    monkeypatch.setitem(ceilings._SIDE, "cpu", 512)
    monkeypatch.setitem(ceilings._COPIED, "cpu", 2**25)
    ceilings._measured.cache_clear()
    found = ceilings.ceilings("cpu", Options())
    left = np.ones((512, 512), np.float32)
    source = np.ones(2**25, np.uint8)
    target = np.ones_like(source)

    def fastest(once: object) -> float:
        seconds = []
        for _ in range(5):
            start = time.perf_counter()
            once()  # type: ignore[operator]
            seconds.append(time.perf_counter() - start)
        return min(seconds)

    product = 2 * 512**3 / fastest(lambda: left @ left)
    copied = 2 * 2**25 / fastest(lambda: np.copyto(target, source))
    # Another library, perhaps on another number of threads, on a machine that others use.
    assert product / 20 < found.flops_per_s < 20 * product
    assert copied / 20 < found.bytes_per_s < 20 * copied

    before = time.perf_counter()
    assert ceilings.ceilings("cpu", Options()) is found, "measured once"
    assert time.perf_counter() - before < 0.01
    half = Options(amp=True, amp_dtype=AmpDtype.BFLOAT16)
    assert ceilings.ceilings("cpu", half) is not found, "each precision has its own"
    ceilings._measured.cache_clear()


def test_shares_follow_from_what_one_image_costs() -> None:
    (model,) = registry.models("vit_xs.g1k")
    cost = count(build(model, weights=False, device="meta"), model.resolution)
    moved = cost.traffic + 4 * sum(cost.params.values()) / 8
    top = ceilings.Ceilings(flops_per_s=4e3 * cost.torch_macs, bytes_per_s=1e4 * moved)
    eager = ceilings.shares(model, Options(), 1000.0, 8, top)
    assert eager == pytest.approx({"compute_share": 50.0, "bandwidth_share": 10.0})
    half = ceilings.shares(model, Options(amp=True), 1000.0, 8, top)
    assert half == pytest.approx({"compute_share": 50.0, "bandwidth_share": 5.0})
    assert list(ceilings.shares(model, Options(compile=True), 1.0, 8, top)) == ["compute_share"]
