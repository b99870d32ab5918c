"""What a few sizes leave open: a grid posterior over two curves, and its predictive intervals.

No optimiser: the shapes of M2 and M3 are laid out on a grid, level and noise are integrated out
in closed form, and the two forms are pooled half and half. Forms that fit equally well still part
beyond the data, so predictions carry a discrepancy that grows with ln(x / x_max) per unit
`DISCREPANCY`, calibrated on published learning curves; ``docs/statistics.md`` has its coverage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.analysis.scaling.forms import Array
from bench.analysis.scaling.points import Weighted, weighted
from bench.analysis.stats.intervals import Interval

#: kappa: sd of ln y per unit of ln(x / x_max) that no form explains.
DISCREPANCY = 0.03
#: Degrees of freedom with which the assumed noise is believed.
PRIOR_DOF = 2
#: Points that any larger number counts as: residuals about a form that is not the truth are alike,
#: and more of them do not make it truer. On learning curves, 90 % intervals of 14 points cover 94 %
#: with it and 87 % without; up to 10 points next to nothing changes.
WORTH = 7
#: Draws of each form.
DRAWS = 8000

_C = np.geomspace(0.03, 2.5, 60)
_R = np.linspace(0.0, 0.995, 80)
_G = np.concatenate([[0.0], np.geomspace(1e-3, 30, 40)])


@dataclass(frozen=True)
class Posterior:
    """Equally likely curves: M2 draws first, then as many of M3; all arrays of shape (draws,)."""

    c: Array
    shape: Array  #: r = floor / y(x_max) for M2, g for M3
    level: Array  #: ln y at x_max
    sigma: Array  #: sd of one model's ln y about the curve
    drift: Array  #: standard normal, the direction of the discrepancy
    x_max: float

    @property
    def half(self) -> int:
        """Draws of M2."""
        return self.c.size // 2

    def log_y(self, x: float, *, discrepancy: float = DISCREPANCY) -> Array:
        """Predicted ln y of each curve at ``x``, discrepancy included beyond the data."""
        u = x / self.x_max
        h, out = self.half, np.empty_like(self.c)
        out[:h] = _log_m2(self.c[:h], self.shape[:h], u)
        out[h:] = _log_m3(self.c[h:], self.shape[h:], u)
        drift = discrepancy * max(0.0, float(np.log(u))) * self.drift
        return np.asarray(self.level + out + drift)

    def elasticity(self, x: float) -> Array:
        """Slope d ln y / d ln x of each curve at ``x``."""
        u, h = x / self.x_max, self.half
        c, shape, out = self.c, self.shape, np.empty_like(self.c)
        excess = (1 - shape[:h]) * u ** -c[:h]
        out[:h] = -c[:h] * excess / (shape[:h] + excess)
        out[h:] = -c[h:] / (1 + shape[h:] * u)
        return out

    def predict(
        self, x: float, level: float = 0.9, *, observed: bool = False, seed: int = 1
    ) -> Interval:
        """Median and interval of y at ``x``: the curve's, or one model's if ``observed``."""
        log_y = self.log_y(x)
        if observed:
            noise = np.random.default_rng(seed).standard_normal(log_y.size)
            log_y = log_y + self.sigma * noise
        return central(np.exp(log_y), level)

    def exponent(self, level: float = 0.9) -> Interval:
        """The c of the saturating law M2."""
        return central(self.c[: self.half], level)

    @property
    def no_floor(self) -> float:
        """Bayes factor of floor 0 against any floor, in M2: posterior over prior weight of r = 0.

        The ratio of Savage and Dickey (1971), as r = 0 is a value of the grid.
        """
        return float((self.shape[: self.half] == 0).mean()) * _R.size

    def floor(self, level: float = 0.9) -> Interval:
        """Floor of the saturating law M2, in units of y."""
        h = self.half
        return central(self.shape[:h] * np.exp(self.level[:h]), level)


def central(draws: Array, level: float = 0.9) -> Interval:
    """Median and central interval of draws.

    >>> central(np.arange(101.0), 0.5)
    Interval(value=50.0, low=25.0, high=75.0)
    """
    low, middle, high = np.quantile(draws, [(1 - level) / 2, 0.5, (1 + level) / 2])
    return Interval(float(middle), float(low), float(high))


def _log_m2(c: Array, r: Array, u: Array | float) -> Array:
    return np.asarray(np.log(r + (1 - r) * u**-c))


def _log_m3(c: Array, g: Array, u: Array | float) -> Array:
    return np.asarray(c * np.log((1 / np.asarray(u) + g) / (1 + g)))


def posterior(
    x: Array, y: Array, *, noise: float = 0.01, draws: int = DRAWS, seed: int = 0
) -> Posterior:
    """Posterior of the curve through x > 0, y > 0, shapes (n,), n >= 3.

    A cell weighs (RSS + v s0^2)^-((n - 1 + v) / 2), where RSS is of ln y about the cell's own
    level, s0 = ``noise`` and v = `PRIOR_DOF`; beyond m = `WORTH` points, m stands for n and
    RSS m / n for RSS. A priori c is log-uniform on 0.03..2.5 and floor / y(x_max)
    uniform on 0..0.995. Draws are stratified over cells, and the same for the same ``seed``.

    >>> x = np.array([1.0, 2, 4, 8, 16])
    >>> p = posterior(x, 0.1 + 0.2 * x**-0.5)
    >>> inside = p.predict(32.0)
    >>> bool(inside.low < 0.1 + 0.2 * 32**-0.5 < inside.high)
    True
    """
    rng = np.random.default_rng(seed)
    x_max = float(x.max())
    points = weighted(np.log(x / x_max), np.log(y))
    # Few points keep the very u that they have; of bins it is that of their mean.
    u = x / x_max if points.weight.size == x.size else np.exp(points.log_x)
    parts = []
    for curve, shapes in ((_log_m2, _R), (_log_m3, _G)):
        c, s = np.repeat(_C, shapes.size), np.tile(shapes, _C.size)
        residual = points.log_y - curve(c[:, None], s[:, None], u)
        parts.append(_draw(c, s, residual, points, noise, draws, rng))
    c, s, level, sigma = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Posterior(c, s, level, sigma, rng.standard_normal(2 * draws), x_max)


def _draw(
    c: Array,
    s: Array,
    residual: Array,
    points: Weighted,
    noise: float,
    draws: int,
    rng: np.random.Generator,
) -> tuple[Array, Array, Array, Array]:
    """(c, shape, level, sigma) drawn from cells with ``residual`` of shape (cells, points)."""
    weight = points.weight
    n = int(weight.sum())
    worth = min(n, WORTH)
    dof = worth - 1 + PRIOR_DOF
    mean = np.sum(residual * weight, axis=1) / n
    about = np.sum((residual - mean[:, None]) ** 2 * weight, axis=1) + points.within
    squares = about * (worth / n)
    total = squares + PRIOR_DOF * noise**2
    log_w = -dof / 2 * np.log(total)
    mass = np.exp(log_w - log_w.max())
    edges = np.cumsum(mass) / mass.sum()
    cell = np.searchsorted(edges, (np.arange(draws) + rng.random()) / draws).clip(max=c.size - 1)
    sigma = np.sqrt(total[cell] / rng.chisquare(dof, draws))
    level = mean[cell] + sigma / np.sqrt(worth) * rng.standard_normal(draws)
    return c[cell], s[cell], level, sigma
