"""Which classes and images the metrics of a dataset are of.

A network with a head for a whole world may be asked about some of its classes alone, as on
ImageNet-A and -R: only these logits count then, as is the field's custom, and top-1 and top-5 over
all classes stand beside. The in-distribution twin of such a set is val's images of these classes,
judged the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.images.imagenet.synsets import subset, synsets
from bench.images.types import Labels
from bench.spec import Dataset, Model, replace
from bench.spec.errors import DataError, JobError
from bench.tasks.classification import accuracy
from bench.tasks.classification.metric import Answers, Logits, Metric, Targets

NOWHERE = -1


@dataclass(frozen=True, eq=False)
class View:
    """Metrics of the images of some classes, as if the network knew no others."""

    metrics: tuple[Metric, ...]
    classes: NDArray[np.int64] | None = None  #: ascending, of all K classes; None is all
    place: NDArray[np.int64] | None = None  #: (K,) of each class in ``classes``, or `NOWHERE`

    @staticmethod
    def of(metrics: tuple[Metric, ...], chosen: tuple[int, ...], classes: int) -> View:
        """Of the ``chosen`` ones of so many classes."""
        which = np.array(sorted(chosen), dtype=np.int64)
        place = np.full(classes, NOWHERE)
        place[which] = np.arange(len(which))
        return View(metrics, which, place)

    def covers(self, targets: Targets) -> NDArray[np.bool_]:
        """Which images belong to it, by their class among all; (B,)."""
        if self.place is None:
            return np.ones(len(targets), dtype=np.bool_)
        return np.asarray(self.place[targets] != NOWHERE)

    def answers(self, logits: Logits, targets: Targets) -> Answers:
        """Of images that belong to it; logits are (B, K) and targets among all K classes."""
        if self.classes is None or self.place is None:
            return Answers(logits, targets)
        return Answers(np.ascontiguousarray(logits[:, self.classes]), self.place[targets])


def views(
    dataset: Dataset, model: Model, labels: Labels, metrics: tuple[Metric, ...]
) -> tuple[View, ...]:
    """What ``metrics`` of a dataset are of; the first view is that of its stored predictions.

    A set with ``options["classes"]``, the name of a subset of ImageNet or indices, has all metrics
    over these classes, and ``top1_full`` and ``top5_full`` over all. One with
    ``options["subsets"]``, names to such classes, has ``top1/<name>-classes`` besides. Where labels
    accept several classes, only metrics that have a meaning there are left.

    Raises `DataError` or `JobError`, one line, where labels, classes and the network's head do not
    fit: nothing is ever counted wrong for that.
    """
    if labels.accepted:
        metrics = tuple(metric for metric in metrics if metric.several)
    chosen = dataset.options.get("classes")
    if chosen is None:
        if dataset.classes != model.classes:
            raise JobError(
                f"{model.name} answers with {model.classes:,} classes, {dataset.name} has "
                f"{dataset.classes:,}: without options['classes'], which says where they are among "
                "the model's, no answer can be judged"
            )
        found = [View(metrics)]
    else:
        full = tuple(replace(m, name=f"{m.name}_full") for m in (accuracy.TOP1, accuracy.TOP5))
        found = [View.of(metrics, _classes(chosen, dataset, model), model.classes), View(full)]
    _check(dataset, model, labels, found[0])
    subsets: Mapping[str, Any] = dataset.options.get("subsets", {})
    for name, classes in subsets.items():
        top1 = replace(accuracy.TOP1, name=f"top1/{name}-classes")
        found.append(View.of((top1,), _classes(classes, dataset, model), model.classes))
    return tuple(found)


def _classes(chosen: Any, dataset: Dataset, model: Model) -> tuple[int, ...]:
    """Indices among the model's classes."""
    if not isinstance(chosen, str):
        classes = tuple(map(int, chosen))
        if not classes or len(set(classes)) < len(classes) or not _known(classes, model):
            raise DataError(
                f"{dataset.name} chooses classes that are not distinct ones of {model.name}'s "
                f"0..{model.classes - 1}"
            )
        return classes
    if model.classes != len(synsets()):
        raise JobError(
            f"{model.name} answers with {model.classes:,} classes; {chosen}, which {dataset.name} "
            f"is judged over, is a part of ImageNet's {len(synsets()):,}"
        )
    return subset(chosen)


def _known(classes: tuple[int, ...], model: Model) -> bool:
    return min(classes) >= 0 and max(classes) < model.classes


def _check(dataset: Dataset, model: Model, labels: Labels, view: View) -> None:
    """Every image has a class that the view knows."""
    n = len(labels)
    if labels.accepted:
        lengths = np.fromiter(map(len, labels.accepted), np.int64, n)
        if empty := int((lengths == 0).sum()):
            raise DataError(f"{dataset.name}: {empty:,} of {n:,} images have no accepted class")
        targets = np.array([c for classes in labels.accepted for c in classes])
    else:
        targets = labels.target
    if unlabelled := int((targets < 0).sum()):
        raise DataError(
            f"{dataset.name}: {unlabelled:,} of {n:,} images have no class of its world; "
            f"`bench data check {dataset.name}` says why"
        )
    low, high = int(targets.min()), int(targets.max())
    if high >= model.classes:
        raise DataError(
            f"{dataset.name} has labels {low}..{high}, {model.name} knows 0..{model.classes - 1}"
        )
    if outside := int((~view.covers(targets)).sum()):
        raise DataError(
            f"{dataset.name}: {outside:,} of {n:,} images are of classes that it does not cover"
        )
