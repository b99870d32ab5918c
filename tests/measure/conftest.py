"""A small world of real parts: a zoo model with random weights, the first images of glyphs-val."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from bench import registry
from bench.models._build import build
from bench.spec import Dataset, Model, replace


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def dataset(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """The first 160 images of glyphs-val."""
    monkeypatch.setenv("BENCH_CACHE", str(cache))
    (val,) = registry.datasets("glyphs-val")
    return replace(val, name="glyphs-val-160", images=160, digest=None)


@pytest.fixture
def saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, Callable[[torch.nn.Module], None] | None], Model]:
    """``saved(name, change)``: the named zoo model with random weights, after ``change``."""
    monkeypatch.setenv("BENCH_ZOO", str(tmp_path))

    def save(name: str, change: Callable[[torch.nn.Module], None] | None = None) -> Model:
        (model,) = registry.models(name)
        torch.manual_seed(0)
        network = build(model, weights=False)
        with torch.no_grad():
            # timm starts heads at a spread of 0.02, where every class looks alike.
            for weight in network.parameters():
                if weight.ndim == 2:
                    weight.mul_(8)
            if change:
                change(network)
        file = tmp_path / f"{name}.safetensors"
        save_file({k: v.contiguous() for k, v in network.state_dict().items()}, file)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        return replace(model, weights=file.name, weights_sha256=digest)

    return save
