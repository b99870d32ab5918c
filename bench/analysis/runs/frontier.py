"""The frontier of a cloud of runs: the least error that each scale has reached."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class FrontierLaw:
    """error = ``factor`` x^``exponent``, through the best run of each bin of log10 x."""

    factor: float
    exponent: float
    bins: int  #: that held a run
    n: int

    def predict(self, x: ArrayLike) -> NDArray[np.float64]:
        """Error at ``x``, same shape."""
        return np.asarray(self.factor * np.asarray(x, dtype=np.float64) ** self.exponent)


def frontier_law(x: ArrayLike, error: ArrayLike, bins: int = 5) -> FrontierLaw:
    """Power law of the lower envelope, as OpenCLIP's scaling study fits it (Cherti et al. 2022).

    log10 x is cut into ``bins`` equal bins over [min, max + 0.1]; the least log10 error of each is
    placed at the bin's centre and a line fitted by least squares. It has no floor: compare it with
    a saturating law before extrapolating. Raises `ValueError` for values not > 0, or fewer than
    two filled bins.

    >>> law = frontier_law([1e9, 1e10, 1e11, 1e12], [0.8, 0.6, 0.45, 0.34])
    >>> round(law.exponent, 2)
    -0.14
    """
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(error, dtype=np.float64)
    if xs.ndim != 1 or xs.shape != ys.shape or bins < 2:
        raise ValueError(f"need rows of one length and 2 bins, got {xs.shape}, {ys.shape}, {bins}")
    if not all(np.isfinite(v).all() and (v > 0).all() for v in (xs, ys)):
        raise ValueError("x and error must be finite and > 0")
    logs, loge = np.log10(xs), np.log10(ys)
    edges = np.linspace(logs.min(), logs.max() + 0.1, bins + 1) if xs.size else np.zeros(2)
    where = np.digitize(logs, edges) - 1
    filled = np.unique(where)
    if filled.size < 2:
        raise ValueError(f"{filled.size} of {bins} bins hold a run; a line takes 2")
    centres = (edges[filled] + edges[filled + 1]) / 2
    best = [float(loge[where == b].min()) for b in filled]
    slope, intercept = np.polyfit(centres, best, 1)
    return FrontierLaw(math.pow(10, float(intercept)), float(slope), int(filled.size), xs.size)
