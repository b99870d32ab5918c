"""L(N, D) and the frontier law against published fits, known truth and hostile input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.analysis.runs.frontier import frontier_law
from bench.analysis.runs.surface import fit_surface
from bench.analysis.stats.pareto import pareto_front

Read = Callable[[str], pd.DataFrame]


def chinchilla(read: Read) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    runs = read("chinchilla.csv")
    runs = runs[runs["loss"] < runs["loss"].nlargest(5).min()]
    size = runs["params"].to_numpy()
    return size, runs["flops"].to_numpy() / (6 * size), runs["loss"].to_numpy()


def test_published_estimates(reference: Read) -> None:
    size, data, loss = chinchilla(reference)
    surface = fit_surface(size, data, loss)
    assert surface.n == 240
    assert surface.alpha == pytest.approx(0.3473, abs=5e-4)
    assert surface.beta == pytest.approx(0.3672, abs=5e-4)
    assert surface.e == pytest.approx(1.8172, abs=5e-4)
    assert surface.a == pytest.approx(477.84, rel=1e-3)
    assert surface.cost == pytest.approx(0.00101827403, rel=1e-6)
    assert surface.size_exponent == pytest.approx(0.513, abs=1e-3)


def test_published_standard_errors(reference: Read) -> None:
    size, data, loss = chinchilla(reference)
    # 400 resamples to be quick: their own error is 4 %; benchmarks/scaling_fits.py takes 4000
    found = fit_surface(size, data, loss, resamples=400, seed=1).standard_errors()
    published = {"e": 0.02566, "alpha": 0.01540, "beta": 0.02060, "a": 124.52}
    assert {k: found[k] for k in published} == pytest.approx(published, rel=0.15)


def test_noiseless_surface_is_recovered() -> None:
    size, data = (v.ravel() for v in np.meshgrid(np.geomspace(1e7, 1e10, 6), [1e9, 1e10, 3e11]))
    loss = 1.7 + 350 * size**-0.31 + 1500 * data**-0.36
    found = fit_surface(size, data, loss, resamples=20)
    truth = (1.7, 350, 1500, 0.31, 0.36)
    assert (found.e, found.a, found.b, found.alpha, found.beta) == pytest.approx(truth, rel=1e-6)
    assert found.predict(1e11, 1e12) == pytest.approx(
        1.7 + 350e0 * 1e11**-0.31 + 1500 * 1e12**-0.36
    )
    band = found.interval("alpha")
    assert band.high - band.low < 1e-6


@pytest.mark.parametrize("seed", [3, 4, 7])
def test_the_smallest_grid_has_intervals(seed: int) -> None:
    """Resamples of nine runs may lack a size, and then no step of theirs can be solved for."""
    size, data = (a.ravel() for a in np.meshgrid([1e8, 1e9, 1e10], [1e9, 1e10, 1e11]))
    noise = np.exp(0.005 * np.random.default_rng(seed).standard_normal(9))
    loss = (1.8 + 400 / size**0.34 + 2000 / data**0.37) * noise
    found = fit_surface(size, data, loss, resamples=2000, seed=seed)
    assert np.isfinite(found.draws).all()
    for name in ("alpha", "beta"):
        band = found.interval(name)
        assert 0 < band.low < band.high < 1


@pytest.mark.parametrize(
    ("size", "data"),
    [([1.0] * 8, list(range(1, 9))), ([1.0, 2, 3], [1.0, 2, 3]), ([1.0, 2], [1.0])],
)
def test_too_few_runs_are_one_line(size: list[float], data: list[float]) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        fit_surface(size, data, [2.0] * len(size))


@pytest.mark.parametrize(
    ("column", "factor", "exponent"),
    [("imagenet_top1", 5.858, -0.1114), ("coco_recall5", 2.750, -0.0794)],
)
def test_published_frontiers(reference: Read, column: str, factor: float, exponent: float) -> None:
    runs = reference("openclip.csv")
    runs = runs[runs["trained_on"].str.startswith("LAION")]
    law = frontier_law(runs["gmacs_total"], 1 - runs[column])
    assert law.factor == pytest.approx(factor, abs=5e-4)
    assert law.exponent == pytest.approx(exponent, abs=5e-5)


def test_frontier_refuses() -> None:
    for x, error in (([], []), ([1.0], [0.5]), ([1.0, 2.0], [0.5, 0.0]), ([1.0], [0.5, 0.4])):
        with pytest.raises(ValueError, match=r"^[^\n]+$"):
            frontier_law(x, error)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
@settings(max_examples=40)
def test_front_is_who_is_not_beaten(points: list[tuple[int, int]]) -> None:
    table = pd.DataFrame(points, columns=["cost", "top1"], dtype=float)
    expected = [
        not any((c <= cost and t >= top1) and (c < cost or t > top1) for c, t in points)
        for cost, top1 in points
    ]
    assert pareto_front(table, {"cost": "lower", "top1": "higher"}).tolist() == expected


def test_front_ignores_what_is_missing() -> None:
    table = pd.DataFrame({"cost": [1.0, np.nan, 2.0], "top1": [50.0, 99.0, 60.0]})
    front = pareto_front(table, {"cost": "lower", "top1": "higher"})
    assert front.tolist() == [True, False, True]
    for axes in ({"cost": "lower"}, {"cost": "lower", "speed": "higher"}):
        with pytest.raises(ValueError, match=r"two axes|no column speed"):
            pareto_front(table, axes)  # type: ignore[arg-type]
