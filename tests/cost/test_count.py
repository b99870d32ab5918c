"""Both counters against each other, closed formulas and published counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import timm
import torch
from timm.layers.config import set_fused_attn
from torch import nn

from bench import registry
from bench.checkpoints.catalog import with_preprocessing
from bench.cost import profile
from bench.cost.count import count
from bench.cost.meta_cache import Shapes
from bench.published.figures import Checkpoint, checkpoints
from bench.spec import Model, replace


@pytest.fixture
def fusing() -> Iterator[Callable[[bool], None]]:
    yield lambda on: set_fused_attn(on, experimental=on)
    set_fused_attn(True)


def vit(*, depth: int, width: int, tokens: int, **_: object) -> int:
    return depth * 2 * tokens**2 * width


def swin(*, depths: tuple[int, ...], width: int, side: int, window: int, **_: object) -> int:
    """Every token sees its window; the side halves and the width doubles a stage."""
    stages = enumerate(depths)
    return sum(
        d * 2 * (side >> s) ** 2 * min(window, side >> s) ** 2 * (width << s) for s, d in stages
    )


def maxvit(*, depths: tuple[int, ...], width: int, side: int, window: int, **_: object) -> int:
    """Each block has two attentions, over a window and over a grid of as many tokens."""
    return 2 * swin(depths=depths, width=width, side=side, window=window)


ATTENTION: dict[str, tuple[Callable[..., int], int, dict[str, Any]]] = {
    "vit_tiny_patch16_224": (vit, 224, {"depth": 12, "width": 192, "tokens": 197}),
    "swin_tiny_patch4_window7_224": (
        swin,
        224,
        {"depths": (2, 2, 6, 2), "width": 96, "side": 56, "window": 7},
    ),
    "swinv2_tiny_window8_256": (
        swin,
        256,
        {"depths": (2, 2, 6, 2), "width": 96, "side": 64, "window": 8},
    ),
    "maxvit_tiny_tf_224": (
        maxvit,
        224,
        {"depths": (2, 2, 5, 2), "width": 64, "side": 56, "window": 7},
    ),
}


@pytest.mark.parametrize("name", ATTENTION)
def test_attention_counts_whether_fused_or_not(name: str, fusing: Callable[[bool], None]) -> None:
    formula, resolution, shape = ATTENTION[name]
    costs = {}
    for fused in (True, False):
        fusing(fused)
        costs[fused] = count(_on_meta(name), resolution)
    assert costs[True].macs == costs[False].macs
    assert costs[True].activations == costs[False].activations
    assert costs[True].torch_macs == costs[False].torch_macs
    assert sum(costs[True].macs.values()) == pytest.approx(costs[True].torch_macs, rel=1e-6)
    assert costs[False].by_operator["matmul"] == formula(**shape)
    # Swin V2 normalizes queries and keys, which no fused kernel does.
    fused_as = "matmul" if name.startswith("swinv2") else "attention"
    assert costs[True].by_operator[fused_as] == formula(**shape)


def _on_meta(name: str, **kwargs: Any) -> nn.Module:
    with torch.device("meta"), Shapes():
        network: nn.Module = timm.create_model(name, **kwargs).eval()
    return network


#: Small and medium ones of every kind that is published with its cost.
PUBLISHED = (
    ("convnext_atto.d2_in1k", 288),
    ("convnextv2_tiny.fcmae_ft_in1k", 224),
    ("swin_tiny_patch4_window7_224.ms_in1k", 224),
    ("swinv2_tiny_window8_256.ms_in1k", 256),
    ("vit_tiny_patch16_384.augreg_in21k_ft_in1k", 384),
    ("vit_so400m_patch14_siglip_378.webli_ft_in1k", 378),
    ("vit_tiny_r_s16_p8_224.augreg_in21k_ft_in1k", 224),
    ("eva02_tiny_patch14_336.mim_in22k_ft_in1k", 336),
    ("resnetv2_50x1_bit.goog_in21k_ft_in1k", 448),
    ("dm_nfnet_f0.dm_in1k", 256),
    ("coatnet_0_rw_224.sw_in1k", 224),
)


@pytest.mark.parametrize(("name", "resolution"), PUBLISHED)
def test_published_costs_are_met(name: str, resolution: int) -> None:
    (row,) = (row for row in checkpoints() if (row.model, row.resolution) == (name, resolution))
    cost = profile.counted(_declared(row))
    macs = sum(cost.macs.values())
    assert sum(cost.params.values()) / 1e6 == pytest.approx(row.figures["params"], abs=0.0051)
    assert macs / 1e9 == pytest.approx(row.figures["gmacs"], rel=0.03)
    # The published counts are fvcore's, norms and pooling among them, rounded to 0.01.
    activations = sum(cost.activations.values()) / 1e6
    assert activations == pytest.approx(row.figures["activations"], rel=2e-3, abs=0.0051)
    with_norms = (macs + sum(cost.elementwise.values())) / 1e9
    assert with_norms == pytest.approx(row.figures["gmacs"], rel=0.002, abs=0.0051)


def _declared(row: Checkpoint) -> Model:
    (model,) = registry.models(row.model)
    if model.resolution == row.resolution:
        return model
    return with_preprocessing(model, img_size=row.resolution)


@pytest.mark.parametrize(
    "name",
    [
        *("xcit_nano_12_p16_224", "crossvit_tiny_240", "hiera_tiny_224", "mvitv2_tiny"),
        *("halonet26t", "convit_tiny", "levit_128s", "mobilevit_xxs", "volo_d1_224"),
    ],
)
def test_counters_agree_on_every_kind_of_network(name: str) -> None:
    (model,) = registry.models(name)
    network = _on_meta(name)
    cost = count(network, model.resolution)
    assert sum(cost.macs.values()) == pytest.approx(cost.torch_macs, rel=1e-3)
    assert sum(cost.params.values()) == sum(p.numel() for p in network.parameters())
    assert cost.params.keys() == cost.macs.keys() == cost.activations.keys()


def test_nothing_is_logged_or_warned(caplog: pytest.LogCaptureFixture) -> None:
    count(nn.Conv2d(3, 4, 3).eval(), 32)
    assert caplog.records == []


def test_the_same_is_counted_on_the_cpu_as_on_the_meta_device() -> None:
    """But for the copies of attention's output, which its layout on a device may spare."""
    on_cpu = count(timm.create_model("test_vit", num_classes=10).eval(), 160)
    on_meta = count(_on_meta("test_vit", num_classes=10), 160)
    assert on_meta.uncounted.pop("reshape") == 6
    assert on_meta.traffic == pytest.approx(on_cpu.traffic, rel=0.06)
    assert on_meta == replace(on_cpu, traffic=on_meta.traffic)
