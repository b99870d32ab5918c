"""Train one model of the zoo: seeded, resumable; writes a safetensors file and its card."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from bench.checkpoints.build import build
from bench.images.drawn.store import open_images
from bench.spec import Dataset, Model, replace
from bench.spec.errors import UsageError
from bench.training.card import write_card
from bench.training.recipe import RECIPES, Recipe
from bench.training.stage import Progress, StageRun, State, reinitialise, trim_head


def train(
    model: Model,
    datasets: dict[str, Dataset],
    output: Path,
    *,
    recipe: Recipe | None = None,
    seed: int = 0,
    device: str = "cpu",
    resume: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
) -> Path:
    """Train ``model`` by its recipe and write ``<name>.safetensors`` and ``<name>.json``.

    ``datasets`` maps names to declarations: the recipe's datasets, and glyphs-val for the card.
    ``progress`` is called with (images seen, images in total, recent loss in nats). A checkpoint is
    kept in ``output`` while training runs; with ``resume`` an interrupted run continues from it.
    Returns the card's path. Raises `UsageError` for a folder that cannot be written, `DataError` if
    the loss is not finite.
    """
    recipe = recipe or RECIPES[model.scale]
    part = _writable(output) / f".{model.name}.part"
    identity = _identity(model, recipe, seed)
    saved = _resumable(part, identity) if resume else None
    state = State(**saved["state"]) if saved else State()
    network = _network(model, datasets, recipe, seed, device)
    digests = {}
    for number, stage in enumerate(recipe.stages):
        images = open_images(datasets[stage.dataset], workers=workers)
        digests[stage.dataset] = images.digest
        if number < state.stage:
            continue
        if number > state.stage:
            state.stage, state.step = number, 0
        trim_head(network, datasets[stage.dataset].classes)
        run = StageRun(network, model, images, recipe, stage, seed + number, device)
        if saved:
            network.load_state_dict(saved["network"])
            run.optimizer.load_state_dict(saved["optimizer"])
            saved = None
        run.until_done(state, lambda run=run: _save(part, identity, state, run), progress)  # type: ignore[misc]
    made = {"seed": seed, "recipe": asdict(recipe), "data": digests, "device": device}
    card = write_card(network, model, datasets["glyphs-val"], output, state, made)
    part.unlink(missing_ok=True)
    return card


def _writable(output: Path) -> Path:
    try:
        output.mkdir(parents=True, exist_ok=True)
        (output / ".write").touch()
        (output / ".write").unlink()
    except OSError as error:
        raise UsageError(f"cannot write to {output}: {error.strerror}") from error
    return output


def _network(
    model: Model, datasets: dict[str, Dataset], recipe: Recipe, seed: int, device: str
) -> nn.Module:
    """An untrained network with a head for the first stage's classes."""
    classes = datasets[recipe.stages[0].dataset].classes
    first = replace(model, kwargs={**model.kwargs, "num_classes": classes})
    torch.manual_seed(seed)
    network = reinitialise(build(first, weights=False), recipe).to(device)
    return network.to(memory_format=torch.channels_last)


def _identity(model: Model, recipe: Recipe, seed: int) -> str:
    """Hash of everything that a checkpoint must share with a run to be resumed by it."""
    text = json.dumps([model.arch, dict(model.kwargs), asdict(recipe), seed], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _save(part: Path, identity: str, state: State, run: StageRun) -> None:
    whole = {
        "identity": identity,
        "state": asdict(state),
        "network": run.network.state_dict(),
        "optimizer": run.optimizer.state_dict(),
    }
    scratch = part.with_suffix(".tmp")
    torch.save(whole, scratch)
    scratch.replace(part)


def _resumable(part: Path, identity: str) -> dict[str, Any] | None:
    """The saved state of the same run; None, to start anew, if it is another's or damaged."""
    try:
        saved: dict[str, Any] = torch.load(part, map_location="cpu", weights_only=True)
    except Exception:  # a damaged file can fail in many ways; all mean: start anew
        return None
    return saved if saved.get("identity") == identity else None
