"""Loss of model size and data together: L(N, D) = E + A / N^alpha + B / D^beta.

Hoffmann et al. 2022; objective and exclusions as in Besiroglu et al. 2024 (arXiv 2404.10102):
the *sum* of a Huber loss, delta 1e-3, of ln L. (Its mean under default tolerances stops at the
start point.) Starts come from variable projection: on a grid of (alpha, beta) the rest is a
non-negative linear problem. The best are then polished in all five, with N and D centred at
their geometric means, without which the problem is conditioned at 1e11.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from bench.analysis.scaling.forms import Array
from bench.analysis.scaling.posterior import central
from bench.analysis.stats.intervals import Interval

#: Residuals of ln L beyond this count linearly.
HUBER = 1e-3
_GRID = np.linspace(0.05, 1.2, 24)
_REFINED = 3
_NAMES = ("e", "a", "b", "alpha", "beta")


@dataclass(frozen=True)
class LossSurface:
    """A fitted L(N, D); ``draws`` are bootstrap (E, A, B, alpha, beta), shape (draws, 5)."""

    e: float
    a: float
    b: float
    alpha: float
    beta: float
    cost: float  #: the objective
    n: int
    draws: Array = field(default_factory=lambda: np.zeros((0, 5)))

    @property
    def size_exponent(self) -> float:
        """Of compute-optimal N ~ C^(beta / (alpha + beta))."""
        return self.beta / (self.alpha + self.beta)

    def predict(self, size: ArrayLike, data: ArrayLike) -> Array:
        """Loss at ``size`` N and ``data`` D, broadcast."""
        by_size = self.a * np.asarray(size, dtype=np.float64) ** -self.alpha
        return np.asarray(self.e + by_size + self.b * np.asarray(data, float) ** -self.beta)

    def standard_errors(self) -> dict[str, float]:
        """Bootstrap standard errors of E, A, B, alpha, beta; empty without draws."""
        if not len(self.draws):
            return {}
        return dict(zip(_NAMES, self.draws.std(axis=0, ddof=1), strict=True))

    def interval(self, name: str, level: float = 0.95) -> Interval:
        """Bootstrap percentile interval of one of ``e a b alpha beta size_exponent``."""
        if not len(self.draws):
            return Interval(float(getattr(self, name)), math.nan, math.nan)
        columns = dict(zip(_NAMES, self.draws.T, strict=True))
        columns["size_exponent"] = columns["beta"] / (columns["alpha"] + columns["beta"])
        band = central(columns[name], level)
        return Interval(float(getattr(self, name)), band.low, band.high)


def fit_surface(
    size: ArrayLike,
    data: ArrayLike,
    loss: ArrayLike,
    *,
    resamples: int | NDArray[np.int64] = 0,
    seed: int = 0,
) -> LossSurface:
    """Fit L(N, D) to runs of ``size`` N, ``data`` D and ``loss``, all > 0, shape (runs,).

    ``resamples`` is how often runs are resampled and refitted from the estimate, or the indices
    of runs to take, shape (draws, runs). Resamples of fewer than three sizes or amounts of data,
    which carry no surface, are drawn again. Raises `ValueError` for fewer than six runs, or where N
    or D takes fewer than three values.

    >>> n, d = (a.ravel() for a in np.meshgrid([1e8, 1e9, 1e10], [1e9, 1e10, 1e11]))
    >>> s = fit_surface(n, d, 1.8 + 400 / n**0.34 + 2000 / d**0.37)
    >>> round(s.alpha, 6), round(s.beta, 6), round(s.e, 6)
    (0.34, 0.37, 1.8)
    """
    n, d, lny = _checked(size, data, loss)
    logs = np.stack([np.log(n), np.log(d)])
    middle = logs.mean(axis=1)
    z = logs - middle[:, None]
    starts = _starts(z, lny)
    found = [_polish(s, z, lny) for s in starts]
    theta, cost = min(found, key=lambda f: f[1])
    draws = np.zeros((0, 5))
    if isinstance(resamples, int):
        resamples = _resamples(n, d, resamples, np.random.default_rng(seed))
    if len(resamples):
        counts = np.array([np.bincount(r, minlength=n.size) for r in resamples], dtype=np.float64)
        chunks = np.array_split(counts, math.ceil(len(counts) / 250))
        refits = np.concatenate([_refit(theta, z, lny, chunk) for chunk in chunks])
        draws = _natural(refits, middle)
    e, a, b, alpha, beta = (float(v) for v in _natural(theta[None], middle)[0])
    return LossSurface(e, a, b, alpha, beta, cost, n.size, draws)


def _checked(size: ArrayLike, data: ArrayLike, loss: ArrayLike) -> tuple[Array, Array, Array]:
    n, d, y = (np.asarray(v, dtype=np.float64) for v in (size, data, loss))
    if n.ndim != 1 or not n.shape == d.shape == y.shape:
        raise ValueError(f"need three rows of one length, got {n.shape}, {d.shape}, {y.shape}")
    if not all(np.isfinite(v).all() and (v > 0).all() for v in (n, d, y)):
        raise ValueError("sizes, data and losses must be finite and > 0")
    if n.size < 6 or np.unique(n).size < 3 or np.unique(d).size < 3:
        raise ValueError(
            f"{n.size} runs of {np.unique(n).size} sizes and {np.unique(d).size} amounts of data; "
            "L(N, D) needs 6 runs, 3 sizes and 3 amounts"
        )
    return n, d, np.log(y)


def _resamples(n: Array, d: Array, draws: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Indices of runs, shape (draws, runs), each with three sizes and three amounts of data."""
    taken = rng.integers(n.size, size=(draws, n.size))
    while draws:
        values = (np.sort(axis[taken], axis=1) for axis in (n, d))
        few = [(np.diff(v, axis=1) > 0).sum(axis=1) < 2 for v in values]
        again = np.flatnonzero(few[0] | few[1])
        if not again.size:
            break
        taken[again] = rng.integers(n.size, size=(again.size, n.size))
    return taken


def _starts(z: Array, lny: Array) -> list[Array]:
    """Best cells of the (alpha, beta) grid with (E, A, B) >= 0 by least squares of L / y."""
    y, cells = np.exp(lny), []
    for alpha in _GRID:
        for beta in _GRID:
            design = np.stack([np.ones_like(y), np.exp(-alpha * z[0]), np.exp(-beta * z[1])])
            linear, cost = optimize.nnls((design / y).T, np.ones_like(y))
            cells.append((cost, alpha, beta, np.log(np.maximum(linear, 1e-9))))
    cells.sort(key=lambda cell: float(cell[0]))
    return [np.array([*lin, alpha, beta]) for _, alpha, beta, lin in cells[:_REFINED]]


def _model(theta: Array, z: Array) -> tuple[Array, Array]:
    """(ln L, its derivatives) for theta (..., 5) = ln E, ln A', ln B', alpha, beta (centred)."""
    e, a, b, alpha, beta = (theta[..., k : k + 1] for k in range(5))
    by_size, by_data = a - alpha * z[0], b - beta * z[1]
    top = np.maximum(np.maximum(by_size, by_data), e)
    terms = [np.exp(t - top) for t in (e, by_size, by_data)]
    total = terms[0] + terms[1] + terms[2]
    share = [t / total for t in terms]
    return np.log(total) + top, np.stack([*share, -share[1] * z[0], -share[2] * z[1]], axis=-1)


def _polish(start: Array, z: Array, lny: Array) -> tuple[Array, float]:
    def residuals(theta: Array) -> Array:
        return np.asarray(_model(theta, z)[0] - lny)

    def jacobian(theta: Array) -> Array:
        return _model(theta, z)[1]

    result = optimize.least_squares(
        residuals,
        start,
        jac=jacobian,
        loss="huber",
        f_scale=HUBER,
        x_scale="jac",
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-13,
        max_nfev=2000,
    )
    return np.asarray(result.x), float(result.cost)


def _refit(start: Array, z: Array, lny: Array, counts: Array) -> Array:
    """Refit every row of ``counts`` (resamples, runs) from ``start``; shape (resamples, 5).

    Damped Gauss-Newton on all rows at once, a Huber residual being one of smaller weight.
    """
    theta = np.repeat(start[None], len(counts), axis=0)
    final = theta.copy()
    damp, row = np.full(len(counts), 1e-3), np.arange(len(counts))
    pred, jac = _model(theta, z)
    cost = _huber(pred - lny, counts)
    for _ in range(400):
        pull = jac.transpose(0, 2, 1) * (counts * _slope(pred - lny))[:, None]
        gram, slope = pull @ jac, pull @ (pred - lny)[..., None]
        gram += np.eye(5) * (np.einsum("bii->bi", gram) * damp[:, None])[:, None]
        trial = theta - _solved(gram, slope)[..., 0]
        new_pred, new_jac = _model(trial, z)
        new = _huber(new_pred - lny, counts)
        better = new <= cost
        gain = np.where(better, (cost - new) / np.maximum(cost, 1e-300), 1.0)
        damp = np.where(better, damp / 5, damp * 5).clip(1e-12)
        theta[better], cost[better] = trial[better], new[better]
        pred[better], jac[better] = new_pred[better], new_jac[better]
        go = (gain > 1e-11) & (damp < 1e11)
        final[row] = theta
        if not go.any():
            break
        theta, damp, row, pred, jac = theta[go], damp[go], row[go], pred[go], jac[go]
        counts, cost = counts[go], cost[go]
    return final


def _solved(gram: Array, slope: Array) -> Array:
    """gram^-1 slope of each resample; the least step where some parameter changes nothing."""
    try:
        return np.asarray(np.linalg.solve(gram, slope))
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.pinv(gram, hermitian=True) @ slope)


def _slope(residual: Array) -> Array:
    """Weight that makes a square of a Huber loss."""
    return np.asarray(np.minimum(1.0, HUBER / np.maximum(np.abs(residual), 1e-300)))


def _huber(residual: Array, counts: Array) -> Array:
    """Weighted Huber loss of each row."""
    r = np.abs(residual)
    each = np.where(r < HUBER, r * r, 2 * HUBER * r - HUBER**2)
    return np.asarray((counts * each).sum(axis=-1))


def _natural(theta: Array, middle: Array) -> Array:
    """(E, A, B, alpha, beta) of centred parameters, shape (..., 5)."""
    level = theta[:, :3].copy()
    level[:, 1:] += theta[:, 3:] * middle
    return np.concatenate([np.exp(level), theta[:, 3:]], axis=1)
