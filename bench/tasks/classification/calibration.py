"""Calibration: whether the probabilities that a network gives can be believed."""

from __future__ import annotations

import numpy as np

from bench.tasks.classification.metric import Answers, Metric, Rows

#: Bins of equal width that `expected_error` sorts confidences into, as in Guo et al.
BINS = 15


def nll(answers: Answers) -> Rows:
    """Negative log-likelihood of each target in nat (cross-entropy), >= 0; (B,).

    A uniform guess over K classes gives log K.

    >>> nll(Answers(np.zeros((1, 4)), np.array([2]))).round(4).tolist()
    [1.3863]
    """
    return -answers.target_logp


def confidence_and_right(answers: Answers) -> Rows:
    """The confidence in each prediction, and 1 where it is right, else 0; float64 (B, 2).

    >>> confidence_and_right(Answers(np.zeros((1, 4)), np.array([0]))).tolist()
    [[0.25, 1.0]]
    """
    return np.stack([answers.confidence, answers.rank == 0], axis=1)


def expected_error(rows: Rows) -> float:
    """Expected calibration error in percent, 0..100: how far confidence is from accuracy.

    The mean over images of |accuracy - mean confidence| within the image's bin; bins are (0, 1/15],
    (1/15, 2/15] ... of the confidence in the prediction. ``rows`` (N, 2) as `confidence_and_right`
    gives them.

    Source: Guo et al. (2017), On calibration of modern neural networks, eq. 3.

    >>> round(expected_error(np.array([[0.8, 1.0], [0.8, 0.0]])), 6)
    30.0
    """
    sure, right = rows.T
    place = np.clip(np.ceil(sure * BINS).astype(np.int64) - 1, 0, BINS - 1)
    gap = np.bincount(place, weights=right - sure, minlength=BINS)
    return float(100 * np.abs(gap).sum() / len(rows))


def brier(answers: Answers) -> Rows:
    """Brier score of each image, 0..2: squared error of the probabilities, summed over classes.

    The original definition; some libraries halve it for two classes.

    Source: Brier (1950), Verification of forecasts expressed in terms of probability.

    >>> brier(Answers(np.log([[0.5, 0.5]]), np.array([0]))).tolist()
    [0.5]
    """
    error = answers.probability.copy()
    error[np.arange(len(error)), answers.targets] -= 1.0
    return np.asarray(np.square(error, out=error).sum(axis=1))


METRICS = (
    Metric("nll", "nat", nll),
    Metric("ece", "%", confidence_and_right, expected_error),
    Metric("brier", "", brier),
)
