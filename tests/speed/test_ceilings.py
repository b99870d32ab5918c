from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from bench import registry
from bench.checkpoints.build import build
from bench.cost.count import count
from bench.spec import AmpDtype, Options
from bench.speed import ceilings


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Matrices and copies that take no time, measured anew."""
    monkeypatch.setitem(ceilings._SIDE, "cpu", 64)
    monkeypatch.setitem(ceilings._COPIED, "cpu", 2**20)
    ceilings._measure.cache_clear()
    yield
    ceilings._measure.cache_clear()


@pytest.mark.usefixtures("small")
def test_a_ceiling_is_work_over_the_fastest_repetition(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    #: seconds of each call: the fastest is neither the first nor the last, and 0.2 s are reached
    #: by the fourth product and, as three are the least, by the first copy
    products, copies = [0.08, 0.03, 0.04, 0.06], [0.5, 0.25, 0.3]
    product, copy = torch.mm, torch.Tensor.copy_

    def slow_product(left: torch.Tensor, right: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
        nonlocal now
        now += products.pop(0)
        assert left.shape == right.shape == out.shape == (64, 64)
        assert {left.dtype, right.dtype, out.dtype} == {torch.bfloat16}
        return product(left, right, out=out)

    def slow_copy(target: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        nonlocal now
        now += copies.pop(0)
        assert target.nbytes == source.nbytes == 2**20
        assert target.data_ptr() != source.data_ptr()
        return copy(target, source)

    monkeypatch.setattr(ceilings, "perf_counter", lambda: now)
    monkeypatch.setattr(torch, "mm", slow_product)
    monkeypatch.setattr(torch.Tensor, "copy_", slow_copy)
    found = ceilings.ceilings("cpu", Options(amp=True, amp_dtype=AmpDtype.BFLOAT16))
    assert found.flops_per_s == pytest.approx(2 * 64**3 / 0.03)
    assert found.bytes_per_s == pytest.approx(2 * 2**20 / 0.25)
    assert products == copies == []


@pytest.mark.usefixtures("small")
def test_each_precision_has_ceilings_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceilings, "_SECONDS", 0.0)
    found = ceilings.ceilings("cpu", Options())
    assert found.flops_per_s > 1e6
    assert found.bytes_per_s > 1e6
    half = Options(amp=True, amp_dtype=AmpDtype.BFLOAT16)
    assert ceilings.ceilings("cpu", half) is not found


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
