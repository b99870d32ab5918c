"""``bench train`` ends in weights and a card, and goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.spec import Scale
from bench.training.recipe import RECIPES, Recipe, Stage

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(dataset="glyphs-val", images_seen=64, lr=1e-3)
    monkeypatch.setitem(RECIPES, Scale.IN1K, Recipe(stages=(stage,), batch_size=16))


@pytest.mark.slow
def test_training_ends_in_weights_and_a_card(bench: Call, here: Path) -> None:
    said = bench("train", "convnext_xs.g1k", "--output", "zoo", "--device", "cpu", "--seed", "7")
    assert said.code == 0, said.err
    card = json.loads((here / "zoo" / "convnext_xs.g1k.json").read_text())
    assert (card["seed"], card["images_seen"]) == (7, 64)
    assert (here / "zoo" / "convnext_xs.g1k.safetensors").stat().st_size > 10_000
    right, of = card["accuracy"]["correct"], card["accuracy"]["images"]
    assert f"convnext_xs.g1k: {right} of {of} correct on glyphs-val" in said.out

    again = bench("train", "convnext_xs.g1k", "--output", "zoo", "--device", "cpu")
    assert "already trained" in again.out
    assert json.loads((here / "zoo" / "convnext_xs.g1k.json").read_text()) == card


def test_a_folder_that_cannot_be_made_is_one_line(bench: Call) -> None:
    said = bench("train", "convnext_xs.g1k", "--output", "/dev/null/zoo", "--device", "cpu")
    assert said.code == 2
    assert len(said.err.splitlines()) == 1


def test_published_weights_are_not_trained(bench: Call) -> None:
    said = bench("train", "timm:resnet18")
    assert (said.code, said.out) == (2, "")
    assert "'timm:resnet18' selects published models" in said.err
