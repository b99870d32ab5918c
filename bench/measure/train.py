"""Trains one model of the zoo: seeded, resumable, ending in a safetensors file and its card."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from bench.data._load import Images, open_images
from bench.errors import DataError, UsageError
from bench.measure._recipe import RECIPES, Recipe, Stage
from bench.models._build import build
from bench.spec import Dataset, Model, replace

Progress = Callable[[int, int, float], None]
_SAVE_EVERY_S = 20.0


@dataclass
class _State:
    """Where training stands; what a resume needs."""

    stage: int = 0
    step: int = 0  # within the stage
    seconds: float = 0.0
    curve: list[tuple[int, float]] = field(default_factory=list)  # (images seen, mean loss)


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
    """Trains ``model`` by its recipe and writes ``<name>.safetensors`` and ``<name>.json``.

    ``datasets`` maps names to declarations: the recipe's sets, and glyphs-val for the card.
    ``progress`` gets (images seen, images in all, recent loss in nats). A checkpoint is kept in
    ``output`` while training runs; with ``resume`` an interrupted run continues from it. Returns
    the card's path. Raises `UsageError` for an unwritable folder, `DataError` for a loss that
    is not finite.
    """
    recipe = recipe or RECIPES[model.scale]
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to {output}: {error.strerror}") from error
    part = output / f".{model.name}.part"
    state = _State()
    torch.manual_seed(seed)
    first = datasets[recipe.stages[0].dataset].classes
    network = _fresh(build(_with_classes(model, first), weights=False), recipe)
    saved = _resumable(part, model, recipe, seed) if resume else None
    if saved:
        state = _State(**saved["state"])
        _fit_head(network, model, datasets[recipe.stages[state.stage].dataset].classes)
        network.load_state_dict(saved["network"])
    network = network.to(device)
    network = network.to(memory_format=torch.channels_last)
    digests = {}
    for number in range(state.stage, len(recipe.stages)):
        stage = recipe.stages[number]
        if number > state.stage:
            state.stage, state.step = number, 0
            _fit_head(network, model, datasets[stage.dataset].classes)
        images = open_images(datasets[stage.dataset], workers=workers)
        digests[stage.dataset] = images.digest
        run = _StageRun(network, model, images, recipe, stage, seed + number, device)
        if saved:
            run.optimizer.load_state_dict(saved["optimizer"])
            saved = None
        run.until_done(state, part, _identity(model, recipe, seed), progress)
    digests |= {
        s.dataset: open_images(datasets[s.dataset], workers=workers).digest
        for s in recipe.stages
        if s.dataset not in digests
    }
    card = {"seed": seed, "recipe": asdict(recipe), "data": digests, "device": device}
    return _finish(network, model, datasets["glyphs-val"], output, state, card)


class _StageRun:
    """One stage: data, optimiser and schedule."""

    def __init__(
        self,
        network: nn.Module,
        model: Model,
        images: Images,
        recipe: Recipe,
        stage: Stage,
        seed: int,
        device: str,
    ) -> None:
        self.network, self.recipe, self.stage, self.device = network, recipe, stage, device
        self.mean = torch.tensor(model.mean, device=device).view(1, 3, 1, 1)
        self.std = torch.tensor(model.std, device=device).view(1, 3, 1, 1)
        self.pixels = torch.from_numpy(np.array(images.pixels)).to(device)
        self.labels = torch.from_numpy(images.labels).to(device)
        self.seed, self.steps = seed, recipe.steps(stage)
        matrices = [p for p in network.parameters() if p.ndim >= 2]
        others = [p for p in network.parameters() if p.ndim < 2]
        groups: list[dict[str, Any]] = [
            {"params": matrices},
            {"params": others, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(
            groups,
            lr=stage.lr,
            betas=recipe.betas,
            weight_decay=recipe.weight_decay,
        )
        self.loss = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)

    def until_done(
        self, state: _State, part: Path, identity: str, progress: Progress | None
    ) -> None:
        """Runs the steps that are left, saving as it goes."""
        recipe, batch = self.recipe, self.recipe.batch_size
        before = sum(recipe.steps(s) for s in recipe.stages[: state.stage])
        total = sum(recipe.steps(s) for s in recipe.stages) * batch
        self.network.train()
        clock = saved_at = time.monotonic()
        recent: list[float] = []
        while state.step < self.steps:
            recent.append(self._step(state.step))
            state.step += 1
            seen = (before + state.step) * batch
            if state.step % 50 == 0 or state.step == self.steps:
                state.curve.append((seen, round(sum(recent) / len(recent), 4)))
                if progress:
                    progress(seen, total, state.curve[-1][1])
                recent = []
            now = time.monotonic()
            if now - saved_at > _SAVE_EVERY_S:
                state.seconds += now - clock
                clock = saved_at = now
                self._save(state, part, identity)
        state.seconds += time.monotonic() - clock

    def _step(self, step: int) -> float:
        """One optimiser step; returns the loss, in nats. All chance comes from (seed, step)."""
        recipe, chance = self.recipe, np.random.default_rng([self.seed, step])
        epoch, place = divmod(step * recipe.batch_size, len(self.labels))
        order = np.random.default_rng([self.seed, 1_000_000 + epoch]).permutation(len(self.labels))
        index = np.resize(np.roll(order, -place), recipe.batch_size)
        x, y = self._batch(index, chance.integers(-recipe.shift, recipe.shift + 1, (2, len(index))))
        for group in self.optimizer.param_groups:
            group["lr"] = self.stage.lr * _schedule(step, self.steps, recipe.warmup)
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(self.network(x), y)
        if not torch.isfinite(loss):
            raise DataError(
                f"training diverged at step {step} of {self.stage.dataset}: loss {loss}"
            )
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), recipe.clip_norm)
        self.optimizer.step()
        return float(loss.detach())

    def _batch(
        self, index: np.ndarray[Any, Any], moves: np.ndarray[Any, Any]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised images (B, 3, H, W), each moved by its own few pixels, and labels."""
        which = torch.from_numpy(index).to(self.device)
        side = self.pixels.shape[1]
        along = torch.arange(side)[None, :]
        down, right = ((along + torch.from_numpy(m)[:, None]).clamp(0, side - 1) for m in moves)
        down, right = down.to(self.device), right.to(self.device)
        moved = self.pixels[which[:, None, None], down[:, :, None], right[:, None, :]]
        x = moved.permute(0, 3, 1, 2).float() / 255
        return (x - self.mean) / self.std, self.labels[which]

    def _save(self, state: _State, part: Path, identity: str) -> None:
        scratch = part.with_suffix(".tmp")
        whole = {
            "identity": identity,
            "state": asdict(state),
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save(whole, scratch)
        scratch.replace(part)


def _schedule(step: int, steps: int, warmup: float) -> float:
    """Linear warm-up, then half a cosine to zero; a factor 0..1.

    >>> [round(_schedule(s, 100, 0.1), 2) for s in (0, 9, 10, 55, 99)]
    [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    rise = max(1, round(steps * warmup))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def _fresh(network: nn.Module, recipe: Recipe) -> nn.Module:
    """Starts every layer from PyTorch's own initialisation, whatever timm chose for its family."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.LayerNorm | nn.BatchNorm2d):
            layer.reset_parameters()
    for name, table in network.named_parameters():
        if name.endswith("pos_embed"):
            nn.init.normal_(table, std=recipe.position_std)
    return network


def _with_classes(model: Model, classes: int) -> Model:
    return replace(model, kwargs={**model.kwargs, "num_classes": classes})


def _fit_head(network: nn.Module, model: Model, classes: int) -> None:
    """Cuts the classifier down to its first ``classes`` rows: labels of both sets agree there."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear) and layer.out_features > classes:
            name = next(n for n, m in network.named_modules() if m is layer)
            if not name.startswith(("head", "fc")):
                continue
            layer.weight = nn.Parameter(layer.weight[:classes].detach().clone())
            layer.bias = nn.Parameter(layer.bias[:classes].detach().clone())
            layer.out_features = classes


def _identity(model: Model, recipe: Recipe, seed: int) -> str:
    """What a checkpoint must share with a run to continue it."""
    text = json.dumps([model.arch, dict(model.kwargs), asdict(recipe), seed], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _resumable(part: Path, model: Model, recipe: Recipe, seed: int) -> dict[str, Any] | None:
    """The saved state of the same run, or None: another recipe or a torn file starts anew."""
    try:
        saved: dict[str, Any] = torch.load(part, map_location="cpu", weights_only=True)
    except Exception:  # a torn file fails in many ways, all of which mean: start anew
        return None
    return saved if saved.get("identity") == _identity(model, recipe, seed) else None


def _finish(
    network: nn.Module,
    model: Model,
    val: Dataset,
    output: Path,
    state: _State,
    card: dict[str, Any],
) -> Path:
    """Writes weights and card; the card states what the written file scores, not the network."""
    network = network.to("cpu").eval()
    tensors = {
        name: (t.half() if t.is_floating_point() and t.ndim >= 2 else t).contiguous().clone()
        for name, t in network.state_dict().items()
    }
    weights = output / model.weights
    save_file(tensors, weights)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    network.load_state_dict(
        {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}
    )
    images = open_images(val)
    correct = _correct(network, model, images)
    card = {
        "model": model.name,
        "sha256": digest,
        "params": sum(p.numel() for p in network.parameters()),
        "stored_as": "float16 matrices and kernels, float32 vectors",
        "accuracy": {
            "dataset": val.name,
            "digest": images.digest,
            "images": len(images.labels),
            "correct": correct,
        },
        "images_seen": state.curve[-1][0],
        "train_seconds": round(state.seconds, 1),
        **card,
        "versions": {n: version(n) for n in ("torch", "timm", "numpy", "pillow")},
        "curve": state.curve,
    }
    path = output / f"{model.name}.json"
    path.write_text(json.dumps(card, indent=1) + "\n")
    (output / f".{model.name}.part").unlink(missing_ok=True)
    return path


@torch.inference_mode()
def _correct(network: nn.Module, model: Model, images: Images) -> int:
    """Images of the set whose largest logit is the label's."""
    mean, std = torch.tensor(model.mean), torch.tensor(model.std)
    total = 0
    for start in range(0, len(images.labels), 250):
        x = torch.from_numpy(np.array(images.pixels[start : start + 250])).float() / 255
        logits = network(((x - mean) / std).permute(0, 3, 1, 2))
        total += int((logits.argmax(1).numpy() == images.labels[start : start + 250]).sum())
    return total
