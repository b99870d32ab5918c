"""The zoo: what it costs by hand formula, and that each checkpoint scores what its card says."""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench import registry
from bench.checkpoints import zoo
from bench.checkpoints.build import build
from bench.checkpoints.weights import verified
from bench.checkpoints.zoo import zoo_file
from bench.images.drawn.store import open_images
from bench.models import convnext, resnet, swin, vit
from bench.run.execute import execute
from bench.spec import Job, Kind, Measure, Model, Options, Scale, Status
from bench.spec.errors import UsageError
from bench.tasks.classification import predictions

DECLARED = (*convnext.MODELS, *swin.MODELS, *vit.MODELS, *resnet.MODELS)
ZOO: tuple[Model, ...] = tuple(model for model in DECLARED if model.source == "zoo")
SCRATCH = tuple(model for model in ZOO if model.scale is Scale.IN1K)
CLASSES = 50


def card(model: Model) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(zoo_file(f"{model.name}.json").read_text())
    return found


def linear(inputs: int, outputs: int, tokens: int = 1, bias: bool = True) -> np.ndarray[Any, Any]:
    """(params, MACs) of one linear layer or 1x1 convolution applied to so many tokens."""
    return np.array([inputs * outputs + bias * outputs, inputs * outputs * tokens])


def conv(i: int, o: int, k: int, side: int, groups: int = 1, bias: bool = False) -> Any:
    """(params, MACs) of a k x k convolution with an output of ``side`` x ``side``."""
    return np.array([i * o * k * k // groups + bias * o, i * o * k * k // groups * side * side])


def norm(width: int) -> Any:
    return np.array([2 * width, 0])


def convnext_cost(depths: tuple[int, ...], dims: tuple[int, ...], **_: Any) -> Any:
    """Stem; before each stage a norm and 2x2 conv; blocks of 7x7 depthwise, norm, 4x expansion."""
    side = 16
    cost = conv(3, dims[0], 2, side, bias=True) + norm(dims[0])
    for stage, (depth, d) in enumerate(zip(depths, dims, strict=True)):
        before = dims[max(0, stage - 1)]
        side //= 2
        cost = cost + norm(before) + conv(before, d, 2, side, bias=True)
        t = side * side
        block = conv(d, d, 7, side, groups=d, bias=True) + norm(d)
        cost = cost + depth * (block + linear(d, 4 * d, t) + linear(4 * d, d, t))
    return cost + norm(dims[-1]) + linear(dims[-1], CLASSES)


def attention(d: int, tokens: int, window: int) -> Any:
    """Qkv, scores and values within windows of so many tokens, projection."""
    mixing = np.array([0, 2 * tokens * window * d])
    return linear(d, 3 * d, tokens) + mixing + linear(d, d, tokens)


def mlp(d: int, tokens: int) -> Any:
    return linear(d, 4 * d, tokens) + linear(4 * d, d, tokens)


def swin_cost(depths: tuple[int, ...], embed_dim: int, num_heads: tuple[int, ...], **_: Any) -> Any:
    side, d = 8, embed_dim
    cost = conv(3, d, 4, side, bias=True) + norm(d)
    for stage, (depth, heads) in enumerate(zip(depths, num_heads, strict=True)):
        if stage:
            side, merged = side // 2, 4 * d
            d *= 2
            cost = cost + norm(merged) + linear(merged, d, side * side, bias=False)
        w, t = min(4, side), side * side
        table = np.array([(2 * w - 1) ** 2 * heads, 0])
        block = norm(d) + attention(d, t, w * w) + table + norm(d) + mlp(d, t)
        cost = cost + depth * block
    return cost + norm(d) + linear(d, CLASSES)


def vit_cost(depth: int, embed_dim: int, **_: Any) -> Any:
    d, patches = embed_dim, 16
    t = patches + 1
    cost = conv(3, d, 8, 4, bias=True) + np.array([t * d + d, 0])  # position table, class token
    block = norm(d) + attention(d, t, t) + norm(d) + mlp(d, t)
    return cost + depth * block + norm(d) + linear(d, CLASSES)


def resnet_cost(
    layers: tuple[int, ...], stem_width: int, channels: tuple[int, ...], **_: Any
) -> Any:
    w, side, width = stem_width, 8, 2 * stem_width
    cost = conv(3, w, 3, 16) + norm(w) + conv(w, w, 3, 16) + norm(w) + conv(w, 2 * w, 3, 16)
    cost = cost + norm(2 * w)
    for stage, (depth, c) in enumerate(zip(layers, channels, strict=True)):
        side = side // 2 if stage else side
        for block in range(depth):
            cost = cost + conv(width, c, 3, side) + norm(c) + conv(c, c, 3, side) + norm(c)
            if block == 0 and (stage or width != c):
                cost = cost + conv(width, c, 1, side) + norm(c)
            width = c
    return cost + linear(width, CLASSES)


COSTS: dict[str, Callable[..., Any]] = {
    "convnext": convnext_cost,
    "swin": swin_cost,
    "vit": vit_cost,
    "resnet": resnet_cost,
}


@pytest.mark.parametrize("model", SCRATCH, ids=lambda m: m.architecture)
def test_cost_by_hand_is_the_cost_measured(model: Model) -> None:
    params, macs = COSTS[model.family](**model.kwargs)
    assert sum(p.numel() for p in build(model, weights=False).parameters()) == params
    outcome = execute(Job(measure=Measure.PROFILE, model=model, options=Options()))
    assert outcome.status is Status.OK, outcome.error
    measured = {m.metric: m.value for m in outcome.measurements}
    assert measured["params"] * 1e6 == pytest.approx(params, abs=0.5)
    assert measured["gmacs"] * 1e9 == pytest.approx(macs, rel=1e-6)


def test_the_ladder_is_long_and_level() -> None:
    rungs: dict[str, dict[str, float]] = defaultdict(dict)
    for model in SCRATCH:
        rungs[model.family][model.size] = COSTS[model.family](**model.kwargs)[1]
    for family, macs in rungs.items():
        assert len(macs) >= 4
        assert math.log10(max(macs.values()) / min(macs.values())) >= 1.5, family
        assert list(macs.values()) == sorted(macs.values())
    for size in rungs["vit"]:
        level = [macs[size] for macs in rungs.values()]
        assert max(level) / min(level) < 1.3, size


def test_the_two_scales_share_an_architecture_and_a_recipe() -> None:
    scales: dict[str, set[Scale]] = defaultdict(set)
    recipes = defaultdict(set)
    for model in ZOO:
        scales[model.architecture].add(model.scale)
        recipes[model.scale].add(json.dumps([card(model)["recipe"], card(model)["data"]]))
    assert all(found == {Scale.IN1K, Scale.IN22K} for found in scales.values())
    assert all(len(found) == 1 for found in recipes.values())


def test_weights_are_whole_small_and_those_of_the_cards() -> None:
    total = 0
    for model in ZOO:
        data = zoo_file(model.weights).read_bytes()
        total += len(data)
        assert hashlib.sha256(data).hexdigest() == card(model)["sha256"] == model.weights_sha256
        assert card(model)["params"] == sum(p.numel() for p in build(model).parameters())
    assert total <= 25e6


def test_a_folder_of_weights_that_is_none_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BENCH_ZOO", str(tmp_path))
    assert verified(ZOO[0]).read_bytes()  # an empty folder adds nothing
    monkeypatch.setenv("BENCH_ZOO", str(tmp_path / "mistyped"))
    with pytest.raises(UsageError, match="mistyped"):
        verified(ZOO[0]).read_bytes()


@pytest.mark.parametrize("text", ["[1]", "null", "3", "{}", "{", '"sha256"'])
def test_a_card_that_is_none_leaves_the_others_listed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    (tmp_path / "odd_xs.g1k.json").write_text(text)
    monkeypatch.setenv("BENCH_ZOO", str(tmp_path))
    odd = zoo.family("odd", Kind.HYBRID, "nowhere:Odd", {"xs": {}})
    assert [model.weights_sha256 for model in odd] == ["", ""]


@pytest.mark.parametrize("model", ZOO, ids=lambda m: m.name)
def test_card_states_what_the_checkpoint_scores(model: Model) -> None:
    stated = card(model)["accuracy"]
    dataset = dict(registry.load().datasets)[stated["dataset"]]
    assert dataset.digest == stated["digest"]
    options = Options(limit=stated["first"]["images"])
    job = Job(measure=Measure.EVALUATE, model=model, dataset=dataset, options=options)
    outcome = execute(job)
    assert outcome.status is Status.OK, outcome.error
    assert outcome.predictions is not None
    found = predictions.unpack(outcome.predictions)
    labels = open_images(dataset, limit=options.limit).labels
    assert int((found.prediction == labels).sum()) == stated["first"]["correct"]


def test_the_ladder_is_informative() -> None:
    share = {m.name: card(m)["accuracy"]["correct"] / card(m)["accuracy"]["images"] for m in ZOO}
    chance = 1 / CLASSES
    assert min(share.values()) > 5 * chance
    assert max(share.values()) < 0.98


def test_seed_makes_the_start_reproducible() -> None:
    torch.manual_seed(3)
    one = build(SCRATCH[0], weights=False).state_dict()
    torch.manual_seed(3)
    two = build(SCRATCH[0], weights=False).state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)
