"""Worked examples of scaling laws, drawn once and never again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bench.analysis.stats.intervals import Interval

LONG = np.geomspace(1, 100, 9)
NOISE = np.array([1, -2, 3, 0, -1, 2, -3, 1, 0.5])


class Example(NamedTuple):
    """Sizes and errors of one family."""

    x: np.ndarray
    y: np.ndarray


#: ConvNeXt, 22k, T to XL: GMACs and top-1 error of its paper.
PAPER = Example(
    np.array([4.5, 8.7, 15.4, 34.4, 60.9]), np.array([0.171, 0.154, 0.142, 0.134, 0.130])
)
NINE = Example(LONG, (0.1 + 0.3 * LONG**-0.6) * np.exp(0.01 * NOISE))
THREE = Example(LONG[::4], NINE.y[::4])
OTHER = Example(LONG, (0.15 + 0.35 * LONG**-0.45) * np.exp(0.01 * NOISE[::-1]))


def ends(interval: Interval) -> tuple[float, float, float]:
    """Value, low and high."""
    return interval.value, interval.low, interval.high
