"""Stages of networks of many kinds, and that each number belongs to exactly one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import timm
import torch
from torch import nn

from bench.cost.count import count
from bench.cost.meta_cache import Shapes
from bench.cost.parts import Stages

NAMES = {
    "vit_tiny_patch16_224": ["patch_embed", "blocks", "head"],
    "convnext_atto": ["stem", *(f"stages.{i}" for i in range(4)), "head"],
    "swin_tiny_patch4_window7_224": ["patch_embed", *(f"layers.{i}" for i in range(4)), "head"],
    "resnet18": ["conv1", "layer1", "layer2", "layer3", "layer4", "fc"],
    "resnet50": ["conv1", "layer1", "layer2", "layer3", "layer4", "fc"],
    "efficientnet_b0": ["conv_stem", *(f"blocks.{i}" for i in range(7)), "conv_head", "classifier"],
    "fastvit_t8": ["stem", *(f"stages.{i}" for i in range(4)), "final_conv", "head"],
    "vgg11": ["features", "pre_logits", "head"],
}


def _network(name: str) -> nn.Module:
    with torch.device("meta"), Shapes():
        network: nn.Module = timm.create_model(name).eval()
    return network


@pytest.mark.parametrize("name", NAMES)
def test_stages_are_what_a_reader_knows(name: str) -> None:
    network = _network(name)
    assert Stages(network).names == NAMES[name]
    cost = count(network, 224)
    assert sum(cost.params.values()) == sum(p.numel() for p in network.parameters())
    assert sum(cost.macs.values()) == sum(cost.by_operator.values())
    assert min(cost.params.values()) > 0


def test_a_stage_has_the_work_of_its_own_layers() -> None:
    """ResNet-50 at 224: a 7 x 7 stem on 112 x 112, a classifier of 2048 x 1000."""
    cost = count(_network("resnet50"), 224)
    assert cost.macs["conv1"] == 112**2 * 64 * 3 * 49
    assert cost.macs["fc"] == cost.activations["fc"] * 2048 == 2_048_000
    assert cost.params["fc"] == 2_049_000


def _beit() -> dict[str, int]:
    """14 x 14 patches of 768, a class token, twelve blocks in a list."""
    block = 197 * 12 * 768**2 + 2 * 197**2 * 768
    return {"patch_embed": 196 * 768**2, "blocks": 12 * block, "head": 768 * 1000}


def _eva02() -> dict[str, int]:
    """16 x 16 patches of 14 pixels and a class token; SwiGLU has three layers of 512."""
    block = 257 * (4 * 192**2 + 3 * 192 * 512) + 2 * 257**2 * 192
    return {"patch_embed": 256 * 192 * 3 * 14**2, "blocks": 12 * block}


def _cait() -> dict[str, int]:
    """4 heads that talk before and after the softmax; then two blocks for the class token alone."""
    block = 196 * 12 * 192**2 + 2 * 196**2 * (192 + 4**2)
    token = (2 * 197 + 2 + 8) * 192**2 + 2 * 197 * 192
    embed = 196 * 192 * 3 * 16**2
    return {"patch_embed": embed, "blocks": 24 * block} | {
        "blocks_token_only": 2 * token,
        "head": 192 * 1000,
    }


def _hiera() -> dict[str, int]:
    """Queries are pooled by 4 where a stage begins; the first two stages see windows."""
    total, tokens, width = 0, 56**2, 96
    for begins, out, seen in (
        *((False, 96, 64), (True, 192, 64), (False, 192, 16), (True, 384, 16)),
        *(6 * ((False, 384, 196),)),
        *((True, 768, 196), (False, 768, 49)),
    ):
        total += tokens * width * (3 + begins) * out  # a shortcut that widens
        tokens //= 4 if begins else 1
        total += 2 * tokens * seen * out + 9 * tokens * out**2
        width = out
    return {"patch_embed": 56**2 * 96 * 3 * 7**2, "blocks": total, "head": 768 * 1000}


def _coat() -> dict[str, int]:
    """First stage: two blocks of factorized attention, 8 heads of 19, with shared convolutions."""
    relative = 38 * 3**2 + 57 * 5**2 + 57 * 7**2
    block = (56**2 + 1) * (12 * 152**2 + 2 * 152 * 19)
    return {"patch_embed1": 56**2 * 152 * 3 * 4**2, "serial_blocks1": 2 * block} | {
        "cpe1": 2 * 56**2 * 152 * 3**2,
        "crpe1": 2 * 56**2 * relative,
    }


LOOPED: dict[str, Callable[[], dict[str, int]]] = {
    "beit_base_patch16_224": _beit,
    "eva02_tiny_patch14_224": _eva02,
    "cait_xxs24_224": _cait,
    "hiera_tiny_224": _hiera,
    "coat_tiny": _coat,
}


@pytest.mark.parametrize("name", LOOPED)
def test_blocks_that_the_network_loops_over_are_its_blocks(name: str) -> None:
    """Nothing ever calls the list itself."""
    macs = count(_network(name), 224).macs
    expected = LOOPED[name]()
    assert {stage: macs[stage] for stage in expected} == expected


class Between(nn.Module):
    """Work of its own between two children, a parameter of its own, and a layer used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(2, 2))
        self.first = nn.Conv2d(3, 3, 1, bias=False)
        self.norm = nn.BatchNorm2d(3)
        self.second = nn.Conv2d(3, 6, 1, bias=False)
        self.again = self.second

    def forward(self, image: torch.Tensor) -> Any:
        seen = self.norm(self.first(image))
        seen = seen @ seen
        return self.again(self.second(seen)[:, :3])


def test_work_between_two_children_belongs_to_the_one_that_ran_last() -> None:
    cost = count(Between().eval(), 8)
    assert cost.macs == {"first": 64 * 9 + 3 * 8**3, "second": 2 * 64 * 18}
    assert cost.params == {"first": 4 + 9 + 6, "second": 18}
    assert cost.activations == {"first": 2 * 64 * 3, "second": 2 * 64 * 6}


def test_hooks_are_gone_after_a_failure() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1))
    with pytest.raises(RuntimeError), Stages(network).watched():
        network(torch.zeros(1, 5, 8, 8))
    assert not network[0]._forward_pre_hooks
