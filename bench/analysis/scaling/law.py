"""One family's scaling law: which forms, their median, its intervals, or why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from bench.analysis.scaling.fit import SOFT_SCALE, FormFit, fit_form, last_decade
from bench.analysis.scaling.forms import Array, Form
from bench.analysis.scaling.points import LEAST_SIZES, clean, why_not
from bench.analysis.scaling.posterior import Posterior, central, posterior
from bench.analysis.stats.intervals import UNKNOWN, Interval

#: A 90 % interval of c spanning more than this factor does not identify it.
IDENTIFIED_SPAN = 3.0
#: Bayes factor below which points speak substantially against floor 0 (Jeffreys 1961, 10^-1/2).
FLOOR_RULED_OUT = 10**-0.5


@dataclass(frozen=True)
class ScalingFit:
    """A fitted family, or ``refused`` with the reason; then every number below is NaN.

    The point estimate is the median of ``forms`` in ln y, chosen by the number of sizes alone and
    never by how well a form fits: 4-5 sizes M2 and M3, from 6 also M4 (M5 where y has no ceiling).
    Three sizes get a line, for its exponent alone: as no line levels off, their curve is the
    posterior's median. Intervals are 90 % and come from ``posterior``, widened to the point
    estimate where that lies outside. None reaches above the ``ceiling``, which no y can exceed.
    """

    x: Array  #: sizes that were fitted, distinct and rising
    y: Array
    n: int  #: distinct sizes given
    forms: tuple[FormFit, ...] = ()
    posterior: Posterior | None = None
    refused: str | None = None
    notes: tuple[str, ...] = ()
    noise: float = SOFT_SCALE
    ceiling: float = math.inf  #: largest y possible

    @property
    def line(self) -> bool:
        """Whether there were too few sizes for more than a line."""
        return len(self.forms) == 1

    @property
    def label(self) -> str:
        """What was fitted, for a table's cell."""
        if self.refused:
            return ""
        if self.line:
            return "M1 (line; 3 sizes identify no floor)"
        return "median of " + ", ".join(f.form for f in self.forms)

    @property
    def used(self) -> int:
        """Sizes that were fitted."""
        return self.x.size

    @property
    def decades(self) -> float:
        """log10 of the fitted range of x."""
        return float(np.log10(self.x[-1] / self.x[0])) if self.used else math.nan

    def curve(self, x: ArrayLike) -> Array:
        """Point estimate of y at each ``x`` > 0, same shape."""
        at = np.asarray(x, dtype=np.float64)
        if self.posterior is None:
            return np.full_like(at, np.nan)
        if self.line:
            draws = [self.posterior.log_y(v, discrepancy=0.0) for v in at.ravel()]
            middle = np.array([np.median(drawn) for drawn in draws])
        else:
            middle = np.median([f.log_y(at.ravel()) for f in self.forms], axis=0)
        return np.asarray(np.minimum(np.exp(middle), self.ceiling).reshape(at.shape))

    def predict(self, x: float, level: float = 0.9, *, observed: bool = False) -> Interval:
        """Interval of y of the curve at ``x``, or with ``observed`` of one more model there."""
        if self.posterior is None:
            return UNKNOWN
        band = self.posterior.predict(x, level, observed=observed)
        within = Interval(*(min(end, self.ceiling) for end in (band.value, band.low, band.high)))
        return _around(float(self.curve(np.array([x]))[0]), within)

    def slope(self, x: float) -> float:
        """Point estimate of d ln y / d ln x at ``x``."""
        if self.posterior is None:
            return math.nan
        if self.line:
            return float(np.median(self.posterior.elasticity(x)))
        at = np.array([x], dtype=np.float64)
        return float(np.median([f.elasticity(at)[0] for f in self.forms]))

    def elasticity(self, x: float, level: float = 0.9) -> Interval:
        """`slope` with its interval: comparable between forms and families, unlike c."""
        if self.posterior is None:
            return UNKNOWN
        return _around(self.slope(x), central(self.posterior.elasticity(x), level))

    def exponent(self, level: float = 0.9) -> Interval:
        """The c of M2, or of the line M1 with its t-interval; compare within one form only.

        Unless the points rule out that there is no floor, the line's interval belongs to it: every
        floor makes c larger, so that without it the interval would not reach down to the truth.
        """
        if self.posterior is None:
            return UNKNOWN
        if self.line:
            return _line_exponent(self.x, self.y, level)
        band = _around(self.forms[0].exponent, self.posterior.exponent(level))
        if self.posterior.no_floor > FLOOR_RULED_OUT:
            bare = _line_exponent(self.x, self.y, level)
            band = Interval(band.value, min(band.low, bare.low), max(band.high, bare.high))
        return band

    def floor(self, level: float = 0.9) -> Interval:
        """The floor of M2, in units of y; NaN where only a line was fitted."""
        if self.posterior is None or self.line:
            return UNKNOWN
        return _around(self.forms[0].floor, self.posterior.floor(level))

    def forms_at(self, x: float) -> Interval:
        """Point estimate of y at ``x``, with the least and the largest of the single forms."""
        at = np.array([x], dtype=np.float64)
        each = [float(np.exp(form.log_y(at)[0])) for form in self.forms]
        return Interval(float(self.curve(at)[0]), min(each), max(each))

    @property
    def second_best(self) -> float:
        """By what share the objective of the second best start exceeds the best; the worst form."""
        return max((f.runner_up - f.cost) / max(f.cost, 1e-12) for f in self.forms)

    @property
    def identified(self) -> bool:
        """Whether the 90 % interval of c spans less than `IDENTIFIED_SPAN`-fold."""
        c = self.exponent()
        return c.low > 0 and c.high / c.low <= IDENTIFIED_SPAN


def fit(
    x: ArrayLike,
    y: ArrayLike,
    *,
    images: int | None = None,
    ceiling: float | None = 1.0,
    unit: str = "x",
) -> ScalingFit:
    """Fit how an error or loss ``y`` falls with ``x`` (both positive, shape (n,)).

    ``images`` is the size of the test set: noise in ln y is then at least the binomial
    sqrt((1 - y) / (y images)). ``ceiling`` is the largest y possible, 1 for error rates and None
    for a loss. Equal x are merged by geometric mean. Raises `ValueError` for values that no law
    can have or ``images`` < 1; a family that is well-formed but too small comes back ``refused``.

    >>> x = np.array([1.0, 2, 4, 8, 16])
    >>> law = fit(x, 0.1 + 0.2 * x**-0.5)
    >>> law.label, round(law.forms[0].floor, 6)
    ('median of M2, M3', 0.1)
    >>> fit([1.0, 2.0], [0.3, 0.2]).refused
    '2 sizes; a fit needs 3'
    """
    if images is not None and images < 1:
        raise ValueError(f"images is {images}; a test set has at least 1")
    xs, ys, notes = clean(x, y, ceiling)
    noise = SOFT_SCALE
    if images is not None and ceiling == 1.0:
        middle = float(np.clip(np.exp(np.mean(np.log(ys))), 1e-6, 1 - 1e-6)) if ys.size else 0.5
        noise = max(noise, math.sqrt((1 - middle) / (middle * images)))
    keep = last_decade(xs) if xs.size else np.zeros(0, dtype=np.bool_)
    if not keep.all():
        notes += (f"sizes below a tenth of the largest left out: {int((~keep).sum())}",)
    fx, fy = xs[keep], ys[keep]
    reason = why_not(fx, fy, unit)
    if reason:
        return ScalingFit(fx, fy, xs.size, refused=reason, notes=notes, noise=noise)
    chosen = _forms(fx.size, ceiling)
    top = ceiling if ceiling is not None else math.inf  # a loss may end above 1
    return ScalingFit(
        fx,
        fy,
        xs.size,
        tuple(fit_form(form, fx, fy, noise=noise, ceiling=top) for form in chosen),
        posterior(fx, fy, noise=noise),
        notes=notes,
        noise=noise,
        ceiling=top,
    )


def _forms(n: int, ceiling: float | None) -> tuple[Form, ...]:
    if n == LEAST_SIZES:
        return (Form.M1,)
    pair = (Form.M2, Form.M3)
    return pair if n < 6 else (*pair, Form.M5 if ceiling is None else Form.M4)


def _line_exponent(x: Array, y: Array, level: float) -> Interval:
    line = stats.linregress(np.log(x), np.log(y))
    half = float(stats.t.ppf(0.5 + level / 2, x.size - 2)) * float(line.stderr)
    return Interval(-float(line.slope), -float(line.slope) - half, -float(line.slope) + half)


def _around(point: float, band: Interval) -> Interval:
    return Interval(point, min(point, band.low), max(point, band.high))
