from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench import registry
from bench.measure.forward import Forward
from bench.measure.nearties import PROBE, TOLERANCE, redecide, undecided
from bench.metrics import Logits, accuracy
from bench.spec import Model, Options, replace

(ZOO,) = registry.models("vit_xs.g1k")


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.floats(1e-7, 0.2))
def test_an_error_of_a_quarter_of_the_tolerance_changes_no_decided_image(
    seed: int, classes: int, tolerance: float
) -> None:
    rng = np.random.default_rng(seed)
    exact = rng.normal(size=(40, classes)) * 10 ** rng.uniform(-3, 3, size=(40, 1))
    targets = rng.integers(0, classes, 40)
    scale = np.abs(exact).max(axis=1, keepdims=True)
    error = rng.uniform(-1, 1, exact.shape) * scale * tolerance / 4
    seen = exact + error
    sure = ~undecided(seen, targets, tolerance)
    assert (seen.argmax(axis=1) == exact.argmax(axis=1))[sure].all()
    assert (accuracy.rank(seen, targets) == accuracy.rank(exact, targets))[sure].all()


class _Twisted(torch.nn.Module):
    """One pixel's three channels are the logits; float32 adds an error of a known size."""

    def __init__(self, error: float) -> None:
        super().__init__()
        self.error = torch.nn.Parameter(torch.tensor(error))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits = images[:, :, 0, 0]
        if logits.dtype == torch.float64:
            return logits
        sign = torch.tensor([-1.0, 1.0, 1.0]) * self.error.detach()
        return logits + sign * logits.abs().amax(dim=1, keepdim=True)


def _decided(error: float, pixels: NDArray[np.uint8]) -> tuple[Logits, int, float, float]:
    model: Model = replace(
        ZOO, classes=3, resolution=1, mean=(0.0, 0.0, 0.0), std=(1 / 255, 1 / 255, 1 / 255)
    )
    run = Forward(_Twisted(error), model, Options(batch_size=7))
    with torch.inference_mode():
        logits = run.logits(pixels)
        found = redecide(run, pixels, np.zeros(len(pixels), dtype=np.int64), logits)
    return logits, found.images, found.error, found.tolerance


def _pixels() -> NDArray[np.uint8]:
    rng = np.random.default_rng(5)
    return rng.integers(1, 256, (500, 1, 1, 3), dtype=np.uint8)


def test_the_tolerance_stays_where_float32_is_as_exact_as_expected() -> None:
    pixels = _pixels()
    _, images, error, tolerance = _decided(1e-6, pixels)
    assert tolerance == TOLERANCE
    assert 0.5e-6 < error < 2e-6
    first, second, third = pixels[:, 0, 0].T
    assert images >= ((first == second) | (first == third)).sum() > 0
    assert images < 50
    assert len(pixels) > PROBE


def test_the_tolerance_grows_where_float32_is_worse() -> None:
    pixels = _pixels()
    logits, images, error, tolerance = _decided(0.01, pixels)
    truth = pixels[:, 0, 0].astype(np.float64)
    assert 0.005 < error < 0.02
    assert tolerance >= 4 * error
    zeros = np.zeros(len(pixels), dtype=np.int64)
    np.testing.assert_array_equal(accuracy.rank(logits, zeros), accuracy.rank(truth, zeros))
    np.testing.assert_array_equal(logits.argmax(axis=1), truth.argmax(axis=1))
    assert images > 20
