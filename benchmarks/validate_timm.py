"""Beside timm's own ``validate.py``: the same right answers, and how long each takes, in one run.

    git clone --depth 1 -b v1.0.28 https://github.com/huggingface/pytorch-image-models
    python benchmarks/validate_timm.py pytorch-image-models/validate.py --images 2000

JPEGs of 500x375 pixels are made in synset folders, and for eight small models of one preprocessing
the weights: random, with a last layer fitted so that about half of the images are right. Both sides
run in this process, in turns, each with its own loading of weights and listing of files; the first
model of `bench` fills an empty cache. No cache can be faster than the networks themselves, which
is why ``--img-size`` decides what is seen. Prints each model, the ratios, and what the parts take.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

from bench import registry
from bench.checkpoints.build import build
from bench.checkpoints.weights import resolve
from bench.images.imagenet.synsets import synsets
from bench.images.open import opened
from bench.images.types import ImageSet
from bench.run.execute import execute
from bench.spec import (
    CropMode,
    Dataset,
    Interpolation,
    Job,
    Kind,
    Measure,
    Model,
    Options,
    Scale,
    replace,
)

MODELS = (
    "test_convnext.r160_in1k",
    "test_vit.r160_in1k",
    "test_vit2.r160_in1k",
    "test_byobnet.r160_in1k",
    "test_efficientnet.r160_in1k",
    "test_convnext2.r160_in1k",
    "test_convnext3.r160_in1k",
    "test_vit3.r160_in1k",
)
CLASSES = 100


def tree(folder: Path, images: int, width: int = 500, height: int = 375) -> None:
    """Synset folders of JPEGs; a class is a coarse pattern, an image its noisy, shifted version."""
    for index in range(images):
        rng = np.random.default_rng(index)
        pattern = np.random.default_rng(10**6 + index % CLASSES).integers(0, 256, (5, 6, 3))
        coarse = np.roll(pattern, rng.integers(0, 2), axis=1) + rng.normal(0, 40, pattern.shape)
        smooth = Image.fromarray(coarse.clip(0, 255).astype(np.uint8)).resize((width, height))
        noise = rng.integers(-25, 26, (height, width, 1))
        pixels = (np.asarray(smooth) + noise).clip(0, 255).astype(np.uint8)
        home = folder / synsets()[index % CLASSES]
        home.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(home / f"ILSVRC2012_val_{index + 1:08}.JPEG", quality=92)


def declared(name: str, size: int) -> Model:
    """One of timm's models, as its pretrained configuration describes it, at another size."""
    given: Any = timm.get_pretrained_cfg(name)
    kwargs = {"img_size": size} if "vit" in name else {}
    return Model(
        name=name,
        family="test",
        kind=Kind.CONVNET,
        size="xs",
        arch="timm:create_model",
        kwargs={"model_name": name.split(".")[0], **kwargs},
        resolution=size,
        classes=given.num_classes,
        mean=given.mean,
        std=given.std,
        world="imagenet",
        scale=Scale.IN1K,
        trained_on="nothing",
        pretrain_images=None,
        weights=f"hf-hub:timm/{name}",
        weights_sha256="",
        source="timm",
        crop_pct=given.crop_pct,
        crop_mode=CropMode(given.crop_mode),
        interpolation=Interpolation(given.interpolation),
    )


def fitted(model: Model, val: Dataset, folder: Path) -> Path:
    """A weight file: random, but for a last layer that least squares fits to the labels."""
    path = folder / f"{model.name}.safetensors"
    torch.manual_seed(0)
    network: Any = build(model, weights=False)
    images = opened(val, model.transform, limit=1500, cache=False)
    features = []
    with torch.inference_mode():
        for block in images.blocks(100):
            x = torch.from_numpy(block).permute(0, 3, 1, 2) / 255
            x = (x - torch.tensor(model.mean).view(3, 1, 1)) / torch.tensor(model.std).view(3, 1, 1)
            features.append(network.forward_head(network.forward_features(x), pre_logits=True))
    x = torch.cat(features).double()
    middle, spread = x.mean(0), x.std(0) + 1e-6
    x = (x - middle) / spread
    wanted = torch.nn.functional.one_hot(torch.tensor(images.labels.target), model.classes).double()
    ridge = x.T @ x + 10 * torch.eye(x.shape[1])
    weight = torch.linalg.solve(ridge, x.T @ wanted).T / spread
    head = network.get_classifier()
    head.weight.data = 20 * weight.float()
    head.bias.data = 20 * (wanted.mean(0) - weight @ middle).float()
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, path)
    return path


def by_timm(script: ModuleType, model: Model, weights: Path, data: Path, batch: int) -> list[float]:
    """Right in the first and in the first five, of 100, as ``validate.py`` finds."""
    name, size = model.kwargs["model_name"], model.resolution
    words = ["--data-dir", data, "--model", name, "--checkpoint", weights, "--device", "cpu"]
    words += ["--batch-size", batch, "--workers", 2, "--log-freq", 10**6]
    words += ["--img-size", size]
    if "img_size" in model.kwargs:
        words += ["--model-kwargs", f"img_size={size}"]
    found = script.validate(script.parser.parse_args([str(word) for word in words]))
    return [found["top1"], found["top5"]]


def by_bench(model: Model, val: Dataset, batch: int, folder: Path) -> list[float]:
    """The same, as a job of ``bench run`` finds."""
    options = Options(batch_size=batch, workers=2)
    found = resolve(model, folder=folder)
    job = Job(measure=Measure.EVALUATE, model=found, options=options, dataset=val)
    outcome = execute(job)
    if outcome.error:
        sys.exit(outcome.error)
    return [
        row.value for name in ("top1", "top5") for row in outcome.measurements if row.metric == name
    ]


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of all cores, children's too."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.1f} s ({self.cpu:.1f} s of CPU)"

    def __truediv__(self, other: Cost) -> str:
        clock, cpu = self.wall / other.wall, self.cpu / other.cpu
        return f"{clock:.2f}x by the clock, {cpu:.2f}x in CPU time"

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall + other.wall, self.cpu + other.cpu)


def timed(run: Callable[[], list[float]]) -> tuple[Cost, list[float]]:
    """What a run takes, and what it finds."""
    before, began = os.times(), time.perf_counter()
    found = run()
    wall, after = time.perf_counter() - began, os.times()
    return Cost(wall, sum(after[:4]) - sum(before[:4])), found


def imported(path: Path) -> ModuleType:
    """A script as a module."""
    spec = importlib.util.spec_from_file_location("validate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def turns(script: ModuleType, folder: Path, given: argparse.Namespace) -> Iterator[list[Cost]]:
    """What timm and bench take for each model; prints each."""
    data = folder / "val"
    if not data.exists():
        tree(data, given.images)
    val = replace(registry.datasets("imagenet-val")[0], place=str(data))
    models = [declared(name, given.img_size) for name in MODELS]
    weights = [fitted(model, val, folder) for model in models]
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        os.environ["BENCH_CACHE"] = cache
        for model, file in zip(models, weights, strict=True):
            size = given.batch_size
            theirs, expected = timed(partial(by_timm, script, model, file, data, size))
            ours, found = timed(partial(by_bench, model, val, size, folder))
            same = "same" if np.allclose(expected, found, atol=1e-4) else "DIFFERENT"
            print(f"{model.name}: timm {theirs}, bench {ours}, {theirs / ours}")
            print(f"    top1 {expected[0]:.3f} {found[0]:.3f}", end=" ")
            print(f"top5 {expected[1]:.3f} {found[1]:.3f} {same}", flush=True)
            yield [theirs, ours]
        parts(models[0], val)


def _passed(images: ImageSet) -> list[float]:
    return [float(len(block)) for block in images.blocks(256)]


def parts(model: Model, val: Dataset) -> None:
    """What decoding and reading back take without a network; prints both."""
    for name, cache in (("decoding", False), ("reading back", True)):
        images = opened(val, model.transform, cache=cache)
        cost, _ = timed(partial(_passed, images))
        print(f"{name}: {cost}, {cost.cpu / len(images) * 1e3:.3f} ms of CPU an image")


def main() -> None:
    """Run all models on both sides."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("validate", type=Path, help="timm's validate.py")
    parser.add_argument("--images", type=int, default=4000)
    parser.add_argument("--img-size", type=int, default=64, help="pixels")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--folder", type=Path, help="kept for the next run; else a temporary one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        script = imported(given.validate)
        found = list(turns(script, folder, given))
    for name, part in (("first model", found[:1]), ("second", found[1:2]), ("all", found)):
        theirs, ours = (reduce(add, side) for side in zip(*part, strict=True))
        print(f"{name}: {theirs / ours}")


if __name__ == "__main__":
    main()
