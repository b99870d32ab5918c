"""Every way to multiply, by both counters against a count by hand, and what a counter misses."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest
import timm
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import flop_registry

from bench.cost import profile, torch_rules
from bench.cost.count import count
from bench.cost.torch_rules import LACKING, multiplies
from bench.spec.errors import JobError


class Calls(nn.Module):
    """One function of the image, (1, 3, 32, 32), and a layer."""

    def __init__(self, call: Callable[..., torch.Tensor], *layers: nn.Module) -> None:
        super().__init__()
        self.call, self.layers = call, nn.ModuleList(layers)
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.call(image, *self.layers)


def _tokens(image: torch.Tensor) -> torch.Tensor:
    return image.reshape(1, 3, 1024).transpose(1, 2)


CALLED: dict[str, tuple[Calls, int]] = {
    "values wider than keys, fewer queries": (
        Calls(
            lambda image: functional.scaled_dot_product_attention(
                image[:, :, :5], key=image, value=torch.cat([image, image], dim=-1)
            )
        ),
        3 * 5 * 32 * (32 + 64),
    ),
    "masked attention of one query": (
        Calls(
            lambda image: functional.scaled_dot_product_attention(
                image[:, :, :1], image, image, attn_mask=image[..., :1, :] > 0
            )
        ),
        3 * 2 * 32 * 32,
    ),
    "matrix with vector": (Calls(lambda image: image[0, 0] @ image[0, 0, 0]), 32**2),
    "vector with vector": (Calls(lambda image: image[0, 0, 0] @ image[0, 0, 1]), 32),
    "self-attention module, its weights asked for": (
        Calls(
            lambda image, layer: layer(*3 * (_tokens(image)[:, :20],))[0],
            nn.MultiheadAttention(3, 1, batch_first=True),
        ),
        20 * 4 * 3 * 3 + 2 * 20 * 20 * 3,
    ),
    "self-attention module, fused": (
        Calls(
            lambda image, layer: layer(*3 * (_tokens(image)[:, :20],), need_weights=False)[0],
            nn.MultiheadAttention(3, 1, batch_first=True),
        ),
        20 * 4 * 3 * 3 + 2 * 20 * 20 * 3,
    ),
    "encoder layer, which has a fast path of its own": (
        Calls(
            lambda image, layer: layer(_tokens(image)[:, :20]),
            nn.TransformerEncoderLayer(3, 1, 12, batch_first=True),
        ),
        20 * (4 * 3 * 3 + 2 * 3 * 12) + 2 * 20 * 20 * 3,
    ),
    "baddbmm": (Calls(lambda image: torch.baddbmm(image[0], image[0], image[0])), 3 * 32**3),
    "one matrix with many": (Calls(lambda image: image[0, :1] @ image[0]), 3 * 32**3),
    "vector with matrix": (Calls(lambda image: image[0, 0, 0] @ image[0, 0]), 32**2),
    "einsum": (
        Calls(lambda image: torch.einsum("bchw,bcvw->bcvh", image[..., :8], image[..., :8])),
        3 * 32 * 32 * 8,
    ),
    "transposed convolution": (
        Calls(lambda image, layer: layer(image), nn.ConvTranspose2d(3, 8, 4, stride=2)),
        32**2 * 3 * 8 * 16,
    ),
    "grouped convolution, same padding": (
        Calls(lambda image, layer: layer(image), nn.Conv2d(3, 9, 5, padding="same", groups=3)),
        32**2 * 9 * 25,
    ),
    "cross-attention module": (
        Calls(
            lambda image, layer: layer(
                *(_tokens(image)[:, :5], _tokens(image), _tokens(image)), need_weights=False
            )[0],
            nn.MultiheadAttention(3, 1, batch_first=True),
        ),
        (5 + 1024 + 1024 + 5) * 3 * 3 + 2 * 5 * 1024 * 3,
    ),
    "recurrent, two layers in both directions": (
        Calls(
            lambda image, layer: layer(_tokens(image)[:, :20])[0],
            nn.LSTM(3, 7, 2, batch_first=True, bidirectional=True),
        ),
        20 * 4 * 7 * (2 * (3 + 7) + 2 * (14 + 7)),
    ),
}


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("called", CALLED)
def test_each_way_to_multiply_is_counted_by_both(called: str, device: str) -> None:
    network, macs = CALLED[called]
    cost = count(deepcopy(network).to(device).eval(), 32)
    # fvcore's rule for einsum reads a sum that is printed with four digits.
    assert sum(cost.macs.values()) == pytest.approx(macs, rel=1e-4 if "einsum" in called else 0)
    assert cost.torch_macs == macs
    assert not cost.blind


def test_what_has_no_rule_is_named_and_sets_the_counters_apart() -> None:
    def chain(image: torch.Tensor) -> torch.Tensor:
        red, green, blue = image[0]
        product: torch.Tensor = torch.linalg.multi_dot([red, green, blue])
        total: torch.Tensor = red @ green + product
        return total.view(-1)

    cost = count(Calls(chain), 32)
    assert sum(cost.macs.values()) == 32**3
    assert cost.torch_macs == 3 * 32**3
    assert cost.uncounted == {"add": 1, "linalg_multi_dot": 1}
    with pytest.raises(JobError, match="linalg_multi_dot"):
        profile.agreed(cost, "chain")


#: What runs as one kernel that torch has no formula for, and what it multiplies.
BLIND: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "_cdist_forward": lambda image: torch.cdist(image[0, :, :5], image[0, :, :5]),
    "_fft_r2c": lambda image: torch.fft.rfft(image).real,
    "_trilinear": lambda image: torch.bilinear(image[0, 0], image[0, 1], image[0], None),
    "linalg_inv_ex": lambda image: torch.linalg.inv(image + torch.eye(32)),
}


@pytest.mark.parametrize("kernel", BLIND)
def test_a_kernel_that_multiplies_and_has_no_formula_is_named(kernel: str) -> None:
    """Beside a product that both counters know."""
    cost = count(Calls(lambda image: image[0, 0] @ image[0, 1] + BLIND[kernel](image).sum()), 32)
    assert cost.torch_macs == 32**3
    assert cost.blind == {kernel: 1}


@pytest.mark.parametrize("kernel", LACKING)
def test_torchs_counter_without_a_formula_says_what_it_misses(
    kernel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kernel that a formula was added for would be named, should its formula go."""
    assert multiplies(f"aten::{kernel}")
    if kernel == "_scaled_dot_product_flash_attention_for_cpu":
        monkeypatch.setattr(torch_rules, "LACKING", {})
        monkeypatch.delitem(flop_registry, getattr(torch.ops.aten, kernel), raising=False)
        cost = count(timm.create_model("test_vit", num_classes=10).eval(), 160)
        assert cost.blind == {kernel: 6}
        with pytest.raises(JobError, match=f"kernels without a formula: {kernel}"):
            profile.agreed(cost, "test_vit")


def test_activations_of_a_module_of_two_heads_are_those_of_its_parts() -> None:
    """Four projections, one matrix a head, and what it makes of the values; fused or not."""
    module = nn.MultiheadAttention(6, 2, batch_first=True)
    expected = 20 * (4 * 6 + 2 * 20 + 6)
    for asked in (True, False):

        def attended(image: torch.Tensor, layer: nn.Module, asked: bool = asked) -> torch.Tensor:
            tokens = image.reshape(1, -1, 6)[:, :20]
            found: torch.Tensor = layer(tokens, tokens, tokens, need_weights=asked)[0]
            return found

        assert sum(count(Calls(attended, module).eval(), 32).activations.values()) == expected
