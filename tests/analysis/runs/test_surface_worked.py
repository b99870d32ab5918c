"""L(N, D) of a worked example, and its resamples against another optimiser."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from bench.analysis.runs.surface import fit_surface
from tests.worked import ends


def test_a_surface() -> None:
    size, data = (
        v.ravel() for v in np.meshgrid(np.geomspace(1e7, 1e9, 4), np.geomspace(1e9, 1e11, 4))
    )
    loss = 1.8 + 400 * size**-0.34 + 2000 * data**-0.37
    loss *= np.exp(0.004 * np.sin(np.arange(16) * 2.3))
    found = fit_surface(size, data, loss, resamples=40, seed=3)
    theta = (found.e, found.a, found.b, found.alpha, found.beta)
    assert theta == pytest.approx(
        (1.83455388, 469.750351, 2598.89513, 0.350673401, 0.383135134), rel=1e-4
    )
    assert found.cost == pytest.approx(2.954281232e-05, rel=1e-7)
    assert (found.n, found.draws.shape) == (16, (40, 5))
    assert found.size_exponent == pytest.approx(found.beta / (found.alpha + found.beta))
    errors = {"e": 0.0442802, "a": 102.5511, "b": 1050.813, "alpha": 0.01594277, "beta": 0.01950248}
    assert found.standard_errors() == pytest.approx(errors, rel=1e-3)
    assert ends(found.interval("alpha")) == pytest.approx(
        (0.350673401, 0.318552655, 0.371571447), rel=1e-4
    )
    assert ends(found.interval("size_exponent", 0.8)) == pytest.approx(
        (0.522118667, 0.505270707, 0.538592582), rel=1e-4
    )
    alone = fit_surface(size, data, loss)
    assert alone.standard_errors() == {}
    assert ends(alone.interval("beta")) == pytest.approx((0.383135134, np.nan, np.nan), nan_ok=True)


def test_a_surface_refitted_to_the_runs_drawn() -> None:
    """Each resample is what an independent optimiser makes of it."""
    rng = np.random.default_rng(0)
    size, data = (v.ravel() for v in np.meshgrid(np.geomspace(1, 50, 5), np.geomspace(1, 80, 5)))
    loss = (1.5 + 2 * size**-0.5 + 3 * data**-0.7) * np.exp(0.003 * rng.standard_normal(25))
    which = rng.integers(25, size=(3, 25))
    found = fit_surface(size, data, loss, resamples=which)
    assert found.draws.shape == (3, 5)
    for draw, taken in zip(found.draws, which, strict=True):

        def residuals(t: np.ndarray, taken: np.ndarray = taken) -> np.ndarray:
            model = t[0] + t[1] * size[taken] ** -t[3] + t[2] * data[taken] ** -t[4]
            return np.asarray(np.log(model) - np.log(loss[taken]))

        best = optimize.least_squares(
            residuals, [1.5, 2, 3, 0.5, 0.7], loss="huber", f_scale=1e-3, xtol=1e-15, ftol=1e-15
        )
        assert draw == pytest.approx(best.x, rel=2e-3)
