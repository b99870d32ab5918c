"""Which classes and images metrics are of, against sets and heads that do not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from timm.data.real_labels import RealLabelsImagenet

from bench import registry
from bench.images.imagenet.synsets import real_labels, subset
from bench.images.types import Labels
from bench.spec import Dataset, Model, replace
from bench.spec.errors import BenchError
from bench.tasks.classification import Metric, Outputs, accuracy, calibration
from bench.tasks.classification.tally import Tally
from bench.tasks.classification.views import views
from tests.imagenet import SYNSETS, SYNSETS_A

METRICS: tuple[Metric, ...] = (*accuracy.METRICS, *calibration.METRICS)
A = np.array([SYNSETS.index(name) for name in sorted(SYNSETS_A)])
RNG = np.random.default_rng(0)


def model(classes: int = 1000) -> Model:
    (zoo,) = registry.models("vit_xs.g1k")
    return replace(zoo, name="net", classes=classes)


def declared(name: str, **changed: Any) -> Dataset:
    (dataset,) = registry.datasets(name)
    return replace(dataset, **changed)


def tallied(dataset: Dataset, labels: Labels, logits: NDArray[np.float64]) -> Tally:
    tally = Tally(labels, views(dataset, model(logits.shape[1]), labels, METRICS))
    for block in np.array_split(RNG.permutation(len(labels)), 3):
        tally.put(block, logits[block])
    return tally


def values(tally: Tally) -> dict[str, float]:
    return {m.metric: m.value for m in tally.measurements()}


def of(metric: Metric, logits: NDArray[np.float64], targets: NDArray[np.int64]) -> float:
    return metric.measurement(metric.rows(Outputs(logits, targets))).value


def test_a_subset_is_judged_over_its_classes_and_over_all() -> None:
    places = RNG.integers(0, 200, 300)
    labels = Labels(target=A[places])
    logits = RNG.normal(size=(300, 1000))
    logits[np.arange(300), labels.target] += 2
    tally = tallied(declared("imagenet-a"), labels, logits)
    found = values(tally)
    for metric in METRICS:
        assert found[metric.name] == pytest.approx(of(metric, logits[:, A], places))
    for metric in accuracy.METRICS:
        assert found[f"{metric.name}_full"] == of(metric, logits, labels.target)
    assert set(found) == {"top1", "top5", "nll", "ece", "brier", "top1_full", "top5_full"}
    assert found["top1_full"] < found["top1"]

    kept = tally.predictions()
    np.testing.assert_array_equal(kept.target, labels.target)
    np.testing.assert_array_equal(kept.prediction, A[logits[:, A].argmax(axis=1)])
    assert 100 * (kept.prediction == kept.target).mean() == pytest.approx(found["top1"])
    assert 100 * (kept.rank < 5).mean() == pytest.approx(found["top5"])


def test_val_has_the_twins_of_a_and_r() -> None:
    labels = Labels(target=RNG.permutation(np.arange(3000) % 1000))
    logits = RNG.normal(size=(3000, 1000))
    logits[np.arange(3000), labels.target] += 2
    tally = tallied(declared("imagenet-val"), labels, logits)
    rows = {m.metric: m for m in tally.measurements()}
    for metric in METRICS:
        assert rows[metric.name].value == pytest.approx(of(metric, logits, labels.target))
    for name in ("a", "r"):
        chosen = list(subset(f"imagenet-{name}"))
        mine = np.isin(labels.target, chosen)
        right = np.array(chosen)[logits[mine][:, chosen].argmax(axis=1)] == labels.target[mine]
        twin = rows[f"top1/{name}-classes"]
        assert twin.value == pytest.approx(100 * right.mean())
        assert twin.n == 600
        estimate = accuracy.share(right)
        assert (twin.low, twin.high) == (estimate.low, estimate.high)
    few = tallied(declared("imagenet-val"), Labels(target=np.array([0])), np.eye(1, 1000))
    assert "top1/r-classes" not in values(few)  # class 0 is not among them


def test_real_is_timms() -> None:
    numbers = [n for n in range(1, 401) if real_labels()[n - 1]]
    accepted = tuple(real_labels()[n - 1] for n in numbers)
    labels = Labels(target=np.full(len(numbers), -1), accepted=accepted)
    logits = RNG.normal(size=(len(numbers), 1000))
    for row, classes in zip(logits[::2], accepted[::2], strict=True):
        row[RNG.choice(classes)] += 3
    tally = tallied(declared("imagenet-real"), labels, logits)
    rest = set(range(1, 50_001)) - set(numbers)
    theirs = RealLabelsImagenet([f"ILSVRC2012_val_{n:08d}.JPEG" for n in (*numbers, *rest)])
    theirs.add_result(torch.from_numpy(logits))
    expected = theirs.get_accuracy()
    assert values(tally) == pytest.approx({"top1": expected[1], "top5": expected[5]})
    np.testing.assert_array_equal(
        tally.predictions().rank == 0,
        [p in a for p, a in zip(logits.argmax(axis=1), accepted, strict=True)],
    )
    assert 0 < expected[1] < expected[5] < 100


@pytest.mark.parametrize(
    ("name", "changed", "classes", "labels", "why"),
    [
        ("imagenet-a", {"options": {}}, 1000, Labels(np.arange(3)), "imagenet-a has 200; declare"),
        ("imagenet-val", {}, 21_841, Labels(np.arange(3)), "net has 21,841 classes"),
        ("imagenet-a", {}, 21_841, Labels(A), "a subset of ImageNet's 1,000"),
        ("imagenet-a", {}, 1000, Labels(np.arange(10)), "9 of 10 images have classes outside"),
        (
            "imagenet-val",
            {},
            1000,
            Labels(np.array([5, -1, -1])),
            "2 of 3 images have no known class",
        ),
        ("imagenet-val", {}, 1000, Labels(np.array([5, 1000])), "labels 5..1000, net has 0..999"),
        (
            "imagenet-real",
            {},
            1000,
            Labels(np.arange(2), accepted=((1,), ())),
            "1 of 2 images have no accepted",
        ),
        (
            "imagenet-val",
            {"options": {"classes": (3, 3)}},
            1000,
            Labels(np.array([3])),
            "must be distinct indices of net's classes, 0..999",
        ),
        (
            "imagenet-val",
            {"options": {"classes": (3, 1000)}},
            1000,
            Labels(np.array([3])),
            "must be distinct indices of net's classes, 0..999",
        ),
        (
            "imagenet-val",
            {"options": {"classes": (-1, 3)}},
            1000,
            Labels(np.array([3])),
            "must be distinct indices of net's classes, 0..999",
        ),
        ("imagenet-val", {"options": {"classes": "x"}}, 1000, Labels(A), "no class list 'x'"),
    ],
)
def test_what_does_not_fit_is_one_line(
    name: str, changed: dict[str, Any], classes: int, labels: Labels, why: str
) -> None:
    with pytest.raises(BenchError, match=why) as caught:
        views(declared(name, **changed), model(classes), labels, METRICS)
    assert "\n" not in str(caught.value)


def test_groups_are_judged_image_by_image() -> None:
    group = np.array([0, 1, 0, 1, 0, 2])
    labels = Labels(
        target=np.arange(6), group=group, group_names=("fog-1", "fog-2", "snow-1", "snow-2")
    )
    logits = np.eye(6, 1000)
    logits[[1, 4], 7] = 2.0  # wrong: one of fog-1, one of fog-2
    tally = tallied(declared("imagenet-val", options={}), labels, logits)
    right = tally.predictions().rank == 0
    assert right.tolist() == [True, False, True, True, False, True]
    found = {m.metric: (m.value, m.n) for m in tally.measurements() if "/" in m.metric}
    assert found == {
        "top1/fog-1": (pytest.approx(200 / 3), 3),
        "top1/fog-2": (50.0, 2),
        "top1/snow-1": (100.0, 1),
    }


def test_accuracy_alone_has_a_meaning_where_several_classes_are_right() -> None:
    assert [m.name for m in METRICS if m.several] == ["top1", "top5"]
