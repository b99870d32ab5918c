"""Shape or texture: by which of two cues a model decides, where they contradict each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bench.analysis.stats.proportions import UNKNOWN, Interval, wilson


@dataclass(frozen=True)
class ShapeBias:
    """Share of decisions for the shape among those for shape or texture, with Wilson's interval.

    ``share`` is a fraction, NaN where no decision was for either.
    """

    share: Interval
    shape: int  #: images decided by shape
    texture: int  #: images decided by texture
    neither: int  #: images called something else: they say nothing of the bias
    agreeing: int  #: images left out, as both cues are of one class


def shape_bias(
    predictions: ArrayLike,
    shape_labels: ArrayLike,
    texture_labels: ArrayLike,
    level: float = 0.95,
) -> ShapeBias:
    """Shape bias on cue-conflict images (Geirhos et al., ICLR 2019).

    Arrays of class labels, shape (images,): what the model said, the class of each image's shape
    and that of its texture, all of one set of classes (the protocol maps 1,000 classes to its 16
    before). Only answers that name one of the two cues count, and only images whose cues differ.
    Read ``neither`` with it: a bias of few answers is that of a model that fails on such images.

    Raises `ValueError` for unequal lengths.

    >>> found = shape_bias(["cat", "elephant", "cat", "car"], ["cat"] * 4, ["elephant"] * 4)
    >>> round(found.share.value, 3), found.shape, found.texture, found.neither
    (0.667, 2, 1, 1)
    """
    said, shape, texture = (
        np.asarray(labels) for labels in (predictions, shape_labels, texture_labels)
    )
    if said.ndim != 1 or len({said.shape, shape.shape, texture.shape}) > 1:
        raise ValueError(
            f"labels must be rows of one length, got {said.shape}, {shape.shape}, {texture.shape}"
        )
    conflict = shape != texture
    by_shape = int((conflict & (said == shape)).sum())
    by_texture = int((conflict & (said == texture)).sum())
    decided = by_shape + by_texture
    share = wilson(by_shape, decided, level) if decided else UNKNOWN
    conflicts = int(conflict.sum())
    return ShapeBias(share, by_shape, by_texture, conflicts - decided, said.size - conflicts)
