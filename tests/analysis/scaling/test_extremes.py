"""Laws of numbers that are huge, tiny, many, at the ceiling or without a floor."""

from __future__ import annotations

import math
import warnings
from importlib import import_module

import numpy as np
import pytest

from bench.analysis.scaling import fit, posterior, shared_law
from bench.analysis.scaling.points import MOST_POINTS, weighted

X = np.geomspace(1.0, 64.0, 7)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e9, 1e27, 1e299])
def test_a_loss_of_any_size_is_the_same_law(scale: float) -> None:
    y = 1.2 + 2 * X**-0.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, other = fit(X, y, ceiling=None), fit(X, scale * y, ceiling=None)
    for at in (1.0, 64.0, 256.0):
        assert other.predict(at).value == pytest.approx(scale * one.predict(at).value, rel=1e-6)
        assert other.predict(at).low == pytest.approx(scale * one.predict(at).low, rel=1e-6)
    assert other.floor().value == pytest.approx(1.2 * scale, rel=1e-6)
    assert other.slope(64.0) == pytest.approx(one.slope(64.0), rel=1e-6)


@pytest.mark.parametrize("scale", [1e-5, 1e-8, 3e-300])
def test_errors_far_below_their_ceiling_are_one_law(scale: float) -> None:
    y = 0.03 + 0.4 * X**-0.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        law = fit(X, scale * y)
    assert [form.form for form in law.forms] == ["M2", "M3", "M4"]
    for form in law.forms[::2]:  # far from the ceiling M4 is M2
        assert form.floor == pytest.approx(0.03 * scale, rel=1e-3)
    assert law.predict(256.0).value == pytest.approx(scale * (0.03 + 0.4 / 16), rel=1e-3)


def test_no_interval_of_an_error_exceeds_all_images() -> None:
    errors = np.array([99.2, 98.9, 98.8, 98.6, 98.5]) / 100
    law = fit([0.2, 0.6, 1.4, 3.4, 8.0], errors, images=2000)
    for x in (1e-6, 0.2, 8.0, 32.0):
        for observed in (False, True):
            band = law.predict(x, observed=observed)
            assert 0 < band.low <= band.value <= band.high <= 1
    unbounded = fit([0.2, 0.6, 1.4, 3.4, 8.0], errors, ceiling=None)
    assert unbounded.predict(1e-6).high > 1


@pytest.mark.parametrize("images", [0, -5])
def test_a_test_set_has_an_image(images: int) -> None:
    with pytest.raises(ValueError, match=f"images is {images}; a test set has at least 1"):
        fit(X, 0.1 + 0.2 * X**-0.5, images=images)


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(10, 100, n))
    return x, (0.1 + 0.3 * x**-0.5) * np.exp(0.05 * rng.standard_normal(n))


def test_points_put_together_have_the_squares_of_all() -> None:
    x, y = drawn(20 * MOST_POINTS)
    points = weighted(np.log(x), np.log(y))
    assert points.weight.sum() == x.size
    assert points.weight.size <= MOST_POINTS
    for level, c in ((-1.5, 0.2), (-1.0, 0.4)):
        exact = ((np.log(y) - level + c * np.log(x)) ** 2).sum()
        residual = points.log_y - level + c * points.log_x
        assert (points.weight * residual**2).sum() + points.within == pytest.approx(exact, rel=1e-4)


def test_many_points_have_the_posterior_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("bench.analysis.scaling.posterior")  # the name is its function's too
    x, y = drawn(2 * MOST_POINTS)
    found = posterior(x, y)
    monkeypatch.setattr(module, "weighted", lambda u, v: weighted(u, v, most=x.size))
    exact = posterior(x, y)
    for at in (100.0, 400.0):
        one, other = found.predict(at), exact.predict(at)
        assert (one.value, one.low, one.high) == pytest.approx(
            (other.value, other.low, other.high), rel=5e-3
        )


def test_a_hundred_thousand_sizes_are_fitted() -> None:
    import resource

    x, y = drawn(100_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    law = fit(x, y)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000  # KiB
    assert law.predict(100.0).value == pytest.approx(0.13, rel=0.002)
    shifted = fit(x, 1.1 * y)
    tests = shared_law({"a": (law.x, law.y), "b": (shifted.x, shifted.y)})
    assert tests[0].p < 1e-3
    assert tests[1].p > 0.05


@pytest.mark.parametrize("c", [0.3, 0.15])
def test_c_reaches_down_to_the_truth_where_there_is_no_floor(c: float) -> None:
    """The interval of c began above the truth wherever the true floor is 0."""
    x = 2.0 ** np.arange(5)
    law = fit(x, [0.3010, 0.2457, 0.1986, 0.1587, 0.1318])
    assert law.exponent().low < 0.3 < law.exponent().high
    bare = fit(X, 0.3 * X**-c)
    assert bare.exponent().low == pytest.approx(c, rel=1e-6)
    floored = fit(X, 0.15 + 0.3 * X**-0.8)
    assert floored.posterior is not None
    assert floored.posterior.no_floor < 0.1


@pytest.mark.slow
@pytest.mark.parametrize(("floor", "c", "n"), [(0.0, 0.3, 5), (0.0, 0.15, 7), (0.1, 0.45, 5)])
def test_the_interval_of_c_covers(floor: float, c: float, n: int) -> None:
    rng = np.random.default_rng(n)
    x, hits, repeats = np.geomspace(1, 16, n), 0, 100
    for _ in range(repeats):
        noisy = (floor + 0.3 * x**-c) * np.exp(0.01 * rng.standard_normal(n))
        found = fit(x, noisy).exponent()
        hits += found.low <= c <= found.high
    assert hits / repeats >= 0.9 - 3 * math.sqrt(0.09 / repeats)
