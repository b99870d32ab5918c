"""Do families share a law? Nested F tests on M2, with degrees of freedom that small n needs.

For y = Y (r + (1 - r) (x / x0)^-c) with one x0 for all families, each hypothesis is tested
against every family having its own Y, r and c:

    same curve      one Y, r, c      3k - 3 restrictions
    same shape      one r, c         2k - 2
    same exponent   one c            k - 1

Residuals are of ln y; levels are solved in closed form and r, c by nested search. The F
distribution with (q, N - 3k) degrees of freedom keeps its size at 4-10 sizes a family, where the
likelihood ratio's chi-square rejects 15-35 % of true hypotheses and a comparison of log-log
slopes rejects nearly all of them whenever floors differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from bench.analysis.scaling.forms import Array
from bench.analysis.scaling.points import Weighted, weighted

_C = np.geomspace(0.01, 5.0, 24)
_S = np.linspace(0.0, 7.5, 24)  # -ln(1 - r): floor shares 0 .. 0.9994
_ZOOMS = 6  # each to a quarter: 3e-4 at the end, and the minimum is quadratic
#: sd of ln y below which residuals are rounding, not noise.
_ROUNDING = 1e-5


class Hypothesis(StrEnum):
    """What is shared by all families."""

    CURVE = "same curve"
    SHAPE = "same shape"
    EXPONENT = "same exponent"


@dataclass(frozen=True)
class SharedLaw:
    """One F test; ``reason`` where it cannot be made, and then F and p are NaN."""

    hypothesis: Hypothesis
    families: tuple[str, ...]
    f: float
    p: float
    restrictions: int
    dof: int  #: of the residuals: points less 3 a family
    reason: str | None = None


def shared_law(families: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> list[SharedLaw]:
    """Test the three hypotheses on (x, y) of two or more families, each of shape (n,).

    A family needs 3 sizes and all together more than 3 a family. Raises `ValueError` for fewer
    than two families or values that are not finite and > 0.

    >>> x = np.array([1.0, 2, 4, 8, 16])
    >>> wobble = 1 + 0.01 * np.array([1, -1, 0, 1, -1])
    >>> tests = shared_law({"a": (x, 0.1 + 0.2 * x**-0.5), "b": (x, wobble * (0.2 + x**-0.5) / 2)})
    >>> [t.restrictions for t in tests], tests[0].dof
    ([3, 2, 1], 4)
    """
    names, k = tuple(families), len(families)
    if k < 2:
        raise ValueError(f"{k} family; sharing a law takes two")
    points = [_checked(name, *families[name]) for name in names]
    sizes = [np.unique(x).size for x, _ in points]
    total = sum(x.size for x, _ in points)
    dof, counts = total - 3 * k, [3 * k - 3, 2 * k - 2, k - 1]
    reason = None
    if min(sizes) < 3 or dof < 1:
        few = names[int(np.argmin(sizes))]
        reason = f"{few} has {min(sizes)} sizes, and {total} points leave {max(dof, 0)} to spare"
    if reason:
        return [
            SharedLaw(h, names, math.nan, math.nan, q, max(dof, 0), reason)
            for h, q in zip(Hypothesis, counts, strict=True)
        ]
    x0 = max(float(x.max()) for x, _ in points)
    data = [weighted(np.log(x / x0), np.log(y)) for x, y in points]
    pooled = _pooled(data)
    apart = sum(_least([[d]]) for d in data)
    shared = (_least([[pooled]]), _least([data]), _least([[d] for d in data]))
    floor = total * _ROUNDING**2
    tests = []
    for hypothesis, rss, q in zip(Hypothesis, shared, counts, strict=True):
        f = max(0.0, (rss - apart) / q) / (max(apart, floor) / dof)
        tests.append(SharedLaw(hypothesis, names, f, float(stats.f.sf(f, q, dof)), q, dof))
    return tests


def _checked(name: str, x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if xs.ndim != 1 or xs.shape != ys.shape:
        raise ValueError(f"{name}: x and y must be rows of one length")
    if not all(np.isfinite(v).all() and (v > 0).all() for v in (xs, ys)):
        raise ValueError(f"{name}: x and y must be finite and > 0")
    return xs, ys


def _pooled(families: Sequence[Weighted]) -> Weighted:
    """All points as those of one family."""
    return Weighted(
        np.concatenate([family.log_x for family in families]),
        np.concatenate([family.log_y for family in families]),
        np.concatenate([family.weight for family in families]),
        sum(family.within for family in families),
    )


def _rss(group: Sequence[Weighted], c: Array, s: Array) -> Array:
    """Squared residuals about each family's best level, for c and s = -ln(1 - r), both (m, k)."""
    total = np.zeros_like(s)
    for points in group:
        power = np.exp(-c[..., None] * points.log_x)
        residual = points.log_y - np.log(power + -np.expm1(-s[..., None]) * (1 - power))
        mean = (residual * points.weight).sum(axis=-1, keepdims=True) / points.weight.sum()
        residual -= mean
        total += (residual * residual * points.weight).sum(axis=-1) + points.within
    return total


def _profile(group: Sequence[Weighted], c: Array) -> Array:
    """Least squares over the floor share that a group has in common, for each c of shape (m,)."""
    rows = np.arange(c.size)
    grid = np.broadcast_to(_S, (c.size, _S.size))
    for _ in range(_ZOOMS):
        rss = _rss(group, np.broadcast_to(c[:, None], grid.shape), grid)
        best = rss.argmin(axis=1)
        low = grid[rows, np.maximum(best - 1, 0)]
        high = grid[rows, np.minimum(best + 1, grid.shape[1] - 1)]
        grid = np.linspace(low, high, 9, axis=1)
    return np.asarray(rss[rows, best])


def _least(groups: Sequence[Sequence[Weighted]]) -> float:
    """Least squares with one c for all; families in one group also share their floor share."""
    lnc = np.log(_C)
    for _ in range(_ZOOMS):
        rss = np.sum([_profile(group, np.exp(lnc)) for group in groups], axis=0)
        best = int(rss.argmin())
        lnc = np.linspace(lnc[max(best - 1, 0)], lnc[min(best + 1, lnc.size - 1)], 9)
    return float(rss[best])
