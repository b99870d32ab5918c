"""Two families compared, as one worked example."""

from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.scaling import (
    Hypothesis,
    Verdict,
    compare,
    fit,
    posterior,
    probability_lower,
    shared_law,
)
from bench.report.fit.families import said
from tests.worked import NINE, OTHER, Example, ends


def near(*values: float) -> object:
    return pytest.approx(values, rel=1e-6, nan_ok=True)


def test_shared_laws() -> None:
    late = Example(OTHER.x[2:] * 1.1, OTHER.y[2:])
    tests = shared_law({"a": NINE, "b": late})
    assert [t.hypothesis for t in tests] == list(Hypothesis)
    assert [(t.restrictions, t.dof) for t in tests] == [(3, 10), (2, 10), (1, 10)]
    assert [t.f for t in tests] == pytest.approx([510.9944151, 11.18402126, 5.38413874], rel=1e-6)
    assert [t.p for t in tests] == pytest.approx(
        [3.086819439e-11, 0.002814607373, 0.04274547111], rel=1e-5
    )
    assert [t.reason for t in tests] == [None] * 3
    assert said(tests[2]) == (
        "Same exponent of a and b: rejected at 5 %, F(1, 10) = 5.38, p = 0.043"
    )
    assert said(shared_law({"a": NINE, "b": NINE})[0]).startswith(
        "Same curve of a and b: not rejected at 5 %, F(3, 12) = "
    )


def test_a_comparison() -> None:
    one, two = fit(*NINE), fit(OTHER.x * 1.3, OTHER.y)
    found = compare(one, two, ("a", "b"))
    assert found.verdict is Verdict.DIFFERENT
    assert ends(found.elasticity) == near(-0.0399844837, -0.0644605051, -0.0146305914)
    assert found.x_mid == pytest.approx(np.sqrt(1.3 * 100))
    assert found.x == pytest.approx([100, 200, 400])
    expected = [
        (0.595985577 + 0.0002, 0.5678076793, 0.6250297442),
        (0.6042541446, 0.5541450187, 0.6581343025),
        (0.6117248391, 0.5335638649, 0.7043224703),
    ]
    assert [ends(r) for r in found.ratio[1:]] == [near(*e) for e in expected[1:]]
    assert ends(found.ratio[0]) == pytest.approx(expected[0], rel=1e-6)
    assert found.lower == (1.0, 1.0, 1.0)
    assert found.sentence == (
        "a against b: elasticities differ by -0.040 [-0.064, -0.015] (90 %), different at a margin "
        "of 0.03; P(a has the lower error) = 100% at 1x, 100% at 2x, 100% at 4x of the shared "
        "compute"
    )
    shares = [posterior(NINE.x, NINE.y * by) for by in (1.02, 0.99)]
    assert probability_lower([posterior(*NINE)], shares, 150.0) == pytest.approx(0.54925)


def test_an_exponent_at_its_bound_is_still_tested() -> None:
    x = np.array([1.0, 1.5, 2.0, 2.5, 3.0])
    steep = {name: (x, 0.001 + by * x**-9.0) for name, by in (("a", 0.5), ("b", 0.4))}
    assert all(0 <= test.p <= 1 for test in shared_law(steep))
    flat = {name: (x, by * x**-0.001) for name, by in (("a", 0.5), ("b", 0.4))}
    assert all(0 <= test.p <= 1 for test in shared_law(flat))
