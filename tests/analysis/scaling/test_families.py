"""Tests between families: size, power, probabilities, equivalence and what is not testable."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from bench.analysis.scaling import (
    Hypothesis,
    Verdict,
    compare,
    fit,
    posterior,
    probability_lower,
    shared_law,
)
from bench.analysis.scaling.forms import Array
from bench.report.fit.families import said

X = np.geomspace(4.5, 60.9, 5)


def family(c: float, floor: float, rng: np.random.Generator, sd: float = 0.01) -> Array:
    y = 0.15 * (floor + (1 - floor) * (X / X[-1]) ** -c)
    return np.asarray(y * np.exp(sd * rng.standard_normal(X.size)))


def test_f_is_that_of_an_optimiser() -> None:
    rng = np.random.default_rng(1)
    a, b = family(0.45, 0.75, rng), family(0.7, 0.6, rng)
    u, lny = X / X[-1], [np.log(a), np.log(b)]

    def least(shared_c: bool) -> float:
        def residuals(t: Array) -> Array:
            cs = (t[0], t[0]) if shared_c else (t[0], t[5])
            return np.concatenate(
                [
                    y - t[1 + i] - np.log(t[3 + i] + (1 - t[3 + i]) * u ** -cs[i])
                    for i, y in enumerate(lny)
                ]
            )

        bounds = ([0.01, -9, -9, 0, 0, 0.01], [5, 9, 9, 0.999, 0.999, 5])
        starts = [[c, -1.9, -1.9, r, r, c] for c in (0.2, 0.5, 1.0) for r in (0.3, 0.7, 0.9)]
        found = [
            optimize.least_squares(residuals, s, bounds=bounds, xtol=1e-12, ftol=1e-12, gtol=1e-12)
            for s in starts
        ]
        return 2 * min(float(f.cost) for f in found)

    test = shared_law({"a": (X, a), "b": (X, b)})[2]
    apart = least(shared_c=False)
    expected = (least(shared_c=True) - apart) / (apart / 4)
    assert test.hypothesis is Hypothesis.EXPONENT
    assert (test.restrictions, test.dof) == (1, 4)
    assert test.f == pytest.approx(expected, rel=1e-3)


def test_size_and_power_of_the_same_exponent_test() -> None:
    rng = np.random.default_rng(2)
    same, other = [], []
    for _ in range(50):
        one = (X, family(0.45, 0.75, rng))
        same.append([t.p < 0.05 for t in shared_law({"a": one, "b": (X, family(0.45, 0.75, rng))})])
        other.append(shared_law({"a": one, "b": (X, family(0.90, 0.75, rng))})[2].p < 0.05)
    assert (np.mean(same, axis=0) <= 0.12).all()  # nominal 0.05
    assert np.mean(other) >= 0.86


def test_noiseless_families() -> None:
    rng = np.random.default_rng(3)
    a, b = family(0.45, 0.75, rng, 0), family(0.45, 0.55, rng, 0)
    same = shared_law({"a": (X, a), "b": (X, a)})
    assert all(t.p > 0.5 for t in same)
    curve, shape, exponent = shared_law({"a": (X, a), "b": (X, b)})
    assert curve.p < 1e-3
    assert shape.p < 1e-3
    assert exponent.p > 0.05
    scaled = shared_law({"a": (X, a), "b": (X, 1.2 * a)})
    assert scaled[0].p < 1e-3
    assert scaled[1].p > 0.05
    assert "rejected at 5 %" in said(curve)


def test_three_sizes_are_not_testable() -> None:
    y = family(0.45, 0.75, np.random.default_rng(4))
    tests = shared_law({"a": (X[:3], y[:3]), "swin": (X[:3], y[:3])})
    assert all(np.isnan(t.p) for t in tests)
    assert "not testable: a has 3 sizes" in said(tests[0])
    with pytest.raises(ValueError, match="takes two"):
        shared_law({"a": (X, y)})
    with pytest.raises(ValueError, match="b: x and y must be finite"):
        shared_law({"a": (X, y), "b": (X, y * np.nan)})


def test_verdicts() -> None:
    x = np.geomspace(1, 30, 8)
    steep, shallow = fit(x, 0.4 * x**-0.5), fit(x, 0.4 * x**-0.2)
    again = fit(x, 0.3 * x**-0.5)
    assert compare(steep, shallow).verdict is Verdict.DIFFERENT
    alike = compare(steep, again)
    assert alike.verdict is Verdict.EQUIVALENT
    assert alike.lower[0] < 0.01
    assert alike.ratio[0].value == pytest.approx(4 / 3, rel=0.02)
    assert compare(steep, again, margin=1e-4).verdict is Verdict.UNDECIDED
    none = compare(steep, fit(x[:2], [0.3, 0.2]), ("convnext", "swin"))
    assert none.sentence == "convnext against swin: not testable: swin: 2 sizes; a fit needs 3"
    apart = compare(steep, fit(x * 1000, 0.3 * x**-0.5))
    assert apart.verdict is Verdict.NOT_TESTABLE


def test_comparison_is_antisymmetric() -> None:
    rng = np.random.default_rng(5)
    a, b = fit(X, family(0.45, 0.75, rng)), fit(X, family(0.6, 0.75, rng))
    forth, back = compare(a, b), compare(b, a)
    assert np.add(forth.lower, back.lower) == pytest.approx(np.ones(3), abs=0.03)
    assert forth.elasticity.value == pytest.approx(-back.elasticity.value, abs=0.01)
    assert forth.x == pytest.approx([60.9, 121.8, 243.6])


def test_probability_over_kinds() -> None:
    rng = np.random.default_rng(6)
    low = [posterior(X, family(0.45, 0.75, rng)) for _ in range(2)]
    high = [posterior(X, 1.1 * family(0.45, 0.75, rng)) for _ in range(2)]
    assert probability_lower(low, high, 60.9) > 0.95
    assert probability_lower(low, low, 60.9) == pytest.approx(0.5, abs=0.03)
    with pytest.raises(ValueError, match="a family"):
        probability_lower([], high, 60.9)
