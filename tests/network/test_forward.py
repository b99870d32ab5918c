"""Forward passes: streams, batches that do not fit, and the GPU's path where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from bench import registry
from bench.network.device import automatic_batch
from bench.network.forward import Forward
from bench.spec import AmpDtype, Model, Options, replace
from bench.spec.errors import JobError

(ZOO,) = registry.models("vit_xs.g1k")
MODEL: Model = replace(ZOO, classes=7, resolution=4)
PIXELS = np.random.default_rng(0).integers(0, 256, (50, 4, 4, 3), dtype=np.uint8)


class _Net(torch.nn.Module):
    """Linear; has memory for ``room`` images and remembers how many it was shown."""

    def __init__(self, room: int = 10**6) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.head = torch.nn.Linear(48, 7)
        self.room = room
        self.seen: list[int] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if len(images) > self.room:
            raise torch.OutOfMemoryError("no room")
        self.seen.append(len(images))
        answer: torch.Tensor = self.head(images.flatten(1))
        return answer


def forward(net: _Net, **options: Any) -> Forward:
    return Forward(net, MODEL, replace(Options(batch_size=16), **options))


def blocks(size: int) -> Iterator[NDArray[np.uint8]]:
    return (PIXELS[start : start + size] for start in range(0, 50, size))


def reference(net: _Net) -> NDArray[np.float64]:
    scaled = (PIXELS / 255 - MODEL.mean) / MODEL.std
    weight, bias = (p.detach().double().numpy() for p in (net.head.weight, net.head.bias))
    return np.asarray(scaled.transpose(0, 3, 1, 2).reshape(50, 48) @ weight.T + bias)


@torch.inference_mode()
def test_a_stream_is_its_blocks_logits() -> None:
    net = _Net()
    found = list(forward(net).stream(blocks(16)))
    assert [len(rows) for rows in found] == [16, 16, 16, 2]
    np.testing.assert_allclose(np.concatenate(found), reference(net), atol=1e-5)
    np.testing.assert_array_equal(np.concatenate(found[:1]), forward(net).logits(PIXELS[:16]))
    assert list(forward(net).stream([])) == []


@torch.inference_mode()
def test_a_batch_that_does_not_fit_is_halved_within_its_block() -> None:
    net = _Net(room=5)
    run = forward(net)
    found = np.concatenate(list(run.stream(blocks(16))))
    np.testing.assert_allclose(found, reference(net), atol=1e-5)
    assert (run.requested_batch, run.batch) == (16, 4)
    assert sum(net.seen) == 50
    net.room = 0
    with pytest.raises(JobError, match="out of memory on a single image"):
        list(run.stream(blocks(16)))


@torch.inference_mode()
def test_a_compiled_network_sees_one_batch_size_only() -> None:
    """Else the last block, and each near-tie, would be compiled anew."""
    net = _Net()
    found = np.concatenate(list(forward(net, compile=True).stream(blocks(16))))
    assert set(net.seen) == {16}
    np.testing.assert_allclose(found, reference(net), atol=1e-5)


@torch.inference_mode()
def test_layout_and_precision() -> None:
    net = _Net()
    same = np.concatenate(list(forward(net, channels_last=True).stream(blocks(16))))
    np.testing.assert_allclose(same, reference(net), atol=1e-5)
    mixed = forward(net, amp=True, amp_dtype=AmpDtype.BFLOAT16).logits(PIXELS)
    assert 1e-4 < np.abs(mixed - reference(net)).max() < 0.1
    exact = forward(net).exact().logits(PIXELS, torch.float64)
    np.testing.assert_allclose(exact, reference(net), atol=1e-13)


def test_the_batch_is_chosen_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert forward(_Net(), batch_size=0).batch == automatic_batch(Options())
    for mib, batch in ((143_771, 1024), (24_000, 256), (8_192, 128), (40, 1)):
        monkeypatch.setattr("bench.network.device.describe", lambda _, m=mib: {"memory_mib": m})
        assert automatic_batch(Options(device="cuda:0")) == batch
        # With mixed precision the batch is part of what the job is: no device chooses it.
        assert automatic_batch(Options(device="cuda:0", amp=True)) == Options.batch_size


def test_the_width_of_the_answers_is_checked() -> None:
    with pytest.raises(JobError, match=r"declared to return logits of \(16, 8\)"):
        list(Forward(_Net(), replace(MODEL, classes=8), Options(batch_size=16)).stream(blocks(16)))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@torch.inference_mode()
def test_on_a_gpu_blocks_come_pinned_and_answers_in_order() -> None:
    net = _Net().to("cuda")
    found = np.concatenate(list(forward(net, device="cuda").stream(blocks(16))))
    np.testing.assert_allclose(found, reference(net.cpu()), atol=1e-4)
