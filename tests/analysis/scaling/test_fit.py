"""Each form fitted to a worked example, and its objective against another minimiser."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from bench.analysis.scaling import Form, fit_form
from tests.worked import LONG, NINE


@pytest.mark.parametrize(
    ("form", "theta", "cost", "slopes"),
    [
        (Form.M1, (-2.15707979, 0.190527666), 0.00136431526, (-0.1905276661, -0.1905276661)),
        (
            Form.M2,
            (-4.03143352, 0.616168681, 0.101855738),
            0.00016734604,
            (-0.2579384484, -0.0628980951),
        ),
        (
            Form.M3,
            (-2.12124567, 0.407899335, 4.77712214),
            0.000178225944,
            (-0.2760343532, -0.038647896),
        ),
        (
            Form.M4,
            (-4.1078274, 0.667426175, 0.103978322, 0.363813989),
            0.000164902833,
            (-0.2631786721, -0.0578287178),
        ),
        (
            Form.M5,
            (-4.13467977, 0.654531019, 0.103664312, 0.00163965396),
            0.000164946305,
            (-0.2630047315, -0.0584538451),
        ),
    ],
)
def test_a_form(
    form: Form, theta: tuple[float, ...], cost: float, slopes: tuple[float, float]
) -> None:
    found = fit_form(form, *NINE)
    assert found.theta == pytest.approx(theta, rel=2e-5)
    assert found.cost == pytest.approx(cost, rel=1e-7)
    assert found.runner_up == pytest.approx(cost, rel=1e-6)  # a second start ends there too
    assert (found.form, found.converged, found.x_max, found.ceiling) == (form, True, 100.0, 1.0)
    assert 0 <= found.gradient < 1e-6
    assert found.exponent == found.theta[1]
    has_floor = form in (Form.M2, Form.M4, Form.M5)
    assert np.isnan(found.floor) != has_floor
    assert not has_floor or found.floor == found.theta[2]
    assert found.elasticity(np.array([10.0, 200.0])) == pytest.approx(slopes, rel=1e-5)


@pytest.mark.parametrize("form", Form)
def test_the_cost_is_the_objective_and_no_other_start_finds_less(form: Form) -> None:
    """Soft-L1 of sqrt(w) (ln f - ln y) with w = x / x_max, by scipy's own minimiser."""
    u, weight = LONG / 100, np.sqrt(LONG / 100)

    def curve(t: np.ndarray) -> np.ndarray:
        power = np.exp(t[0]) * u ** -t[1]
        if form is Form.M1:
            return np.asarray(power)
        if form is Form.M2:
            return np.asarray(t[2] + power)
        if form is Form.M3:
            return np.asarray(np.exp(t[0]) * ((1 / u + t[2]) / (1 + t[2])) ** t[1])
        if form is Form.M5:
            return np.asarray(t[2] + np.exp(t[0]) * ((u + t[3]) / (1 + t[3])) ** -t[1])
        return np.array(
            [
                optimize.brentq(lambda y, p=p: (y - t[2]) - p * (1 - y) ** t[3], t[2], 1 - 1e-12)
                for p in power
            ]
        )

    def objective(t: np.ndarray) -> float:
        r = weight * (np.log(curve(t)) - np.log(NINE.y)) / 0.01
        return float(0.01**2 * np.sum(np.sqrt(1 + r**2) - 1))

    found = fit_form(form, *NINE)
    theta = np.array(found.theta)
    assert objective(theta) == pytest.approx(found.cost, rel=1e-9)
    for factor in (0.97, 1.03):
        start = theta * np.where(np.arange(theta.size) % 2, factor, 1 / factor)
        other = optimize.minimize(objective, start, method="Nelder-Mead", tol=1e-12)
        assert other.fun >= found.cost * (1 - 1e-4)


def test_noise_decides_what_is_an_outlier() -> None:
    bent = NINE.y.copy()
    bent[4] *= 1.3
    tight, loose = (fit_form(Form.M2, NINE.x, bent, noise=noise) for noise in (0.01, 1.0))
    clean = fit_form(Form.M2, *NINE)
    assert abs(tight.exponent - clean.exponent) < 0.6 * abs(loose.exponent - clean.exponent)


@pytest.mark.parametrize(("given", "found"), [(4.5, 4.5), (5.5, 5.0), (-4.5, -4.5), (-5.5, -5.0)])
def test_a_line_is_no_steeper_than_five(given: float, found: float) -> None:
    x = np.array([1.0, 1.5, 2.0, 3.0])
    assert fit_form(Form.M1, x, 0.5 * x**-given).exponent == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize(("given", "found"), [(4.5, 4.5), (5.5, 5.0)])
def test_a_curve_is_no_steeper_than_five(given: float, found: float) -> None:
    x = np.geomspace(1.0, 4.0, 7)
    law = fit_form(Form.M2, x, 0.01 + 0.5 * x**-given)
    assert law.exponent == pytest.approx(found, rel=1e-4)
    assert law.floor >= 0
