"""A world of its own for the command line: one small model with weights, two small datasets.

It is declared the way users declare theirs, in a folder on ``BENCH_PATH``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.cli import main

_DRAW = """
import numpy as np


def draw(dataset, index):
    chance = np.random.default_rng([dataset.options["seed"], index])
    if index >= dataset.options.get("breaks_at", dataset.images):
        raise ValueError("out of ink")
    label = index % dataset.classes
    pixels = chance.integers(0, 256, (dataset.resolution, dataset.resolution, 3), dtype=np.uint8)
    return pixels, label
"""

_DATA = """
from bench.spec import Dataset, Role


def one(name, role, **fields):
    options = {"seed": len(name)} | fields.pop("options", {})
    return Dataset(
        name=name, world="tiny", role=role, images=60, classes=5, resolution=32,
        draw="tiny_draw:draw", options=options, **fields
    )


DATASETS = (
    one("tiny-val", Role.VAL),
    one("tiny-r", Role.R, twin="tiny-val"),
    one("tiny-v2", Role.V2, twin="tiny-val", digest="0" * 64),
    one("tiny-broken", Role.A, twin="tiny-val", options={"breaks_at": 30}),
)
"""

_MODELS = """
from bench.spec import Kind, Model, Scale

_KWARGS = {"num_classes": 5, "depths": (1, 1, 1, 1), "dims": (8, 8, 8, 8), "patch_size": 2}


def one(name, weights="tiny.safetensors", **fields):
    return Model(
        name=name, family=name.split("_")[0], kind=Kind.CONVNET, size="xs",
        arch="timm.models.convnext:ConvNeXt", kwargs=_KWARGS | fields.pop("kwargs", {}),
        resolution=32, classes=5, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), world="tiny",
        scale=Scale.IN1K, trained_on="nothing", pretrain_images=0,
        weights=f"HERE/{weights}", weights_sha256="DIGEST",
    )


MODELS = (
    one("tiny_xs.g1k"),
    one("misfit_xs.g1k", kwargs={"dims": (8, 8, 8, 16)}),  # other shapes than its weights
    one("damaged_xs.g1k", weights="damaged.safetensors"),
    one("absent_xs.g1k", weights="absent.safetensors"),
)
"""

_SUITE = """
\"\"\"A suite that takes seconds.\"\"\"

from bench.spec import Measure, Suite

SUITE = Suite(
    name="tiny", title="Tiny", models=("tiny",), datasets=("tiny-val", "tiny-r"),
    measures=(Measure.EVALUATE, Measure.PROFILE), report="scaling",
)
"""


@dataclass(frozen=True)
class Said:
    """What one call of the program said and ended with."""

    code: int
    out: str
    err: str


Call = Callable[..., Said]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that ``BENCH_PATH`` names; its images are drawn once a session."""
    import hashlib

    import torch
    from safetensors.torch import save
    from timm.models.convnext import ConvNeXt

    home = tmp_path_factory.mktemp("world")
    torch.manual_seed(0)
    network = ConvNeXt(num_classes=5, depths=(1, 1, 1, 1), dims=(8, 8, 8, 8), patch_size=2)
    weights = save(network.state_dict())
    (home / "tiny.safetensors").write_bytes(weights)
    (home / "damaged.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    digest = hashlib.sha256(weights).hexdigest()
    for name, text in {
        "tiny_draw.py": _DRAW,
        "data/tiny.py": _DATA,
        "models/tiny.py": _MODELS.replace("HERE", str(home)).replace("DIGEST", digest),
        "suites/tiny.py": _SUITE,
    }.items():
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(text)
    return home


@pytest.fixture
def here(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder in that world."""
    monkeypatch.setenv("BENCH_PATH", str(world))
    monkeypatch.syspath_prepend(str(world))  # where the drawing function lies
    monkeypatch.setenv("BENCH_CACHE", str(world / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("BENCH_DEBUG", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def bench(here: Path, capfd: pytest.CaptureFixture[str]) -> Call:
    """The program, called in this process."""

    def call(*arguments: str) -> Said:
        capfd.readouterr()
        code = main(list(arguments))
        return Said(code, *capfd.readouterr())

    return call


@pytest.fixture
def program(here: Path) -> Call:
    """The program as a process of its own."""

    def call(*arguments: str, **environment: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "bench", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=os.environ | environment,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return call
