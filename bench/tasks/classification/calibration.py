"""Calibration: whether a network's probabilities can be trusted."""

from __future__ import annotations

import numpy as np

from bench.tasks.classification.metric import Metric, Outputs, Rows

#: Number of equal-width bins of confidence in `expected_error`, as in Guo et al.
BINS = 15


def nll(outputs: Outputs) -> Rows:
    """Negative log-likelihood of each target in nat (cross-entropy), >= 0; (B,).

    A uniform guess over K classes gives log K.

    >>> nll(Outputs(np.zeros((1, 4)), np.array([2]))).round(4).tolist()
    [1.3863]
    """
    return -outputs.target_logp


def confidence_and_right(outputs: Outputs) -> Rows:
    """The confidence in each prediction, and 1 where it is right, else 0; float64 (B, 2).

    >>> confidence_and_right(Outputs(np.zeros((1, 4)), np.array([0]))).tolist()
    [[0.25, 1.0]]
    """
    return np.stack([outputs.confidence, outputs.rank == 0], axis=1)


def expected_error(rows: Rows) -> float:
    """Expected calibration error in percent, 0..100: how far confidence is from accuracy.

    The mean over images of |accuracy - mean confidence| within the image's bin; the bins of
    confidence are (0, 1/15], (1/15, 2/15] and so on. ``rows`` (N, 2) are those of
    `confidence_and_right`.

    Source: Guo et al. (2017), On calibration of modern neural networks, eq. 3.

    >>> round(expected_error(np.array([[0.8, 1.0], [0.8, 0.0]])), 6)
    30.0
    """
    sure, right = rows.T
    place = np.clip(np.ceil(sure * BINS).astype(np.int64) - 1, 0, BINS - 1)
    gap = np.bincount(place, weights=right - sure, minlength=BINS)
    return float(100 * np.abs(gap).sum() / len(rows))


def brier(outputs: Outputs) -> Rows:
    """Brier score of each image, 0..2: squared error of the probabilities, summed over classes.

    This is the original definition; some libraries halve it for two classes.

    Source: Brier (1950), Verification of forecasts expressed in terms of probability.

    >>> brier(Outputs(np.log([[0.5, 0.5]]), np.array([0]))).tolist()
    [0.5]
    """
    error = outputs.probability.copy()
    error[np.arange(len(error)), outputs.targets] -= 1.0
    return np.asarray(np.square(error, out=error).sum(axis=1))


METRICS = (
    Metric("nll", "nat", nll),
    Metric("ece", "%", confidence_and_right, expected_error),
    Metric("brier", "", brier),
)
