"""Near-ties, decided in float64: the same predictions whatever the batch size, threads or device.

The result of a float32 sum depends on the order of its terms, and that on batch, threads and
layout. So two runs differ in the last digits of each logit and, where two classes are nearly tied,
in the prediction. Every image that float32 cannot decide is therefore decided in float64:

- The error of float32 is measured, not assumed: the largest |logit32 - logit64| over the images
  computed both ways, relative to the image's largest |logit|. The first `PROBE` images always are.
- An image is undecided if its two highest logits, or its target's and any other, lie within a
  tolerance of each other, in the same unit. If either of two runs is off by at most the error,
  2 x error would suffice; we keep at least 4 x. If the error is too large for `TOLERANCE`, the
  tolerance grows to 8 x error and more images are decided.

While the dataset streams by, only that distance is kept for each image (see `tally`); images within
the tolerance are then read again and computed both ways.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from bench.images.types import ImageSet
from bench.network.forward import Forward
from bench.tasks.classification.tally import Tally

#: Smallest gap, relative to the image's largest |logit|, that float32 may decide.
TOLERANCE = 5e-5
#: Images always computed in float64 too, to measure the error of float32.
PROBE = 8


@dataclass(frozen=True)
class Redecided:
    """How many near-ties there were, and how they were found."""

    images: int  #: undecided images, without the probe's
    error: float  #: largest error of float32 seen, relative to the largest |logit|
    tolerance: float  #: gap below which an image was undecided, in the same unit


def redecide(run: Forward, images: ImageSet, tally: Tally) -> Redecided:
    """Put float64 logits into ``tally`` for all images that float32 cannot decide.

    ``tally`` must already hold the float32 logits of ``run`` for all ``images``.
    """
    exact = run.exact()
    tolerance, error = TOLERANCE, 0.0
    near = tally.gap <= tolerance
    decided = np.zeros(len(near), dtype=np.bool_)
    pending = near.copy()
    pending[:PROBE] = True
    while pending.any():
        waiting = np.flatnonzero(pending)
        for start in range(0, len(waiting), exact.batch):
            which = waiting[start : start + exact.batch]
            pixels = images.take(which)
            better = exact.logits(pixels, torch.float64)
            scale = np.abs(better).max(axis=1, initial=np.finfo(np.float64).tiny)
            off = np.abs(better - run.logits(pixels)).max(axis=1)
            error = max(error, float((off / scale).max()))
            tally.put(which, better)
        decided |= pending
        if 4 * error > tolerance:
            tolerance = 8 * error
        near |= tally.gap <= tolerance
        pending = near & ~decided
    return Redecided(images=int(near.sum()), error=error, tolerance=tolerance)
