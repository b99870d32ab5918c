"""Calibration: whether the probabilities that a network gives can be believed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.metrics import Logits, Metric, Targets

#: Bins of equal width that `ece` sorts confidences into, as in Guo et al.
BINS = 15


def log_softmax(logits: Logits) -> Logits:
    """Log-probabilities in nat, shape (N, K); shifted by the maximum, so no logit overflows.

    >>> import numpy as np
    >>> np.exp(log_softmax(np.array([[1000.0, 1000.0]]))).tolist()
    [[0.5, 0.5]]
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    total = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.asarray(shifted - total, dtype=np.float64)


def target_logp(logits: Logits, targets: Targets) -> NDArray[np.float64]:
    """Log-probability of each image's target in nat, shape (N,), at most 0.

    >>> import numpy as np
    >>> target_logp(np.zeros((1, 4)), np.array([2])).round(4).tolist()
    [-1.3863]
    """
    logp = log_softmax(logits)
    return np.asarray(np.take_along_axis(logp, targets[:, None], axis=1)[:, 0])


def confidence(logits: Logits) -> NDArray[np.float64]:
    """Probability of each image's prediction, shape (N,), in 1/K..1.

    >>> import numpy as np
    >>> confidence(np.zeros((1, 4))).tolist()
    [0.25]
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(1.0 / np.exp(shifted).sum(axis=1), dtype=np.float64)


def nll(logits: Logits, targets: Targets) -> float:
    """Mean negative log-likelihood of the targets in nat (cross-entropy), >= 0.

    A uniform guess over K classes gives log K.

    >>> import numpy as np
    >>> round(nll(np.zeros((3, 4)), np.array([0, 1, 2])), 4)
    1.3863
    """
    return float(-target_logp(logits, targets).mean())


def ece(logits: Logits, targets: Targets) -> float:
    """Expected calibration error in percent, 0..100: how far confidence is from accuracy.

    The mean over images of |accuracy - mean confidence| within the image's bin; bins are (0, 1/15],
    (1/15, 2/15] ... of the confidence in the prediction.

    Source: Guo et al. (2017), On calibration of modern neural networks, eq. 3.

    >>> import numpy as np
    >>> round(ece(np.log([[0.8, 0.2], [0.8, 0.2]]), np.array([0, 1])), 6)
    30.0
    """
    sure = confidence(logits)
    right = logits.argmax(axis=1) == targets
    place = np.clip(np.ceil(sure * BINS).astype(np.int64) - 1, 0, BINS - 1)
    gap = np.bincount(place, weights=right - sure, minlength=BINS)
    return float(100 * np.abs(gap).sum() / len(targets))


def brier(logits: Logits, targets: Targets) -> float:
    """Brier score, 0..2: mean over images of the squared error of the probabilities over classes.

    The original definition, summed over all classes; some libraries halve it for two classes.

    Source: Brier (1950), Verification of forecasts expressed in terms of probability.

    >>> import numpy as np
    >>> brier(np.log([[0.5, 0.5]]), np.array([0]))
    0.5
    """
    error = np.exp(log_softmax(logits))
    error[np.arange(len(targets)), targets] -= 1.0
    return float((error**2).sum(axis=1).mean())


METRICS = (Metric("nll", "nat", nll), Metric("ece", "%", ece), Metric("brier", "", brier))
