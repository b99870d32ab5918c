import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax
from sklearn.metrics import brier_score_loss, log_loss

from bench.tasks.classification import Logits, Outputs, Targets, calibration

RNG = np.random.default_rng(1)
LOGITS = 3 * RNG.normal(size=(500, 7))
TARGETS = RNG.integers(0, 7, 500)

METRICS = {metric.name: metric for metric in calibration.METRICS}


def value(name: str, logits: Logits, targets: Targets) -> float:
    metric = METRICS[name]
    return metric.measurement(metric.rows(Outputs(logits, targets))).value


wild_logits = st.tuples(st.integers(1, 12), st.integers(1, 9)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.floats(-1e6, 1e6))
)


def test_nll_is_sklearns() -> None:
    expected = log_loss(TARGETS, softmax(LOGITS, axis=1), labels=range(7))
    assert value("nll", LOGITS, TARGETS) == pytest.approx(expected)


def test_brier_of_two_classes_is_twice_sklearns() -> None:
    """sklearn's binary score sees one class; the original sums over both."""
    probability = softmax(LOGITS[:, :2], axis=1)
    targets = TARGETS % 2
    expected = brier_score_loss(targets, probability[:, 1])
    assert value("brier", LOGITS[:, :2], targets) == pytest.approx(2 * expected)


def test_brier_is_the_mean_squared_distance_from_one_hot() -> None:
    expected = ((softmax(LOGITS, axis=1) - np.eye(7)[TARGETS]) ** 2).sum() / 500
    assert value("brier", LOGITS, TARGETS) == pytest.approx(expected)


def test_ece_is_its_definition_bin_by_bin() -> None:
    probability = softmax(LOGITS, axis=1)
    sure, right = probability.max(axis=1), probability.argmax(axis=1) == TARGETS
    total = 0.0
    for low, high in zip(np.arange(15) / 15, np.arange(1, 16) / 15, strict=True):
        inside = (sure > low) & (sure <= high)
        total += abs(right[inside].sum() - sure[inside].sum()) / 500
    assert value("ece", LOGITS, TARGETS) == pytest.approx(100 * total)
    assert total > 0.1, "the network of this test should be badly calibrated"


@pytest.mark.parametrize(
    ("rows", "percent"),
    [
        ([(0.9, 1), (0.9, 0), (0.9, 0), (0.9, 1)], 40.0),
        ([(0.7, 1), (0.9, 0)], 60.0),  # two bins: (0.3 + 0.9) / 2
        ([(0.71, 1), (0.72, 0)], 21.5),  # one bin, (10/15, 11/15]: |1 - 1.43| / 2
        ([(1.0, 0), (0.95, 1)], 47.5),  # a confidence of 1 is in the last bin: |1 - 1.95| / 2
        ([(0.1, 1)], 90.0),
        ([(0.0, 1)], 100.0),  # a confidence of 0 is in the first
    ],
)
def test_ece_by_hand(rows: list[tuple[float, float]], percent: float) -> None:
    assert calibration.expected_error(np.array(rows)) == pytest.approx(percent)


@pytest.mark.parametrize("k", range(1, 15))
def test_bins_are_closed_above(k: int) -> None:
    """k / 15 belongs to the bin below it, with what lies just under: as one bin they cancel."""
    edge = k / 15
    assert int(np.ceil(edge * 15)) == k, "float64 must hold this edge, or it says nothing"
    under, over = edge - 0.01, edge + 0.01
    one = calibration.expected_error(np.array([[edge, 1.0], [under, 0.0]]))
    assert one == pytest.approx(100 * abs(1 - edge - under) / 2)
    two = calibration.expected_error(np.array([[edge, 1.0], [over, 0.0]]))
    assert two == pytest.approx(100 * (1 - edge + over) / 2)


def test_ece_of_a_calibrated_network_is_near_zero() -> None:
    """Labels drawn from the network's own probabilities."""
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(100_000, 4))
    below = rng.random(100_000)[:, None] > softmax(logits, axis=1).cumsum(axis=1)
    assert value("ece", logits, below[:, :-1].sum(axis=1)) < 1.0


@given(wild_logits, st.integers(0, 2**32 - 1))
def test_bounds_and_permutations(logits: NDArray[np.float64], seed: int) -> None:
    n, k = logits.shape
    targets = np.arange(n) % k
    nll, ece, brier = (value(name, logits, targets) for name in ("nll", "ece", "brier"))
    assert nll >= 0
    assert 0 <= ece <= 100 + 1e-9
    assert 0 <= brier <= 2 + 1e-9
    order = np.random.default_rng(seed).permutation(n)
    assert value("nll", logits[order], targets[order]) == pytest.approx(nll)
    assert value("ece", logits[order], targets[order]) == pytest.approx(ece)
    assert value("brier", logits[order], targets[order]) == pytest.approx(brier)
    np.testing.assert_allclose(
        Outputs(logits, targets).target_logp,
        log_softmax(logits, axis=1)[np.arange(n), targets],
        rtol=1e-9,
        atol=1e-9,
    )
    probability = softmax(logits, axis=1)
    outputs = Outputs(logits, targets)
    np.testing.assert_allclose(outputs.confidence, probability.max(axis=1))
    np.testing.assert_allclose(outputs.probability, probability, rtol=1e-9, atol=1e-300)


def test_rows_do_not_depend_on_the_images_beside_them() -> None:
    """So a set may be taken in blocks of any size, and the number is the same to the bit."""
    whole = Outputs(LOGITS, TARGETS)
    for metric in calibration.METRICS:
        parts = [
            metric.rows(Outputs(LOGITS[i : i + 7], TARGETS[i : i + 7])) for i in range(0, 500, 7)
        ]
        np.testing.assert_array_equal(np.concatenate(parts), metric.rows(whole))
