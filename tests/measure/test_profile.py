"""Params, MACs and activations against closed formulas, written from the papers' equations.

None of this test's arithmetic looks at a network: only at widths, depths and the resolution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
import torch
from timm.layers.config import set_fused_attn
from timm.models.swin_transformer import SwinTransformer
from timm.models.vision_transformer import VisionTransformer
from torch import nn

from bench import registry
from bench.errors import JobError
from bench.measure import execute, profile
from bench.spec import Job, Measure, Model, Options, Status

SIDE, CLASSES = 32, 50


@dataclass
class Cost:
    """Sums over layers; each layer is added with the positions it is applied at."""

    params: int = 0
    macs: int = 0
    activations: int = 0

    def dense(self, at: int, inputs: int, outputs: int, *, bias: bool = True) -> None:
        """A linear layer or a convolution that sees ``inputs`` numbers at each of ``at`` places."""
        self.params += inputs * outputs + bias * outputs
        self.macs += at * inputs * outputs
        self.activations += at * outputs

    def depthwise(self, at: int, width: int, kernel: int) -> None:
        self.params += width * kernel**2 + width
        self.macs += at * width * kernel**2
        self.activations += at * width

    def norm(self, width: int) -> None:
        self.params += 2 * width

    def attention(self, tokens: int, seen: int, width: int) -> None:
        """Every token with each it sees: one product with keys, one with values."""
        self.macs += 2 * tokens * seen * width


def convnext(depths: tuple[int, ...], dims: tuple[int, ...], patch_size: int, **_: object) -> Cost:
    cost, side = Cost(), SIDE // patch_size
    cost.dense(side**2, 3 * patch_size**2, dims[0])
    cost.norm(dims[0])
    for stage, (depth, width) in enumerate(zip(depths, dims, strict=True)):
        # A stem of stride 2 leaves the first stage to halve the side once more.
        if stage or patch_size == 2:
            side //= 2
            before = dims[max(stage - 1, 0)]
            cost.norm(before)
            cost.dense(side**2, 4 * before, width)
        for _block in range(depth):
            cost.depthwise(side**2, width, 7)
            cost.norm(width)
            cost.dense(side**2, width, 4 * width)
            cost.dense(side**2, 4 * width, width)
    cost.norm(dims[-1])
    cost.dense(1, dims[-1], CLASSES)
    return cost


def swin(
    depths: tuple[int, ...],
    embed_dim: int,
    num_heads: tuple[int, ...],
    patch_size: int,
    window_size: int,
    **_: object,
) -> Cost:
    cost, side, width = Cost(), SIDE // patch_size, embed_dim
    cost.dense(side**2, 3 * patch_size**2, width)
    cost.norm(width)
    for stage, (depth, heads) in enumerate(zip(depths, num_heads, strict=True)):
        if stage:
            side //= 2
            cost.norm(4 * width)
            cost.dense(side**2, 4 * width, 2 * width, bias=False)
            width *= 2
        window = min(window_size, side)
        for _block in range(depth):
            _transformer_block(cost, side**2, window**2, width)
            cost.params += (2 * window - 1) ** 2 * heads  # relative position bias
    cost.norm(width)
    cost.dense(1, width, CLASSES)
    return cost


def vit(embed_dim: int, depth: int, patch_size: int, class_token: bool = True, **_: object) -> Cost:
    cost, patches = Cost(), (SIDE // patch_size) ** 2
    tokens = patches + class_token
    cost.dense(patches, 3 * patch_size**2, embed_dim)
    cost.params += tokens * embed_dim  # position embedding
    cost.params += class_token * embed_dim
    for _block in range(depth):
        _transformer_block(cost, tokens, tokens, embed_dim)
    cost.norm(embed_dim)
    cost.dense(1, embed_dim, CLASSES)
    return cost


def _transformer_block(cost: Cost, tokens: int, seen: int, width: int) -> None:
    cost.norm(width)
    cost.dense(tokens, width, 3 * width)
    cost.attention(tokens, seen, width)
    cost.dense(tokens, width, width)
    cost.norm(width)
    cost.dense(tokens, width, 4 * width)
    cost.dense(tokens, 4 * width, width)


def resnet(
    layers: tuple[int, ...], stem_width: int, channels: tuple[int, ...], **_: object
) -> Cost:
    cost, side = Cost(), SIDE // 2
    stem = (3, stem_width, stem_width, 2 * stem_width)
    for before, width in pairwise(stem):
        _conv3(cost, side, before, width)
    side //= 2  # max pooling
    before = stem[-1]
    for stage, (depth, width) in enumerate(zip(layers, channels, strict=True)):
        for block in range(depth):
            halves = stage > 0 and block == 0
            side //= 1 + halves
            _conv3(cost, side, before, width)
            _conv3(cost, side, width, width)
            if halves or before != width:
                cost.dense(side**2, before, width, bias=False)
                cost.norm(width)
            before = width
    cost.dense(1, before, CLASSES)
    return cost


def _conv3(cost: Cost, side: int, before: int, width: int) -> None:
    cost.dense(side**2, 9 * before, width, bias=False)
    cost.norm(width)


FORMULAS: dict[str, Callable[..., Cost]] = {
    "convnext": convnext,
    "swin": swin,
    "vit": vit,
    "resnet": resnet,
}


@pytest.mark.parametrize("model", registry.models("*.g1k"), ids=lambda model: model.name)
def test_the_zoo_costs_what_the_formulas_say(model: Model) -> None:
    expected = FORMULAS[model.family](**model.kwargs)
    outcome = execute(Job(measure=Measure.PROFILE, model=model, options=Options()))
    assert outcome.status is Status.OK, outcome.error
    found = {m.metric: m for m in outcome.measurements}
    assert round(found["params"].value * 1e6) == expected.params
    assert round(found["gmacs"].value * 1e9) == expected.macs
    assert round(found["gmacs_fvcore"].value * 1e9) == expected.macs
    assert round(found["gmacs_torch"].value * 1e9) == expected.macs
    assert round(found["activations"].value * 1e6) == expected.activations
    assert [m.unit for m in found.values()] == ["M", "GMACs", "GMACs", "GMACs", "M"]
    assert sum(outcome.notes["macs_by_operator"].values()) == expected.macs


@pytest.fixture
def fusing() -> Iterator[Callable[[bool], None]]:
    yield lambda on: set_fused_attn(on, experimental=on)
    set_fused_attn(True)


@pytest.mark.parametrize(
    ("arch", "kwargs"),
    [
        (VisionTransformer, {"patch_size": 8, "embed_dim": 24, "depth": 2, "num_heads": 3}),
        (
            SwinTransformer,
            {
                "patch_size": 2,
                "window_size": 4,
                "embed_dim": 12,
                "depths": (2, 2),
                "num_heads": (1, 2),
            },
        ),
    ],
)
def test_attention_counts_whether_fused_or_not(
    arch: Callable[..., nn.Module], kwargs: dict[str, Any], fusing: Callable[[bool], None]
) -> None:
    image = torch.zeros(1, 3, 32, 32)
    found = []
    for fused in (True, False):
        fusing(fused)
        network = arch(img_size=32, num_classes=CLASSES, **kwargs).eval()
        macs = profile.count_macs(network, image)
        assert ("attention" in macs.by_operator) is fused
        assert ("matmul" in macs.by_operator) is not fused
        found.append((macs.fvcore, macs.torch, profile.count_activations(network, image)))
    assert found[0] == found[1]
    assert found[0][0] == found[0][1]


class _Product(nn.Module):
    """A network of one product, of a kind that the argument chooses."""

    def __init__(self, product: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.product = product

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.product(image)


def test_values_wider_than_keys_and_fewer_queries_are_counted() -> None:
    def cross(image: torch.Tensor) -> torch.Tensor:
        key = image.reshape(1, 3, 64, 16)
        query, value = key[:, :, :5], torch.cat([key, key], dim=-1)
        return nn.functional.scaled_dot_product_attention(query, key, value)

    macs = profile.count_macs(_Product(cross), torch.zeros(1, 3, 32, 32))
    assert macs.fvcore == macs.torch == 3 * 5 * 64 * (16 + 32)


def test_a_batched_product_with_a_sum_is_counted() -> None:
    macs = profile.count_macs(
        _Product(lambda image: torch.baddbmm(image[0], image[0], image[0])),
        torch.zeros(1, 3, 32, 32),
    )
    assert macs.fvcore == macs.torch == 3 * 32**3


def test_counters_that_disagree_give_no_number() -> None:
    """fvcore has no rule for `multi_dot`, torch sees the products it is made of."""

    def chain(image: torch.Tensor) -> torch.Tensor:
        red, green, blue = image[0]
        product: torch.Tensor = torch.linalg.multi_dot([red, green, blue])
        total: torch.Tensor = red @ green + product
        return total

    macs = profile.count_macs(_Product(chain), torch.zeros(1, 3, 32, 32))
    assert macs.fvcore == 32**3
    assert macs.torch == 3 * 32**3
    with pytest.raises(JobError) as caught:
        profile.agreed(macs, "chain")
    message = str(caught.value)
    assert "fvcore counts 32,768, torch 98,304" in message
    assert "66.7%" in message
    assert "aten::linalg_multi_dot" in message


def test_a_small_disagreement_is_allowed_and_a_network_without_products_is_not() -> None:
    near = profile.Macs(100, 103, {}, {}, {})
    profile.agreed(near, "near")
    with pytest.raises(JobError):
        profile.agreed(profile.Macs(100, 104, {}, {}, {}), "far")
    with pytest.raises(JobError, match="no convolution or matrix product"):
        profile.agreed(profile.Macs(0, 0, {}, {}, {}), "none")


def test_published_counts_are_met() -> None:
    """ViT-Ti/16 at 224: 5.7 M params (its paper's table), attention included in its MACs."""
    network = VisionTransformer(embed_dim=192, depth=12, num_heads=3).eval()
    macs = profile.count_macs(network, torch.zeros(1, 3, 224, 224))
    block = 12 * (197 * 12 * 192**2 + 2 * 197**2 * 192)
    assert macs.fvcore == macs.torch == block + 196 * 768 * 192 + 192 * 1000
    assert profile.count_params(network) == pytest.approx(5.7e6, rel=0.01)


def test_nothing_is_logged_or_warned(caplog: pytest.LogCaptureFixture) -> None:
    profile.count_macs(nn.Conv2d(3, 4, 3).eval(), torch.zeros(1, 3, 32, 32))
    assert caplog.records == []
