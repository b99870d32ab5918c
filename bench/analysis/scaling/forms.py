"""The curves that are fitted: how error y falls with scale x.

Each form is written in u = x / x_max, so that the largest model sits at u = 1 and parameters are
of order one. ``theta`` always begins with ln(beta) and c; what follows is bounded. Sources: M1-M4
Alabdulmohsin, Neyshabur & Zhai 2022 (arXiv 2209.06640); M5, the shifted law, Zhai et al. 2022.

    M1  y = beta u^-c                                   a line in log-log
    M2  y = floor + beta u^-c                           saturates at the floor
    M3  y = beta ((1/u + g) / (1 + g))^c                bends towards a plateau, for any unit
    M4  (y - floor) / (ceiling - y)^a = beta u^-c       sigmoid between ceiling and floor
    M5  y = floor + beta ((u + d) / (1 + d))^-c         starts late
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Form(StrEnum):
    """The forms above."""

    M1 = "M1"
    M2 = "M2"
    M3 = "M3"
    M4 = "M4"
    M5 = "M5"


@dataclass(frozen=True)
class Curve:
    """One form in numbers.

    ``log_y(theta, u, ceiling)`` gives (ln y, d ln y / d theta, d ln y / d ln u) with shapes
    (..., n), (n, k) and (n,). ``bounds`` are those of theta after ln(beta); the upper bound of a
    floor is a fraction, 1, and is multiplied by the smallest y seen.
    """

    log_y: Callable[[Array, Array, float], tuple[Array, Array, Array]]
    names: tuple[str, ...]
    bounds: tuple[tuple[float, float], ...]
    grid: tuple[Array, ...]  #: starts, for each entry of ``bounds``


def _m1(theta: Array, u: Array, ceiling: float) -> tuple[Array, Array, Array]:
    lnu = np.log(u)
    jac = np.stack([np.ones_like(u), -lnu], axis=1)
    return theta[0] - theta[1] * lnu, jac, np.full_like(u, -theta[1])


def _m2(theta: Array, u: Array, ceiling: float) -> tuple[Array, Array, Array]:
    level, c, floor = theta
    lnu = np.log(u)
    excess = np.exp(level - c * lnu)
    y = floor + excess
    share = excess / y
    return np.log(y), np.stack([share, -share * lnu, 1 / y], axis=1), -c * share


def _m3(theta: Array, u: Array, ceiling: float) -> tuple[Array, Array, Array]:
    level, c, g = theta
    reach = np.log((1 / u + g) / (1 + g))
    dg = c * (1 / (1 / u + g) - 1 / (1 + g))
    return level + c * reach, np.stack([np.ones_like(u), reach, dg], axis=1), -c / (1 + g * u)


def _m5(theta: Array, u: Array, ceiling: float) -> tuple[Array, Array, Array]:
    level, c, floor, d = theta
    reach = np.log((u + d) / (1 + d))
    excess = np.exp(level - c * reach)
    y = floor + excess
    share = excess / y
    dd = -c * share * (1 / (u + d) - 1 / (1 + d))
    return np.log(y), np.stack([share, -share * reach, 1 / y, dd], axis=1), -c * share * u / (u + d)


def sigmoid_root(k: Array, a: Array | float) -> Array:
    """The z with z + (a - 1) ln(1 + e^z) = k, for a > 0: M4's curve in logits, by Newton.

    The left side is increasing and convex (a > 1) or concave (a < 1) with slopes between 1 and a,
    so Newton's method converges from anywhere.

    >>> z = sigmoid_root(np.array([-3.0, 0.0, 5.0]), 0.4)
    >>> np.round(z - 0.6 * np.log1p(np.exp(z)), 12).tolist()
    [-3.0, 0.0, 5.0]
    """
    z = np.where(k < 0, k, k / np.maximum(a, 1e-9))
    for _ in range(60):
        step = (z + (a - 1) * np.logaddexp(0.0, z) - k) / (1 + (a - 1) / (1 + np.exp(-z)))
        z = z - step
        if np.max(np.abs(step) / (1 + np.abs(z))) < 1e-14:
            break
    return np.asarray(z, dtype=np.float64)


def _m4(theta: Array, u: Array, ceiling: float) -> tuple[Array, Array, Array]:
    level, c, floor, a = theta
    lnu, span = np.log(u), ceiling - floor
    k = level - c * lnu - (1 - a) * np.log(span)
    with np.errstate(over="ignore"):
        z = sigmoid_root(k, a)
        p = 1 / (1 + np.exp(-z))
    slope = 1 + (a - 1) * p
    y = floor + span * p
    dk = span * p * (1 - p) / slope / y  # d ln y / dk
    d_floor = (1 - p) / y + dk * (1 - a) / span
    d_a = dk * (np.log(span) - np.logaddexp(0.0, z))
    return np.log(y), np.stack([dk, -lnu * dk, d_floor, d_a], axis=1), -c * dk


_C = (1e-3, 5.0)
_C_GRID = np.geomspace(0.03, 2.5, 14)
_FLOOR_GRID = np.array([0.0, 0.15, 0.3, 0.45, 0.6, 0.7, 0.8, 0.87, 0.93, 0.97, 0.99])
_FLOOR = (0.0, 1.0)

CURVES: dict[Form, Curve] = {
    Form.M1: Curve(_m1, ("level", "c"), ((-5.0, 5.0),), (_C_GRID,)),
    Form.M2: Curve(_m2, ("level", "c", "floor"), (_C, _FLOOR), (_C_GRID, _FLOOR_GRID)),
    Form.M3: Curve(
        _m3,
        ("level", "c", "g"),
        (_C, (0.0, 1e3)),
        (_C_GRID, np.concatenate([[0.0], np.geomspace(1e-3, 30, 11)])),
    ),
    Form.M4: Curve(
        _m4,
        ("level", "c", "floor", "a"),
        (_C, _FLOOR, (1e-3, 20.0)),
        (_C_GRID, _FLOOR_GRID[::2], np.array([0.05, 0.3, 0.7, 1.0, 1.5, 3.0])),
    ),
    Form.M5: Curve(
        _m5,
        ("level", "c", "floor", "d"),
        (_C, _FLOOR, (0.0, 10.0)),
        (_C_GRID, _FLOOR_GRID[::2], np.array([0.0, 0.01, 0.05, 0.2, 1.0])),
    ),
}
