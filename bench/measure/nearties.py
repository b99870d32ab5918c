"""Near-ties, decided in float64: the same predictions whatever the batch size, threads or device.

Float32 sums depend on the order of their terms, and that on the batch, the threads and the layout.
So two runs differ in the last digits of each logit and, where two classes are nearly tied, in the
prediction. Hence every image that float32 cannot decide is decided in float64:

- The error of float32 is measured, not assumed: the largest |logit32 - logit64| over the images
  computed both ways, in units of the image's largest |logit|. The first `PROBE` images always are.
- An image is undecided when its two highest logits, or its target's and any other, lie within a
  tolerance of each other, in that unit. With either of two runs wrong by no more than the error,
  2 x error would do; at least 4 x is kept. Where the error leaves less than that of `TOLERANCE`,
  the tolerance grows to 8 x error and more images are decided.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from bench.measure.forward import Forward
from bench.metrics import Logits, Targets

#: Least gap, relative to the image's largest |logit|, that float32 may decide.
TOLERANCE = 5e-5
#: Images always computed in float64 too, to measure the error of float32.
PROBE = 8


@dataclass(frozen=True)
class Redecided:
    """What deciding near-ties in float64 took."""

    images: int  #: undecided images, without the probe's
    error: float  #: largest error of float32 seen, relative to the largest |logit|
    tolerance: float  #: gap below which an image was undecided, in the same unit


def undecided(logits: Logits, targets: Targets, tolerance: float) -> NDArray[np.bool_]:
    """Images whose prediction or whose target's rank may be float32's doing; bool (N,).

    True where the two highest logits, or the target's and any other, are within ``tolerance`` times
    the image's largest |logit|.

    >>> import numpy as np
    >>> two = np.array([[5.0, 4.9999, 1.0], [5.0, 4.0, 1.0]])
    >>> undecided(two, np.array([2, 2]), 1e-4).tolist()
    [True, False]
    """
    gap = tolerance * np.abs(logits).max(axis=1)
    if logits.shape[1] == 1:
        return np.zeros(len(logits), dtype=np.bool_)
    top = np.partition(logits, -2, axis=1)[:, -2:]
    of_target = np.take_along_axis(logits, targets[:, None], axis=1)
    near_target = (np.abs(logits - of_target) <= gap[:, None]).sum(axis=1) > 1  # itself is one
    return np.asarray((top[:, 1] - top[:, 0] <= gap) | near_target)


def redecide(
    run: Forward, pixels: NDArray[np.uint8], targets: Targets, logits: Logits
) -> Redecided:
    """Put float64's answers in the rows of ``logits`` (N, K) that float32 cannot decide, in place.

    ``pixels`` is uint8 (N, H, W, 3), ``targets`` (N,), and ``logits`` what ``run`` gave for them.
    """
    exact = run.exact()
    tolerance = TOLERANCE
    decided = np.zeros(len(logits), dtype=np.bool_)
    near = undecided(logits, targets, tolerance)
    pending = near.copy()
    pending[:PROBE] = True
    error = 0.0
    while pending.any():
        which = np.flatnonzero(pending)
        better = exact.logits(pixels[which], torch.float64)
        scale = np.abs(better).max(axis=1, initial=np.finfo(np.float64).tiny)
        error = max(error, float((np.abs(better - logits[which]).max(axis=1) / scale).max()))
        logits[which] = better
        decided |= pending
        if 4 * error > tolerance:
            tolerance = 8 * error
        near |= undecided(logits, targets, tolerance)
        pending = near & ~decided
    return Redecided(images=int(near.sum()), error=error, tolerance=tolerance)
