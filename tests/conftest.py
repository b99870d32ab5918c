"""What all tests share: patient hypothesis, no folders of the user's, a small measured world."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import torch

    from bench.spec import Dataset, Model

# Shared machines stall: a slow example is no failure. Derandomised, a red test stays red.
settings.register_profile(
    "bench",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("bench")


@pytest.fixture(autouse=True)
def _no_folders_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see the package's own declarations, unless they set the variable themselves."""
    monkeypatch.delenv("BENCH_PATH", raising=False)
    monkeypatch.setattr(sys, "path", sys.path[:])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: begun last, one of them would keep a worker while the others idle."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def dataset(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """The first 160 images of glyphs-val."""
    from bench import registry
    from bench.spec import replace

    monkeypatch.setenv("BENCH_CACHE", str(cache))
    (val,) = registry.datasets("glyphs-val")
    return replace(val, name="glyphs-val-160", images=160, digest=None)


@pytest.fixture
def saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, Callable[[torch.nn.Module], None] | None], Model]:
    """``saved(name, change)``: the named zoo model with random weights, after ``change``."""
    import torch
    from safetensors.torch import save_file

    from bench import registry
    from bench.checkpoints.build import build
    from bench.spec import replace

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
