"""What is kept of a network's outputs while a dataset streams by: about 60 bytes per image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.images.types import Labels
from bench.spec import Measurement, replace
from bench.spec.errors import JobError
from bench.tasks.classification import accuracy
from bench.tasks.classification import predictions as stored
from bench.tasks.classification.metric import Logits, Outputs, Rows, Targets
from bench.tasks.classification.predictions import Predictions
from bench.tasks.classification.views import View

#: Images reduced at a time, so few that their logits stay in a core's cache.
_PIECE = 16


def gaps(logits: Logits, targets: Targets, among: Logits | None = None) -> NDArray[np.float64]:
    """How close each image is to a tie, where its prediction or rank would change; (B,).

    The smallest distance between the two highest logits ``among`` those that the prediction is
    chosen from (all if None), and between the target's and any other, relative to the image's
    largest |logit|. Prediction and rank stay the same while no logit moves by half of that.
    Infinite for a single class, 0 if all logits are 0.

    >>> gaps(np.array([[5.0, 4.9, 1.0], [5.0, 4.0, 2.5]]), np.array([2, 1])).round(3).tolist()
    [0.02, 0.2]
    """
    images = np.arange(len(logits))
    distance = np.abs(logits - logits[images, targets][:, None])
    distance[images, targets] = np.inf
    chosen = logits if among is None else among
    rest = chosen.copy()
    rest[images, chosen.argmax(axis=1)] = -np.inf
    found = np.minimum(distance.min(axis=1), chosen.max(axis=1) - rest.max(axis=1))
    largest = np.maximum(logits.max(axis=1), -logits.min(axis=1))
    return np.asarray(found / np.where(largest == 0, 1.0, largest))


class Tally:
    """Metric rows of every view, gaps and predictions of N images, filled in any order.

    ``put`` may be called again for an image: the last call counts. Raises `JobError` if two metrics
    share a name.
    """

    def __init__(self, labels: Labels, views: Sequence[View]) -> None:
        names = [metric.name for view in views for metric in view.metrics]
        if twice := {name for name in names if names.count(name) > 1}:
            raise JobError(f"two metrics are named {min(twice)!r}; rename one of them")
        n = len(labels)
        self._labels, self._views = labels, tuple(views)
        self._rows: dict[str, Rows] = {}
        self._covered = [np.zeros(n, np.bool_) for _ in views]
        self._kept: dict[str, Rows] = {k: np.zeros(n, kind) for k, kind in stored.COLUMNS.items()}
        self._accepted = _padded(labels.accepted) if labels.accepted else None
        self.gap = np.full(n, np.inf)  #: `gaps` of each image, (N,)

    def put(self, which: NDArray[np.intp], logits: Logits) -> None:
        """Add the finite logits (B, K) of the images ``which`` (B,)."""
        for start in range(0, len(which), _PIECE):
            piece = slice(start, start + _PIECE)
            self._put(which[piece], logits[piece])

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each prediction is right, (N,)."""
        return np.asarray(self._kept["rank"] == 0)

    def predictions(self) -> Predictions:
        """The predictions for all images, with their groups and bases if they have any."""
        group, base = self._labels.group, self._labels.base
        return Predictions(
            **self._kept,
            group=None if group is None else group.astype(np.uint16),
            group_names=self._labels.group_names,
            base=None if base is None else base.astype(np.uint32),
        )

    def measurements(self) -> Iterator[Measurement]:
        """Every metric of every view, and the accuracy on each group; empty ones are left out."""
        for number, (view, covered) in enumerate(zip(self._views, self._covered, strict=True)):
            every = covered.all()
            for metric in view.metrics if covered.any() else ():
                rows = self._rows[metric.name]
                yield metric.measurement(rows if every else rows[covered])
            if number == 0:
                yield from self._of_groups()

    def _of_groups(self) -> Iterator[Measurement]:
        group, names = self._labels.group, self._labels.group_names
        if group is None:
            return
        for number, name in enumerate(names):
            right = self.correct[group == number]
            if len(right):  # a limit may leave a group empty
                yield replace(accuracy.TOP1, name=f"top1/{name}").measurement(right)

    def _put(self, which: NDArray[np.intp], logits: Logits) -> None:
        targets = self._labels.target[which]
        if self._accepted is not None:
            accepted = self._accepted[which]
            best = np.take_along_axis(logits, accepted, axis=1).argmax(axis=1)
            targets = accepted[np.arange(len(which)), best]
        for number, view in enumerate(self._views):
            inside = view.covers(targets)
            self._covered[number][which] = inside
            some, outputs = which[inside], view.outputs(logits[inside], targets[inside])
            for metric in view.metrics if len(some) else ():
                self._write(metric.name, some, metric.rows(outputs))
            if number == 0:
                self._keep(which, view, outputs)
                self.gap[which] = gaps(logits, targets, outputs.logits)

    def _write(self, name: str, which: NDArray[np.intp], rows: Rows) -> None:
        held = self._rows.get(name)
        if held is None:
            held = np.zeros((len(self._labels), *rows.shape[1:]), rows.dtype)
        elif not np.can_cast(rows.dtype, held.dtype):  # whole numbers so far
            held = held.astype(np.promote_types(rows.dtype, held.dtype))
        held[which] = rows
        self._rows[name] = held

    def _keep(self, which: NDArray[np.intp], view: View, outputs: Outputs) -> None:
        found = stored.columns(outputs)
        if view.classes is not None:  # number all classes, as labels do
            found["prediction"] = view.classes[found["prediction"]]
        given = self._labels.target[which]
        found["target"] = np.where(given < 0, found["target"], given)
        for name, values in found.items():
            self._kept[name][which] = values


def _padded(accepted: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Accepted classes, ascending, padded by repeating the last; (N, most)."""
    most = max(map(len, accepted))
    rows = [sorted(classes) for classes in accepted]
    return np.array([row + row[-1:] * (most - len(row)) for row in rows], dtype=np.int64)
