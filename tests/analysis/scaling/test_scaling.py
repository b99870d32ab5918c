"""Fits against known truth, finite differences, published curves and hostile input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.analysis.scaling import (
    Form,
    fit,
    fit_form,
    last_decade,
    posterior,
)
from bench.analysis.scaling.forms import CURVES
from bench.analysis.scaling.groups import fit_group
from bench.analysis.scaling.laws import fit_series

X = np.geomspace(1.0, 13.5, 7)
TRUE = {  # theta in u = x / x_max
    Form.M1: np.array([-1.5, 0.3]),
    Form.M2: np.array([-2.5, 0.45, 0.11]),
    Form.M3: np.array([-1.7, 0.6, 0.8]),
    Form.M4: np.array([-2.0, 0.7, 0.08, 0.6]),
    Form.M5: np.array([-2.2, 0.5, 0.07, 0.05]),
}


@pytest.mark.parametrize("form", Form)
def test_derivatives_are_those_of_finite_differences(form: Form) -> None:
    u, theta = X / X.max(), TRUE[form]

    _, jac, slope = CURVES[form].log_y(theta, u, 1.0)
    for k, step in enumerate(1e-6 * np.eye(theta.size)):
        up, down = (CURVES[form].log_y(theta + s * step, u, 1.0)[0] for s in (1, -1))
        assert jac[:, k] == pytest.approx((up - down) / 2e-6, abs=1e-8)
    h = 1e-6
    up, down = (CURVES[form].log_y(theta, u * np.exp(s), 1.0)[0] for s in (h, -h))
    assert slope == pytest.approx((up - down) / (2 * h), abs=1e-7)


@pytest.mark.parametrize("form", Form)
def test_noiseless_curves_are_recovered(form: Form) -> None:
    y = np.exp(CURVES[form].log_y(TRUE[form], X / X.max(), 1.0)[0])
    found = fit_form(form, X, y)
    assert found.theta == pytest.approx(TRUE[form], abs=1e-6)
    assert found.converged
    beyond = np.array([2.0, 4.0]) * X.max()
    truth = CURVES[form].log_y(TRUE[form], beyond / X.max(), 1.0)[0]
    assert found.log_y(beyond) == pytest.approx(truth, abs=1e-6)


def test_m4_solves_its_equation() -> None:
    level, c, floor, a = TRUE[Form.M4]
    u = np.geomspace(1e-4, 10, 50)
    y = np.exp(CURVES[Form.M4].log_y(TRUE[Form.M4], u, 1.0)[0])
    assert (y - floor) / (1 - y) ** a == pytest.approx(np.exp(level) * u**-c, rel=1e-9)
    assert ((floor < y) & (y < 1)).all()


def test_robust_to_one_bad_model() -> None:
    y = 0.1 + 0.2 * X**-0.5
    y[2] *= 1.15
    assert fit_form(Form.M2, X, y).floor == pytest.approx(0.1, abs=0.02)


def test_last_decade_counts_from_the_end() -> None:
    x = np.geomspace(1, 1000, 31)
    assert last_decade(x).sum() == (x >= 100).sum()
    assert last_decade(x[::6]).all()  # too few in the last decade: keep all


def test_forms_follow_the_number_of_sizes_alone() -> None:
    y = 0.1 + 0.2 * X**-0.5
    assert fit(X[:3], y[:3]).label.startswith("M1 (line")
    assert [f.form for f in fit(X[:4], y[:4]).forms] == ["M2", "M3"]
    assert [f.form for f in fit(X[:6], y[:6]).forms] == ["M2", "M3", "M4"]
    assert [f.form for f in fit(X[:6], y[:6] + 2, ceiling=None).forms] == ["M2", "M3", "M5"]


def test_point_estimate_is_the_median_of_forms_and_lies_in_its_interval() -> None:
    rng = np.random.default_rng(3)
    law = fit(X, (0.1 + 0.2 * X**-0.5) * np.exp(0.01 * rng.standard_normal(X.size)))
    at = 2 * X.max()
    each = [f.log_y(np.array([at]))[0] for f in law.forms]
    band = law.predict(at)
    assert band.value == pytest.approx(np.exp(np.median(each)))
    assert band.low <= band.value <= band.high
    wider = law.predict(at, observed=True)
    assert wider.high - wider.low > band.high - band.low
    assert law.predict(4 * X.max()).low < law.predict(at).low


def test_posterior_reproduces_the_worked_example() -> None:
    # ConvNeXt, 22k, 224 pixels: T to XL, GMACs and top-1 of its paper; scaling notes, section 4
    gmacs = np.array([4.5, 8.7, 15.4, 34.4, 60.9])
    law = posterior(gmacs, 1 - np.array([82.9, 84.6, 85.8, 86.6, 87.0]) / 100)
    at69 = law.predict(69.0).scaled(100)
    assert (at69.value, at69.low, at69.high) == pytest.approx((12.86, 12.54, 13.11), abs=0.08)
    c = law.exponent()
    assert c.low == pytest.approx(0.18, abs=0.04)
    assert c.high == pytest.approx(0.81, abs=0.04)


def test_posterior_weights_are_the_formula() -> None:
    x = np.array([1.0, 2, 4, 8])
    y = np.array([0.32, 0.26, 0.22, 0.2])
    u, c = x / 8, np.geomspace(0.03, 2.5, 60)[:, None, None]
    r = np.linspace(0, 0.995, 80)[:, None]
    res = np.log(y) - np.log(r + (1 - r) * u**-c)
    rss = ((res - res.mean(-1, keepdims=True)) ** 2).sum(-1) + 2 * 0.01**2
    weight = rss ** (-(4 - 1 + 2) / 2)
    expected = (weight / weight.sum() * c[..., 0]).sum()
    got = posterior(x, y, draws=40_000)
    assert got.c[: got.half].mean() == pytest.approx(expected, rel=0.01)


def test_intervals_cover_simulated_families() -> None:
    rng = np.random.default_rng(4)
    at_2x = 0.11 + 0.09 * 2**-0.45
    hits = dict.fromkeys((4, 6), 0)
    for n in hits:
        x = np.geomspace(1, 13.5, n)
        truth = 0.11 + 0.09 * (x / 13.5) ** -0.45
        for _ in range(150):
            y = truth * np.exp(0.01 * rng.standard_normal(n))
            band = posterior(x, y, draws=1500).predict(2 * 13.5)
            hits[n] += band.low <= at_2x <= band.high
    assert all(count / 150 >= 0.85 for count in hits.values())


def test_the_largest_is_held_out_and_each_size_is_dropped() -> None:
    y = 0.1 + 0.2 * X**-0.5
    steady = fit_group("a", X, y)
    out = steady.held_out
    assert (out.x, out.actual) == (X.max(), y[-1])
    assert abs(out.miss) < 0.003
    assert out.ratio < 1
    surprise = y.copy()
    surprise[-1] *= 1.3
    shaken = fit_group("a", X, surprise)
    assert shaken.held_out.ratio > 1
    three = fit_group("a", X[:3], y[:3])
    assert "needs 4" in str(three.held_out.reason)
    assert np.isnan(three.drop_one.value)
    assert shaken.drop_one.high - shaken.drop_one.low > steady.drop_one.high - steady.drop_one.low


def test_trials_are_those_of_fits_without_a_size() -> None:
    rng = np.random.default_rng(8)
    y = (0.1 + 0.2 * X**-0.5) * np.exp(0.02 * rng.standard_normal(X.size))
    group = fit_group("a", X, y, images=5000)
    top = float(X[-1])
    others = [fit(X[s != X], y[s != X], images=5000) for s in X]
    slopes = [law.slope(top) for law in others] + [group.law.slope(top)]
    assert (group.drop_one.low, group.drop_one.high) == (min(slopes), max(slopes))
    assert group.drop_one.value == group.law.slope(top)
    assert group.held_out.predicted == others[-1].predict(top, observed=True)


@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        ([1.0, 2.0], [0.3, 0.2], "2 sizes"),
        ([], [], "0 sizes"),
        ([1.0, 2, 4, 8], [0.3] * 4, "does not change"),
        ([1.0, 2, 4, 8], [0.1, 0.2, 0.3, 0.4], "does not fall"),
        ([1.0, 1.1, 1.2, 1.3], [0.4, 0.3, 0.2, 0.1], "spans 1.30x"),
        ([2.0, 2, 2, 2], [0.4, 0.3, 0.2, 0.1], "1 size;"),
    ],
)
def test_too_little_is_refused_with_the_reason(x: list[float], y: list[float], why: str) -> None:
    law = fit(x, y)
    assert law.refused is not None
    assert why in law.refused
    assert np.isnan(law.predict(3.0).value)
    assert np.isnan(law.elasticity(3.0).low)
    assert not law.identified


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([1.0, 2, 3], [0.3, np.nan, 0.1]),
        ([1.0, 2, np.inf], [0.3, 0.2, 0.1]),
        ([1.0, 2, 3], [0.3, 0.2, 0.0]),
        ([0.0, 2, 3], [0.3, 0.2, 0.1]),
        ([1.0, 2, 3], [1.3, 0.2, 0.1]),
        ([1.0, 2], [0.3, 0.2, 0.1]),
        ([[1.0]], [[0.3]]),
    ],
)
def test_impossible_values_are_one_line(x: list[float], y: list[float]) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        fit(x, y)


def test_equal_sizes_are_merged_and_said() -> None:
    law = fit([1.0, 2, 2, 4, 8], [0.4, 0.30, 0.32, 0.25, 0.2])
    assert law.n == 4
    assert law.y[1] == pytest.approx(np.sqrt(0.30 * 0.32))
    assert law.notes == ("points of equal x merged: 5 to 4",)


def test_error_of_one_is_fitted() -> None:
    law = fit(X, np.minimum(1.0, 1.3 * X**-0.4))
    assert law.refused is None
    assert np.isfinite(law.predict(2 * X.max()).value)


positive = st.floats(1e-6, 1e6)


@given(st.lists(st.tuples(positive, st.floats(1e-4, 1.0)), max_size=9))
@settings(max_examples=25, deadline=None)
def test_anything_positive_gives_a_fit_or_a_reason(points: list[tuple[float, float]]) -> None:
    law = fit([p[0] for p in points], [p[1] for p in points])
    if law.refused:
        assert "\n" not in law.refused
        return
    band = law.predict(2 * float(law.x[-1]))
    assert 0 <= band.low <= band.value <= band.high
    assert law.slope(float(law.x[-1])) <= 1e-9


def test_series_keep_the_refused_and_count_the_missing() -> None:
    rows = [{"series": "a", "gmacs": x, "val": 100 * (0.9 - 0.2 * x**-0.5)} for x in X]
    rows += [{"series": "b", "gmacs": x, "val": e} for x, e in ((1.0, 70.0), (2.0, np.nan))]
    rows += [{"series": "c", "gmacs": x, "val": 100.0} for x in (1.0, 2.0, 4.0)]
    table = pd.DataFrame(rows).assign(kind="convnet", scale="1k")
    found = fit_series(table)
    a, b, c = found.table.to_dict("records")
    assert a["reason"] == ""
    assert a["floor_low"] <= 10 <= a["floor_high"]
    assert (b["sizes"], b["missing"]) == (1, 1)
    assert "1 size;" in b["reason"]
    assert "> 0" in c["reason"]
    assert list(found.laws) == [("a", "1k"), ("b", "1k"), ("c", "1k")]
    with pytest.raises(ValueError, match="no column speed"):
        fit_series(table, x="speed")


def test_published_learning_curves(reference: Callable[[str], pd.DataFrame]) -> None:
    scores = []
    for _, curve in reference("learning_curves.csv").groupby(["task", "model"]):
        train, test = curve[curve["split"] == "train"], curve[curve["split"] == "test"]
        law = fit(train["examples"], train["error"])
        ln = np.log(law.curve(test["examples"].to_numpy())) - np.log(test["error"])
        scores.append(float(np.sqrt((ln**2).mean())))
    assert len(scores) == 36
    assert np.mean(scores) <= 0.027


@pytest.mark.parametrize("floor", [1.7, 0.2])
def test_a_loss_may_end_above_one(floor: float) -> None:
    x = np.geomspace(1, 1000, 8)
    law = fit(x, floor + 3.0 * x**-0.4, ceiling=None)
    m2 = next(form for form in law.forms if form.form is Form.M2)
    assert m2.floor == pytest.approx(floor, rel=1e-5)
