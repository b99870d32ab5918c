"""One stage of training: data, optimiser and schedule, all seeded by (seed, step)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from bench.images.drawn.store import Images
from bench.spec import Model
from bench.spec.errors import DataError
from bench.training.recipe import Recipe, Stage

Progress = Callable[[int, int, float], None]
_SAVE_EVERY_S = 20.0
_REPORT_EVERY = 50


@dataclass
class State:
    """How far training has come; what resuming needs."""

    stage: int = 0
    step: int = 0  #: optimiser steps done within the stage
    seconds: float = 0.0
    curve: list[tuple[int, float]] = field(default_factory=list)  #: (images seen, mean loss, nat)


class StageRun:
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

    def until_done(self, state: State, save: Callable[[], None], progress: Progress | None) -> None:
        """Run the remaining steps, calling ``save`` every 20 seconds."""
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
            if state.step % _REPORT_EVERY == 0 or state.step == self.steps:
                state.curve.append((seen, round(sum(recent) / len(recent), 4)))
                if progress:
                    progress(seen, total, state.curve[-1][1])
                recent = []
            now = time.monotonic()
            if now - saved_at > _SAVE_EVERY_S:
                state.seconds += now - clock
                clock = saved_at = now
                save()
        state.seconds += time.monotonic() - clock

    def _step(self, step: int) -> float:
        """One optimiser step, seeded by (seed, step); returns the loss in nats."""
        recipe, chance = self.recipe, np.random.default_rng([self.seed, step])
        epoch, place = divmod(step * recipe.batch_size, len(self.labels))
        order = np.random.default_rng([self.seed, 1_000_000 + epoch]).permutation(len(self.labels))
        index = np.resize(np.roll(order, -place), recipe.batch_size)
        x, y = self._batch(index, chance.integers(-recipe.shift, recipe.shift + 1, (2, len(index))))
        for group in self.optimizer.param_groups:
            group["lr"] = self.stage.lr * schedule(step, self.steps, recipe.warmup)
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
        """Normalised images (B, 3, H, W), each shifted by a few pixels of its own, and labels."""
        which = torch.from_numpy(index).to(self.device)
        side = self.pixels.shape[1]
        along = torch.arange(side)[None, :]
        down, right = ((along + torch.from_numpy(m)[:, None]).clamp(0, side - 1) for m in moves)
        down, right = down.to(self.device), right.to(self.device)
        moved = self.pixels[which[:, None, None], down[:, :, None], right[:, None, :]]
        x = moved.permute(0, 3, 1, 2).float() / 255
        return (x - self.mean) / self.std, self.labels[which]


def schedule(step: int, steps: int, warmup: float) -> float:
    """Factor of the learning rate, 0..1: linear warm-up, then half a cosine to zero.

    >>> [round(schedule(s, 100, 0.1), 2) for s in (0, 9, 10, 55, 99)]
    [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    rise = max(1, round(steps * warmup))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def reinitialise(network: nn.Module, recipe: Recipe) -> nn.Module:
    """Reset every layer to PyTorch's own initialisation, whatever timm chose for its family."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.LayerNorm | nn.BatchNorm2d):
            layer.reset_parameters()
    for name, table in network.named_parameters():
        if name.endswith("pos_embed"):
            nn.init.normal_(table, std=recipe.position_std)
    return network


def trim_head(network: nn.Module, classes: int) -> None:
    """Cut the classifier to its first ``classes`` rows, where the labels of both sets agree."""
    for name, layer in network.named_modules():
        if not name.startswith(("head", "fc")) or not isinstance(layer, nn.Linear):
            continue
        if layer.out_features > classes:
            layer.weight = nn.Parameter(layer.weight[:classes].detach().clone())
            layer.bias = nn.Parameter(layer.bias[:classes].detach().clone())
            layer.out_features = classes
