"""Laws and lines as points to draw."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.analysis.robustness.effective import Line
from bench.analysis.scaling.law import ScalingFit

#: Points of a curve.
POINTS = 33


@dataclass(frozen=True)
class Band:
    """Points of a curve, each array of `POINTS`, with the ends of its interval."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def log_steps(low: float, high: float, count: int = POINTS) -> tuple[float, ...]:
    """Points from ``low`` to ``high``, both positive, evenly spaced in logs.

    >>> [round(x, 6) for x in log_steps(1.0, 100.0, 3)]
    [1.0, 10.0, 100.0]
    """
    first, last = math.log(low), math.log(high)
    return tuple(math.exp(first + (last - first) * i / (count - 1)) for i in range(count))


def law_band(law: ScalingFit, low: float, high: float, factor: float = 100.0) -> Band:
    """A fitted law between two sizes with its 90 % band, y times ``factor``."""
    steps = log_steps(low, high)
    bands = [law.predict(x).scaled(factor) for x in steps]
    return Band(
        steps,
        tuple(band.value for band in bands),
        tuple(band.low for band in bands),
        tuple(band.high for band in bands),
    )


def line_points(line: Line) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(x, y) of an effective-robustness line over what it was fitted on, as fractions in 0..1."""
    span = line.high - line.low
    x = [line.low + span * i / (POINTS - 1) for i in range(POINTS)]
    return tuple(v / 100 for v in x), tuple(float(v) / 100 for v in line.predict(x))
