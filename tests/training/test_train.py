"""Training: seeded, the same whether interrupted or not, and honest in its card."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from bench.data.glyphs import DATASETS
from bench.models import convnext, resnet
from bench.spec import Model, Scale, replace
from bench.spec.errors import DataError, UsageError
from bench.training import stage
from bench.training.recipe import RECIPES, Recipe, Stage
from bench.training.train import train

SETS = {d.name: d for d in DATASETS}
SMALL = SETS | {
    "glyphs-1k": replace(SETS["glyphs-1k"], images=500),
    "glyphs-22k": replace(SETS["glyphs-22k"], images=1200),
    "glyphs-val": replace(SETS["glyphs-val"], images=100),
}
FIRST = Stage(dataset="glyphs-22k", images_seen=640, lr=4e-3)
LAST = Stage(dataset="glyphs-1k", images_seen=640, lr=4e-3)
RECIPE = Recipe(stages=(FIRST, LAST), batch_size=64)
MODEL: Model = next(m for m in resnet.MODELS if m.name == "resnet_xs.g22k")


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    """Sums are then made in one order, and two runs can be compared to the bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def made(folder: Path, **more: Any) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    path = train(MODEL, SMALL, folder, recipe=more.pop("recipe", RECIPE), workers=1, **more)
    card: dict[str, Any] = json.loads(path.read_text())
    return card, load_file(folder / MODEL.weights)


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[k], two[k]) for k in one)


def test_seed_decides_everything(tmp_path: Path) -> None:
    card, weights = made(tmp_path / "a", seed=1)
    again, same_weights = made(tmp_path / "b", seed=1)
    _, other_weights = made(tmp_path / "c", seed=2)
    assert same(weights, same_weights)
    assert not same(weights, other_weights)
    assert card["sha256"] == again["sha256"]
    assert card["images_seen"] == 1280
    assert card["recipe"]["stages"][0]["dataset"] == "glyphs-22k"
    assert len(card["data"]) == 2


@pytest.mark.parametrize("stop_at", [4, 13])
def test_an_interrupted_run_ends_in_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at: int
) -> None:
    _, expected = made(tmp_path / "whole")
    monkeypatch.setattr(stage, "_SAVE_EVERY_S", 0.0)
    step, calls = stage.StageRun._step, 0

    def breaking(self: stage.StageRun, number: int) -> float:
        nonlocal calls
        calls += 1
        if calls == stop_at:
            raise KeyboardInterrupt
        return step(self, number)

    monkeypatch.setattr(stage.StageRun, "_step", breaking)
    with pytest.raises(KeyboardInterrupt):
        made(tmp_path / "broken")
    assert (tmp_path / "broken" / f".{MODEL.name}.part").is_file()
    calls = stop_at
    _, resumed = made(tmp_path / "broken")
    assert calls == stop_at + 20 - (stop_at - 1), "steps were lost or made twice"
    assert same(expected, resumed)
    assert not list((tmp_path / "broken").glob(".*"))


_RUN = """
import torch
from pathlib import Path
from bench.training import stage
from tests.training.test_train import made
torch.set_num_threads(1)
stage._SAVE_EVERY_S = 0.0
made(Path({folder!r}))
"""


def test_kill_and_resume_ends_in_the_same_weights(tmp_path: Path) -> None:
    _, expected = made(tmp_path / "whole")
    folder = tmp_path / "killed"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", _RUN.format(folder=str(folder))]
    process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
    part = folder / f".{MODEL.name}.part"
    deadline = time.monotonic() + 60
    while not part.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, resumed = made(folder)
    assert same(expected, resumed)


def test_a_torn_checkpoint_or_another_recipe_starts_anew(tmp_path: Path) -> None:
    _, expected = made(tmp_path / "whole")
    folder = tmp_path / "torn"
    folder.mkdir()
    (folder / f".{MODEL.name}.part").write_bytes(b"PK\x03\x04 torn")
    assert same(expected, made(folder)[1])


def test_the_loss_falls(tmp_path: Path) -> None:
    stages = (Stage(dataset="glyphs-1k", images_seen=64 * 150, lr=4e-3),)
    card, _ = made(tmp_path, recipe=Recipe(stages=stages, batch_size=64))
    losses = [loss for _, loss in card["curve"]]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.9 * losses[0]


def test_the_head_keeps_the_rows_of_the_target_classes() -> None:
    fc = torch.nn.Linear(8, 600)
    rows = fc.weight[:50].clone()
    stage.trim_head(torch.nn.ModuleDict({"body": torch.nn.Linear(8, 99), "fc": fc}), 50)
    assert fc.weight.shape == (50, 8)
    assert fc.bias.shape == (50,)
    assert torch.equal(fc.weight, rows)


def test_both_scales_end_in_the_same_stage() -> None:
    assert RECIPES[Scale.IN22K].stages[-1:] == RECIPES[Scale.IN1K].stages


def test_divergence_is_one_clear_line(tmp_path: Path) -> None:
    stages = (Stage(dataset="glyphs-1k", images_seen=640, lr=1e30),)
    with pytest.raises(DataError, match=r"diverged at step [1-9] of glyphs-1k"):
        made(tmp_path, recipe=Recipe(stages=stages, batch_size=64))


def test_unwritable_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot write to"):
        made(tmp_path / "file")


def test_a_family_without_batch_norm_trains_too(tmp_path: Path) -> None:
    model = next(m for m in convnext.MODELS if m.name == "convnext_xs.g22k")
    path = train(model, SMALL, tmp_path, recipe=RECIPE, workers=1)
    assert json.loads(path.read_text())["accuracy"]["images"] == 100
