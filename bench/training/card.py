"""Weights and their card, which states what a checkpoint is, how it was made and what it scores."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import nn

from bench.images.open import opened
from bench.network.forward import Forward
from bench.spec import Dataset, Model, Options
from bench.tasks.classification.evaluate import predict_into
from bench.tasks.classification.tally import Tally
from bench.tasks.classification.views import View
from bench.training.stage import State

#: A card states the accuracy on all of val, and on its first images, which are quick to check.
SLICE = 500


def write_card(
    network: nn.Module, model: Model, val: Dataset, output: Path, state: State, made: dict[str, Any]
) -> Path:
    """Write ``network`` to ``output/<weights>``, and its card; returns the card's path.

    Matrices and kernels are stored in float16, which halves the size of the zoo. The accuracy is
    that of the stored weights. ``made`` holds how it was trained: seed, recipe, data, device.
    """
    network = network.to("cpu").eval()
    stored = {
        name: (t.half() if t.is_floating_point() and t.ndim >= 2 else t).contiguous().clone()
        for name, t in network.state_dict().items()
    }
    weights = output / model.weights
    save_file(stored, weights)
    network.load_state_dict(stored)
    card = {
        "model": model.name,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "params": sum(p.numel() for p in network.parameters()),
        "stored_as": "float16 matrices and kernels, float32 vectors",
        "accuracy": score(network, model, val),
        "images_seen": state.curve[-1][0],
        "train_seconds": round(state.seconds, 1),
        **made,
        "versions": {name: version(name) for name in ("torch", "timm", "numpy", "pillow")},
        "curve": state.curve,
    }
    path = output / f"{model.name}.json"
    path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return path


def score(network: nn.Module, model: Model, val: Dataset) -> dict[str, Any]:
    """Correct predictions on ``val``: on all images, and on the first `SLICE`."""
    images = opened(val, model.transform)
    tally = Tally(images.labels, [View(())])
    predict_into(Forward(network, model, Options()), images, tally)
    correct = tally.correct
    return {
        "dataset": val.name,
        "digest": images.digest,
        "images": len(correct),
        "correct": int(correct.sum()),
        "first": {"images": len(correct[:SLICE]), "correct": int(correct[:SLICE].sum())},
    }
