"""Views: the classes and images that a dataset's metrics cover.

Some datasets, such as ImageNet-A and -R, cover a subset of the network's classes. As is usual, only
the logits of these classes count; top-1 and top-5 over all classes are given as well. The
in-distribution twin of such a set is val's images of the same classes, scored the same way.
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
from bench.tasks.classification.metric import Logits, Metric, Outputs, Targets

NOWHERE = -1


@dataclass(frozen=True, eq=False)
class View:
    """Metrics over some classes, as if the network knew no others."""

    metrics: tuple[Metric, ...]
    classes: NDArray[np.int64] | None = None  #: ascending, of all K classes; None is all
    place: NDArray[np.int64] | None = None  #: (K,) of each class in ``classes``, or `NOWHERE`

    @staticmethod
    def of(metrics: tuple[Metric, ...], chosen: tuple[int, ...], classes: int) -> View:
        """The view over the ``chosen`` ones of ``classes`` classes."""
        which = np.array(sorted(chosen), dtype=np.int64)
        place = np.full(classes, NOWHERE)
        place[which] = np.arange(len(which))
        return View(metrics, which, place)

    def covers(self, targets: Targets) -> NDArray[np.bool_]:
        """Which images belong to the view; targets number all classes; (B,)."""
        if self.place is None:
            return np.ones(len(targets), dtype=np.bool_)
        return np.asarray(self.place[targets] != NOWHERE)

    def outputs(self, logits: Logits, targets: Targets) -> Outputs:
        """Outputs of images in the view; logits (B, K), targets number all K classes."""
        if self.classes is None or self.place is None:
            return Outputs(logits, targets)
        return Outputs(np.ascontiguousarray(logits[:, self.classes]), self.place[targets])


def views(
    dataset: Dataset, model: Model, labels: Labels, metrics: tuple[Metric, ...]
) -> tuple[View, ...]:
    """The views of a dataset; the first one is that of its stored predictions.

    A dataset with ``options["classes"]``, the name of a subset of ImageNet or indices, has all
    ``metrics`` over these classes, and ``top1_full`` and ``top5_full`` over all. One with
    ``options["subsets"]``, a mapping from names to such classes, also has ``top1/<name>-classes``.
    If labels accept several classes, only metrics that support this are left.

    Raises `DataError` or `JobError` if labels, classes and the network's head do not match: a
    mismatch is never scored as wrong predictions.
    """
    if labels.accepted:
        metrics = tuple(metric for metric in metrics if metric.several)
    chosen = dataset.options.get("classes")
    if chosen is None:
        if dataset.classes != model.classes:
            raise JobError(
                f"{model.name} has {model.classes:,} classes, {dataset.name} has "
                f"{dataset.classes:,}; declare options['classes'], their indices among the model's"
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
                f"options['classes'] of {dataset.name} must be distinct indices of {model.name}'s "
                f"classes, 0..{model.classes - 1}"
            )
        return classes
    if model.classes != len(synsets()):
        raise JobError(
            f"{model.name} has {model.classes:,} classes; {dataset.name} is scored over {chosen}, "
            f"a subset of ImageNet's {len(synsets()):,}"
        )
    return subset(chosen)


def _known(classes: tuple[int, ...], model: Model) -> bool:
    return min(classes) >= 0 and max(classes) < model.classes


def _check(dataset: Dataset, model: Model, labels: Labels, view: View) -> None:
    """DataError unless every image has a class that the view covers."""
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
            f"{dataset.name}: {unlabelled:,} of {n:,} images have no known class; "
            f"`bench data check {dataset.name}` shows why"
        )
    low, high = int(targets.min()), int(targets.max())
    if high >= model.classes:
        raise DataError(
            f"{dataset.name} has labels {low}..{high}, {model.name} has 0..{model.classes - 1}"
        )
    if outside := int((~view.covers(targets)).sum()):
        raise DataError(
            f"{dataset.name}: {outside:,} of {n:,} images have classes outside options['classes']"
        )
