"""Params, MACs and activations against closed formulas, written from the papers' equations.

None of this test's arithmetic looks at a network: only at widths, depths and the resolution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import pytest
import torch
from torch import nn

from bench import registry
from bench.cost import profile
from bench.cost.count import Cost as Counted
from bench.run.execute import attempt
from bench.spec import Job, Measure, Measurement, Model, Options, Outcome, Status, replace
from bench.spec.errors import JobError

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

    def attention(self, tokens: int, seen: int, width: int, heads: int) -> None:
        """Every token with each it sees: one product with keys, by head, and one with values."""
        self.macs += 2 * tokens * seen * width
        self.activations += tokens * seen * heads + tokens * width


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
            _transformer_block(cost, side**2, window**2, width, heads)
            cost.params += (2 * window - 1) ** 2 * heads  # relative position bias
    cost.norm(width)
    cost.dense(1, width, CLASSES)
    return cost


def vit(
    embed_dim: int,
    depth: int,
    num_heads: int,
    patch_size: int,
    class_token: bool = True,
    **_: object,
) -> Cost:
    cost, patches = Cost(), (SIDE // patch_size) ** 2
    tokens = patches + class_token
    cost.dense(patches, 3 * patch_size**2, embed_dim)
    cost.params += tokens * embed_dim  # position embedding
    cost.params += class_token * embed_dim
    for _block in range(depth):
        _transformer_block(cost, tokens, tokens, embed_dim, num_heads)
    cost.norm(embed_dim)
    cost.dense(1, embed_dim, CLASSES)
    return cost


def _transformer_block(cost: Cost, tokens: int, seen: int, width: int, heads: int) -> None:
    cost.norm(width)
    cost.dense(tokens, width, 3 * width)
    cost.attention(tokens, seen, width, heads)
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
    outcome = _profiled(model)
    assert outcome.status is Status.OK, outcome.error
    found = {m.metric: m for m in outcome.measurements}
    assert round(found["params"].value * 1e6) == expected.params
    assert round(found["gmacs"].value * 1e9) == expected.macs
    besides = sum(outcome.notes["not_in_gmacs"].values())
    assert round(found["gmacs_fvcore"].value * 1e9) == expected.macs + besides > expected.macs
    assert round(found["gmacs_torch"].value * 1e9) == expected.macs
    assert round(found["activations"].value * 1e6) == expected.activations
    units = {"params": "M", "gmacs": "GMACs", "activations": "M", "traffic": "GB"}
    assert all(units[m.metric.split("_")[0].split("/")[0]] == m.unit for m in found.values())
    assert sum(outcome.notes["macs_by_operator"].values()) == expected.macs
    for metric in ("params", "gmacs", "activations"):
        assert _by_stage(found.values(), metric) == pytest.approx(found[metric].value, rel=1e-12)


def _profiled(model: Model) -> Outcome:
    return attempt(Job(measure=Measure.PROFILE, model=model, options=Options()))


def _by_stage(found: Iterable[Measurement], metric: str) -> float:
    return sum(m.value for m in found if m.metric.startswith(f"{metric}/"))


class Asks(nn.Module):
    """Its constructor and its forward pass look at values, which the meta device has not."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.rates = [rate.item() for rate in torch.linspace(0, 0.1, 3)]
        self.layer = nn.Conv2d(3, width, 3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.layer(image)
        return found if image.sum() == 0 else self.layer(found)


def test_a_network_that_looks_at_values_is_run_unless_it_is_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (known,) = registry.models("vit_m.g1k")
    asks = replace(known, name="asks", arch=f"{__name__}:Asks", kwargs={})
    outcome = _profiled(asks)
    found = {m.metric: m.value for m in outcome.measurements}
    assert found["gmacs"] == 30**2 * 4 * 27 / 1e9
    assert found["params"] == (4 * 27 + 4) / 1e6
    monkeypatch.setattr(profile, "RUN_UP_TO", 100)
    refused = _profiled(replace(asks, kwargs={"width": 5}))
    assert refused.status is Status.FAILED
    assert "asks cannot be counted without running it" in str(refused.error)


def test_what_cannot_be_built_is_a_row_with_its_reason() -> None:
    (known,) = registry.models("vit_m.g1k")
    outcome = _profiled(replace(known, kwargs={"depth": "many"}))
    assert outcome.status is Status.FAILED
    assert "cannot build vit_m.g1k" in str(outcome.error)


def _counted(fvcore: int, by_torch: int) -> Counted:
    return Counted({}, {"all": fvcore}, {}, 0, by_torch, {}, {}, {"multi_dot": 1}, {"fused": 2})


def test_counters_that_disagree_give_no_number() -> None:
    profile.agreed(_counted(100, 103), "near")
    with pytest.raises(JobError) as caught:
        profile.agreed(_counted(32_768, 98_304), "chain")
    message = str(caught.value)
    assert "MACs of chain: fvcore counts 32,768, torch 98,304" in message
    assert "66.7%" in message
    assert "functions without a rule: multi_dot; kernels without a formula: fused" in message
    with pytest.raises(JobError):
        profile.agreed(_counted(100, 104), "far")
    with pytest.raises(JobError, match="no convolution or matrix product"):
        profile.agreed(_counted(0, 0), "none")
