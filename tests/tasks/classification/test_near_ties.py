from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench import registry
from bench.images.types import Labels
from bench.network.forward import Forward
from bench.spec import Model, Options, replace
from bench.tasks.classification import Logits, Outputs
from bench.tasks.classification.evaluate import predict_into
from bench.tasks.classification.near_ties import PROBE, TOLERANCE, Redecided
from bench.tasks.classification.tally import Tally, gaps
from bench.tasks.classification.views import View

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
    sure = gaps(seen, targets) > tolerance
    found, true = Outputs(seen, targets), Outputs(exact, targets)
    assert (found.prediction == true.prediction)[sure].all()
    assert (found.rank == true.rank)[sure].all()


def test_gaps_of_a_part_of_the_classes_are_in_units_of_all_logits() -> None:
    logits = np.array([[100.0, 3.0, 1.0, 2.5]])
    chosen = logits[:, 1:]
    assert gaps(logits, np.array([2]), chosen).tolist() == [0.005]  # 3 from 2.5, of 100
    assert gaps(logits, np.array([1]), chosen).tolist() == [0.005]
    assert gaps(np.zeros((1, 3)), np.array([0])).tolist() == [0.0]
    assert np.isinf(gaps(np.ones((1, 1)), np.array([0]))).all()


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


class _Pixels:
    """An `ImageSet` of so many pixels, all of class 0."""

    digest = ""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self.pixels = pixels
        self.labels = Labels(target=np.zeros(len(pixels), dtype=np.int64))
        self.taken = 0

    def __len__(self) -> int:
        return len(self.pixels)

    def blocks(self, size: int) -> Iterator[NDArray[np.uint8]]:
        yield from (self.pixels[i : i + size] for i in range(0, len(self), size))

    def take(self, which: NDArray[np.intp]) -> NDArray[np.uint8]:
        self.taken += len(which)
        return self.pixels[which]


class _Seen(Tally):
    """A tally that remembers the logits."""

    def __init__(self, images: _Pixels) -> None:
        super().__init__(images.labels, [View(())])
        self.logits = np.empty((len(images), 3))

    def put(self, which: NDArray[np.intp], logits: Logits) -> None:
        super().put(which, logits)
        self.logits[which] = logits


def _decided(error: float, pixels: NDArray[np.uint8]) -> tuple[_Seen, Redecided, int]:
    model: Model = replace(
        ZOO, classes=3, resolution=1, mean=(0.0, 0.0, 0.0), std=(1 / 255, 1 / 255, 1 / 255)
    )
    images = _Pixels(pixels)
    tally = _Seen(images)
    found = predict_into(Forward(_Twisted(error), model, Options(batch_size=7)), images, tally)
    assert found
    return tally, found, images.taken


def _pixels() -> NDArray[np.uint8]:
    rng = np.random.default_rng(5)
    return rng.integers(1, 256, (500, 1, 1, 3), dtype=np.uint8)


def test_the_tolerance_stays_where_float32_is_as_exact_as_expected() -> None:
    pixels = _pixels()
    _, found, taken = _decided(1e-6, pixels)
    assert found.tolerance == TOLERANCE
    assert 0.5e-6 < found.error < 2e-6
    first, second, third = pixels[:, 0, 0].T
    assert found.images >= ((first == second) | (first == third)).sum() > 0
    assert found.images < 50
    assert found.images <= taken <= found.images + PROBE < len(pixels)


def test_the_tolerance_grows_where_float32_is_worse() -> None:
    pixels = _pixels()
    tally, found, _ = _decided(0.01, pixels)
    truth = pixels[:, 0, 0].astype(np.float64)
    assert 0.005 < found.error < 0.02
    assert found.tolerance >= 4 * found.error
    true = Outputs(truth, np.zeros(len(pixels), dtype=np.int64))
    np.testing.assert_array_equal(tally.predictions().rank, true.rank)
    np.testing.assert_array_equal(tally.predictions().prediction, true.prediction)
    np.testing.assert_array_equal(tally.logits.argmax(axis=1), true.prediction)
    assert found.images > 20


def test_the_probe_finds_an_error_that_no_near_tie_shows() -> None:
    """No two logits are closer than 1/255, yet an error of 0.01 turns predictions."""
    pixels = _pixels()
    channels = np.sort(pixels[:, 0, 0].astype(int), axis=1)
    pixels = pixels[(np.diff(channels, axis=1) > 0).all(axis=1)]
    truth = pixels[:, 0, 0].astype(np.float64)
    targets = np.zeros(len(pixels), dtype=np.int64)
    assert gaps(truth, targets).min() > TOLERANCE
    turned = truth + np.array([-1, 1, 1]) * 0.01 * truth.max(axis=1, keepdims=True)
    wrong = turned.argmax(axis=1) != truth.argmax(axis=1)
    assert wrong[PROBE:].sum() > 3, "float32 should be wrong here, or this test shows nothing"

    tally, found, _ = _decided(0.01, pixels)
    np.testing.assert_array_equal(tally.predictions().prediction, truth.argmax(axis=1))
    np.testing.assert_array_equal(tally.predictions().rank, Outputs(truth, targets).rank)
    assert found.error == pytest.approx(0.01, rel=1e-3)
    assert found.tolerance == pytest.approx(8 * found.error, rel=1e-4)


def test_the_probe_is_all_that_is_done_twice_where_nothing_is_near() -> None:
    pixels = np.tile(np.array([200, 100, 50], np.uint8), (40, 1, 1, 1))
    tally, found, taken = _decided(1e-6, pixels)
    assert taken == PROBE == 8
    assert found.images == 0
    assert found.error == pytest.approx(1e-6, rel=0.1)
    np.testing.assert_array_equal(tally.logits[:PROBE], [[200.0, 100.0, 50.0]] * PROBE)
    assert (tally.logits[PROBE:, 0] < 200).all(), "the others keep what float32 said"
    assert tally.gap == pytest.approx(0.5, rel=1e-5)


def test_four_times_the_error_is_what_the_tolerance_must_hold() -> None:
    for error, grown in ((1.1e-5, False), (1.4e-5, True)):  # 4 x: 4.4e-5 and 5.6e-5, of 5e-5
        _, found, _ = _decided(error, _pixels())
        assert found.error == pytest.approx(error, rel=0.1)
        assert found.tolerance == (8 * found.error if grown else TOLERANCE)
