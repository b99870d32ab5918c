"""Evaluation of sets that are read: true layouts, more images than memory should hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from bench import registry
from bench.analysis.robustness.corruption import Cells, mean_error_in
from bench.images.open import opened
from bench.images.types import Labels
from bench.network.forward import Forward
from bench.network.memory import PeakMemory
from bench.run.execute import attempt
from bench.spec import Dataset, Job, Measure, Model, Options, Outcome, Status, replace
from bench.tasks.classification import accuracy, calibration, evaluate, predictions
from bench.tasks.classification.tally import Tally
from bench.tasks.classification.views import views
from tests import imagenet

SIDE = 8
MODEL: Model = replace(
    registry.models("vit_xs.g1k")[0], name="net", world="imagenet", classes=1000, resolution=SIDE
)


class _Net(torch.nn.Module):
    """One linear layer for so many pixels a side."""

    def __init__(self, side: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.head = torch.nn.Linear(3 * side * side, 1000)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.head(images.flatten(1))
        return answer


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> _Net:
    net = _Net(SIDE)
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(evaluate, "network_of", lambda *_: net)
    return net


def declared(name: str, place: Path, **changed: Any) -> Dataset:
    (dataset,) = registry.datasets(name)
    return replace(dataset, place=str(place), **changed)


def run(dataset: Dataset, **options: Any) -> Outcome:
    chosen = replace(Options(batch_size=4), **options)
    job = Job(measure=Measure.EVALUATE, model=MODEL, options=chosen, dataset=dataset)
    outcome = attempt(job)
    assert outcome.status is Status.OK, outcome.error
    return outcome


def values(outcome: Outcome) -> dict[str, float]:
    return {m.metric: m.value for m in outcome.measurements}


def logits(dataset: Dataset, net: _Net) -> tuple[NDArray[np.float64], Labels]:
    """By code of this test alone, from the pixels as they are prepared."""
    images = opened(dataset, MODEL.transform)
    pixels = next(iter(images.blocks(len(images))))
    scaled = ((pixels / 255 - MODEL.mean) / MODEL.std).transpose(0, 3, 1, 2)
    weight, bias = (p.detach().double().numpy() for p in (net.head.weight, net.head.bias))
    return scaled.reshape(len(images), -1) @ weight.T + bias, images.labels


def test_a_subset_from_disk_at_any_batch_size_with_and_without_the_cache(
    tmp_path: Path, network: _Net
) -> None:
    synsets = sorted(imagenet.SYNSETS_A)[::20]
    place = imagenet.make_tree(tmp_path / "a", synsets, per_class=3, style="a")
    dataset = declared("imagenet-a", place)
    whole, labels = logits(dataset, network)
    chosen = np.array(sorted(map(imagenet.SYNSETS.index, imagenet.SYNSETS_A)))
    expected = chosen[whole[:, chosen].argmax(axis=1)]
    first = run(dataset)
    assert values(first)["top1"] == pytest.approx(100 * (expected == labels.target).mean())
    full = whole.argmax(axis=1) == labels.target
    assert values(first)["top1_full"] == pytest.approx(100 * full.mean())
    for options in ({"batch_size": 7}, {"batch_size": 100, "cache": False}, {"batch_size": 0}):
        other = run(dataset, **options)
        assert first.predictions
        assert other.predictions
        one, two = predictions.unpack(first.predictions), predictions.unpack(other.predictions)
        for name in ("target", "prediction", "rank"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
        np.testing.assert_array_equal(one.prediction, expected)
    assert other.notes["batch"] == 32
    assert other.notes["batch_chosen_by"] == "bench"


def test_corruptions_have_cells_and_answers_that_can_be_clustered(
    tmp_path: Path, network: _Net
) -> None:
    kinds = ("fog", "snow")
    groups = tuple(f"{kind}-{severity}" for kind in kinds for severity in range(1, 6))
    place = imagenet.make_corrupted(tmp_path / "c", kinds)
    dataset = declared("imagenet-c", place, options={"groups": groups})
    outcome = run(dataset)
    whole, labels = logits(dataset, network)
    right = whole.argmax(axis=1) == labels.target
    found = values(outcome)
    assert outcome.predictions
    kept = predictions.unpack(outcome.predictions)
    assert kept.group is not None
    assert kept.base is not None
    assert kept.group_names == groups
    assert len(np.unique(kept.base)) == 6
    assert np.bincount(kept.base).tolist() == [10] * 6
    for number, name in enumerate(groups):
        share = 100 * right[kept.group == number].mean()
        assert found[f"top1/{name}"] == pytest.approx(share)
    names, severity = zip(*(groups[i].rsplit("-") for i in kept.group), strict=True)
    mean = mean_error_in(Cells.of(names, list(map(int, severity)), kept.base), ~right)
    assert mean.clusters == 6


def test_real_is_of_the_images_that_have_labels(tmp_path: Path, network: _Net) -> None:
    place = imagenet.make_tree(tmp_path / "val", per_class=5)
    outcome = run(declared("imagenet-real", place))
    whole, labels = logits(declared("imagenet-real", place), network)
    hits = [
        bool(set(np.argsort(-row)[:5]) & set(classes))
        for row, classes in zip(whole, labels.accepted, strict=True)
    ]
    assert values(outcome).keys() == {"top1", "top5"}
    assert values(outcome)["top5"] == pytest.approx(100 * np.mean(hits))


class _Many:
    """An `ImageSet` of so many single pixels."""

    digest = ""

    def __init__(self, count: int) -> None:
        rng = np.random.default_rng(0)
        self._pixels = rng.integers(0, 256, (count, 1, 1, 3), dtype=np.uint8)
        self.labels = Labels(target=rng.integers(0, 1000, count))

    def __len__(self) -> int:
        return len(self._pixels)

    def blocks(self, size: int) -> Iterator[NDArray[np.uint8]]:
        yield from (self._pixels[i : i + size] for i in range(0, len(self), size))

    def take(self, which: NDArray[np.intp]) -> NDArray[np.uint8]:
        return self._pixels[which]


def test_memory_does_not_hold_the_logits() -> None:
    """100,000 images of 1,000 classes; their logits alone would be 763 MiB."""
    model = replace(MODEL, resolution=1)
    images = _Many(100_000)
    forward = Forward(_Net(1), model, Options(batch_size=256))
    (val,) = registry.datasets("imagenet-val")
    metrics = (*accuracy.METRICS, *calibration.METRICS)
    peak = PeakMemory("cpu")
    peak.restart()
    tally = Tally(images.labels, views(val, model, images.labels, metrics))
    evaluate.predict_into(forward, images, tally)
    rows = list(tally.measurements())
    data = predictions.pack(tally.predictions())
    peak.stop()
    if not peak.measurements():
        pytest.skip("no peak of resident memory on this system")
    assert peak.measurements()[0].value < 200
    assert (len(rows), len(predictions.unpack(data))) == (7, 100_000)
