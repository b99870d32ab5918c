"""Per-image predictions as they are kept: 14 bytes an image before compression.

Everything that is asked of a pair of models later (McNemar's test, agreement, accuracy on a part)
follows from these, so no image need be seen again.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from zipfile import BadZipFile
from zlib import error as ZlibError  # noqa: N812 - it is an error class, named as one

import numpy as np
from numpy.typing import NDArray

from bench.errors import DataError
from bench.metrics import Logits, Targets, accuracy, calibration

_DTYPES: Mapping[str, type[np.generic]] = MappingProxyType(
    {
        "target": np.uint16,
        "prediction": np.uint16,
        "rank": np.uint16,
        "confidence": np.float32,
        "target_logp": np.float32,
    }
)


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a network said of each image, in the dataset's order; every array has shape (N,)."""

    target: NDArray[np.uint16]  #: the label
    prediction: NDArray[np.uint16]  #: class of the highest logit
    rank: NDArray[np.uint16]  #: classes before the target; 0 is right, < 5 is right in five
    confidence: NDArray[np.float32]  #: probability of the prediction, 0..1
    target_logp: NDArray[np.float32]  #: log-probability of the target, nat

    def __len__(self) -> int:
        return len(self.target)


def predictions(logits: Logits, targets: Targets) -> Predictions:
    """Reduce logits (N, K) to what is kept of them; DataError if K > 65,536.

    >>> import numpy as np
    >>> p = predictions(np.array([[0.0, 2.0, 1.0]]), np.array([2]))
    >>> p.prediction.tolist(), p.rank.tolist(), p.confidence.round(3).tolist()
    ([1], [1], [0.6650000214576721])
    """
    if logits.shape[1] > np.iinfo(np.uint16).max + 1:
        raise DataError(f"{logits.shape[1]} classes; predictions are kept for at most 65,536")
    columns = {
        "target": targets,
        "prediction": logits.argmax(axis=1),
        "rank": accuracy.rank(logits, targets),
        "confidence": calibration.confidence(logits),
        "target_logp": calibration.target_logp(logits, targets),
    }
    return Predictions(**{name: columns[name].astype(kind) for name, kind in _DTYPES.items()})


def pack(kept: Predictions) -> bytes:
    """The predictions as a compressed npz file."""
    file = io.BytesIO()
    np.savez_compressed(file, **{f.name: getattr(kept, f.name) for f in fields(kept)})
    return file.getvalue()


def unpack(data: bytes) -> Predictions:
    """Read what `pack` wrote; never unpickles.

    Raises `DataError` for anything else: a damaged or foreign file, arrays of another dtype or
    of unequal lengths.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in _DTYPES}
    except (BadZipFile, ZlibError, EOFError, KeyError, OSError, ValueError, TypeError) as error:
        raise DataError(
            f"stored predictions are damaged: {error}; measure this job again"
        ) from error
    odd = [name for name, array in arrays.items() if array.dtype != _DTYPES[name]]
    if odd or len({array.shape for array in arrays.values()}) > 1 or arrays["target"].ndim != 1:
        raise DataError(
            "stored predictions are not in this version's format; measure this job again"
        )
    return Predictions(**arrays)
