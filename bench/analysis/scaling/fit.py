"""Fit one form to one family: robust, in ln y, from a grid of starts.

The objective is soft-L1 of sqrt(w) (ln f - ln y) with weights w = x / x_max: residuals of ln y,
never of the log *excess* over the floor, whose global minimum is spurious (floor 0). Every cell
of a start grid is scored with its level solved in closed form; the best few are refined by a
trust-region method with analytic Jacobian.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from bench.analysis.scaling.forms import CURVES, Array, Curve, Form, sigmoid_root

#: Residuals of ln y beyond this count linearly; also the least noise that is believed.
SOFT_SCALE = 0.01
#: Starts refined for each form.
REFINED = 4
#: Largest y that is fitted as it is; tolerances of the search are those of such numbers.
ORDINARY = (1e-6, 1e6)
#: Points that the cells of the start grid are scored on.
SCORED = 1000
_STOP: dict[str, Any] = {"xtol": 1e-12, "ftol": 1e-12, "gtol": 1e-12, "max_nfev": 200}


@dataclass(frozen=True)
class FormFit:
    """One form fitted: ``theta`` in units of u = x / ``x_max`` and of y."""

    form: Form
    theta: tuple[float, ...]
    x_max: float
    ceiling: float
    cost: float  #: the objective at the best start
    runner_up: float  #: the objective at the second best refined start
    gradient: float  #: infinity norm of the scaled gradient at the end
    converged: bool

    def log_y(self, x: Array) -> Array:
        """Predicted ln y at ``x``, shape (n,)."""
        u = np.asarray(x, dtype=np.float64) / self.x_max
        return CURVES[self.form].log_y(np.array(self.theta), u, self.ceiling)[0]

    def elasticity(self, x: Array) -> Array:
        """Slope d ln y / d ln x at ``x``: percent of error per percent of scale, shape (n,)."""
        u = np.asarray(x, dtype=np.float64) / self.x_max
        return CURVES[self.form].log_y(np.array(self.theta), u, self.ceiling)[2]

    @property
    def exponent(self) -> float:
        """c; comparable between families within one form only."""
        return self.theta[1]

    @property
    def floor(self) -> float:
        """The error that no size gets below; NaN for forms without one."""
        names = CURVES[self.form].names
        return self.theta[names.index("floor")] if "floor" in names else float("nan")


def last_decade(x: Array, least: int = 6) -> NDArray[np.bool_]:
    """Which points to fit (bool, shape (n,)): x >= x_max / 10, or all if fewer than ``least``.

    Early points lie outside the power regime and pull the fit away from the end that matters.

    >>> last_decade(np.array([1.0, 20, 30, 50, 70, 90, 100])).tolist()
    [False, True, True, True, True, True, True]
    >>> last_decade(np.array([1.0, 20, 100])).tolist()
    [True, True, True]
    """
    keep = x >= x.max() / 10
    return keep if int(keep.sum()) >= least else np.ones_like(keep)


def fit_form(
    form: Form, x: Array, y: Array, *, noise: float = SOFT_SCALE, ceiling: float = 1.0
) -> FormFit:
    """Fit ``form`` to finite x > 0 and y > 0, shapes (n,); ``ceiling`` is M4's upper limit of y.

    >>> x = np.array([1.0, 2, 4, 8, 16])
    >>> f = fit_form(Form.M2, x, 0.1 + 0.2 * x**-0.5)
    >>> round(f.exponent, 6), round(f.floor, 6)
    (0.5, 0.1)
    """
    scale = float(y.max())
    if not ORDINARY[0] <= scale <= ORDINARY[1]:
        top = ceiling if math.isinf(ceiling) else min(ceiling / scale, ORDINARY[1])
        return _scaled(fit_form(form, x, y / scale, noise=noise, ceiling=top), scale)
    curve = CURVES[form]
    u, lny = x / x.max(), np.log(y)
    root_w = np.sqrt(u)
    floor_top = min(float(y.min()), ceiling * (1 - 1e-9))
    bounds = [
        (low, high * floor_top * (1 - 1e-9) if name == "floor" else high)
        for name, (low, high) in zip(curve.names[1:], curve.bounds, strict=True)
    ]
    # The level of M4 falls with a ln(ceiling).
    reach = 20 * math.log(ceiling) if 1 < ceiling < math.inf else 0.0
    low = np.array([-60.0 - reach, *(b[0] for b in bounds)])
    high = np.array([60.0, *(b[1] for b in bounds)])

    def residuals(theta: Array) -> Array:
        return np.asarray(root_w * (curve.log_y(theta, u, ceiling)[0] - lny))

    def jacobian(theta: Array) -> Array:
        return np.asarray(root_w[:, None] * curve.log_y(theta, u, ceiling)[1])

    def refine(start: Array) -> optimize.OptimizeResult:
        return optimize.least_squares(
            residuals,
            np.clip(start, low + 1e-12, high - 1e-12 * (1 + np.abs(high))),
            jac=jacobian,
            bounds=(low, high),
            loss="soft_l1",
            f_scale=noise,
            x_scale="jac",
            **_STOP,
        )

    some = slice(None, None, max(1, u.size // SCORED))
    starts = _starts(form, curve, u[some], y[some], root_w[some], noise, ceiling, floor_top)
    tried = sorted((refine(start) for start in starts), key=lambda r: float(r.cost))
    best = tried[0]
    return FormFit(
        form,
        tuple(float(t) for t in best.x),
        float(x.max()),
        ceiling,
        float(best.cost),
        float(tried[1].cost) if len(tried) > 1 else float(best.cost),
        float(best.optimality),
        bool(best.status > 0),
    )


def _scaled(found: FormFit, scale: float) -> FormFit:
    """The same curve for y times ``scale``."""
    theta = dict(zip(CURVES[found.form].names, found.theta, strict=True))
    # In M4, y - floor and (ceiling - y)^a scale by different powers.
    theta["level"] += (1 - theta.get("a", 0.0)) * math.log(scale)
    if "floor" in theta:
        theta["floor"] *= scale
    return replace(found, theta=tuple(theta.values()), ceiling=found.ceiling * scale)


def _starts(
    form: Form,
    curve: Curve,
    u: Array,
    y: Array,
    root_w: Array,
    noise: float,
    ceiling: float,
    floor_top: float,
) -> Array:
    """The best cells of the start grid, shape (REFINED, k)."""
    cells = np.array(list(product(*curve.grid)))
    floor = np.zeros(len(cells))
    if "floor" in curve.names:
        cells[:, 1] *= floor_top
        floor = cells[:, 1]
    level, residual = _levels(form, cells, floor[:, None], u, y, root_w, ceiling)
    weighted = (root_w * residual / noise) ** 2
    cost = np.sum(np.sqrt(1 + weighted) - 1, axis=1)
    cost[~np.isfinite(cost)] = np.inf
    best = np.argsort(cost, kind="stable")[:REFINED]
    return np.column_stack([level[best], cells[best]])


def _levels(
    form: Form, cells: Array, floor: Array, u: Array, y: Array, root_w: Array, ceiling: float
) -> tuple[Array, Array]:
    """Level, shape (cells,), and residual of ln y, shape (cells, n), of each start."""
    c, lnu = cells[:, :1], np.log(u)
    w = root_w**2
    if form is Form.M4:
        a = cells[:, 2:3]
        below = np.maximum(ceiling - y, 1e-9)
        target = np.log(np.maximum(y - floor, 1e-12)) - a * np.log(below) + c * lnu
        level = np.sum(w * target, axis=1) / w.sum()
        span = ceiling - floor
        k = level[:, None] - c * lnu - (1 - a) * np.log(span)
        p = 1 / (1 + np.exp(-np.clip(sigmoid_root(k, a), -500, 500)))
        return level, np.log(floor + span * p) - np.log(y)
    if form is Form.M3:
        reach = -np.log((1 / u + cells[:, 1:2]) / (1 + cells[:, 1:2]))
    elif form is Form.M5:
        reach = np.log((u + cells[:, 2:3]) / (1 + cells[:, 2:3]))
    else:
        reach = np.broadcast_to(lnu, (len(cells), u.size))
    shape = np.exp(-c * reach)
    # least squares of y's relative error, which is linear in beta
    beta = np.sum(w * (1 - floor / y) * shape / y, axis=1) / np.sum(w * (shape / y) ** 2, axis=1)
    beta = np.maximum(beta, 1e-300)
    return np.log(beta), np.log((floor + beta[:, None] * shape) / y)
