"""Stored per-image predictions: 14 bytes per image before compression.

All later comparisons of two models (McNemar's test, agreement, accuracy on a subset) follow from
these, so no image has to be read again. For a dataset in groups, such as corruptions and
severities, each image's group and the clean image that it was made from are stored too.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from struct import error as StructError  # noqa: N812 - it is an error class, named as one
from types import MappingProxyType
from zipfile import BadZipFile
from zlib import error as ZlibError  # noqa: N812 - it is an error class, named as one

import numpy as np
from numpy.typing import NDArray

from bench.spec.errors import DataError
from bench.tasks.classification.metric import Outputs

#: Arrays stored for every image.
COLUMNS: Mapping[str, type[np.generic]] = MappingProxyType(
    {
        "target": np.uint16,
        "prediction": np.uint16,
        "rank": np.uint16,
        "confidence": np.float32,
        "target_logp": np.float32,
    }
)
#: Arrays stored for images in groups. Bases count up within a group, so the steps from one to the
#: next (modulo 2**32) compress to almost nothing; the bases themselves would not.
_PARTS: Mapping[str, type[np.generic]] = MappingProxyType(
    {"group": np.uint16, "base_steps": np.uint32}
)
_NAMES = "group_names"
_LARGEST = 1 << 30  # bytes that are unpacked, of 50 million images; a small file may claim any size
#: What numpy and zipfile raise for bytes that are no npz file; of other compressions RuntimeError.
_DAMAGE = (
    *(BadZipFile, ZlibError, EOFError, LookupError, OSError, ValueError, TypeError),
    *(ArithmeticError, MemoryError, RuntimeError, SyntaxError, StructError),
)


@dataclass(frozen=True, eq=False)
class Predictions:
    """A network's prediction for each image, in the dataset's order; every array has shape (N,).

    For a dataset that covers some of the network's classes, ``rank``, ``confidence`` and
    ``target_logp`` are over these alone; ``target`` and ``prediction`` number all classes.
    """

    target: NDArray[np.uint16]  #: the label
    prediction: NDArray[np.uint16]  #: class of the highest logit
    #: number of classes above the target, or above the best of several right ones: 0 is right,
    #: < 5 is right in top-5
    rank: NDArray[np.uint16]
    confidence: NDArray[np.float32]  #: probability of the prediction, 0..1
    target_logp: NDArray[np.float32]  #: log-probability of the target, nat
    group: NDArray[np.uint16] | None = None  #: index into ``group_names``, of sets in parts
    group_names: tuple[str, ...] = ()
    #: the clean image that it is a version of, for errors clustered by image
    base: NDArray[np.uint32] | None = None

    def __len__(self) -> int:
        return len(self.target)


def columns(outputs: Outputs) -> dict[str, NDArray[np.generic]]:
    """The arrays of `COLUMNS` for logits (B, K); DataError if K > 65,536.

    >>> kept = columns(Outputs(np.array([[0.0, 2.0, 1.0]]), np.array([2])))
    >>> [kept[name].round(3).tolist() for name in ("prediction", "rank", "confidence")]
    [[1], [1], [0.6650000214576721]]
    """
    classes = outputs.logits.shape[1]
    if classes > np.iinfo(np.uint16).max + 1:
        raise DataError(f"{classes} classes; predictions can be stored for at most 65,536")
    found = {
        "target": outputs.targets,
        "prediction": outputs.prediction,
        "rank": outputs.rank,
        "confidence": outputs.confidence,
        "target_logp": outputs.target_logp,
    }
    return {name: found[name].astype(kind) for name, kind in COLUMNS.items()}


def pack(kept: Predictions) -> bytes:
    """The predictions as a compressed npz file."""
    arrays: dict[str, NDArray[np.generic]] = {name: getattr(kept, name) for name in COLUMNS}
    if kept.group is not None:
        arrays |= {
            "group": kept.group.astype(np.uint16),
            _NAMES: np.array(kept.group_names, dtype=np.str_),
        }
    if kept.base is not None:
        arrays["base_steps"] = np.diff(kept.base.astype(np.uint32), prepend=np.uint32(0))
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def unpack(data: bytes) -> Predictions:
    """Read what `pack` wrote; never unpickles.

    Raises `DataError` for anything else: a damaged or foreign file, arrays of another dtype or
    of unequal lengths.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            if (size := sum(member.file_size for member in file.zip.infolist())) > _LARGEST:
                raise ValueError(f"{size:,} bytes unpacked")
            names = tuple(map(str, file[_NAMES])) if _NAMES in file else ()
            kinds = {**COLUMNS, **{name: kind for name, kind in _PARTS.items() if name in file}}
            # A member that is no array comes as bytes; these are of another dtype.
            arrays = {name: np.asarray(file[name]) for name in kinds}
    except _DAMAGE as error:
        raise DataError(
            f"stored predictions are damaged: {error}; measure this job again"
        ) from error
    odd = [name for name, array in arrays.items() if array.dtype != kinds[name]]
    if odd or len({array.shape for array in arrays.values()}) > 1 or arrays["target"].ndim != 1:
        raise _foreign()
    group, steps = arrays.pop("group", None), arrays.pop("base_steps", None)
    if group is not None and group.size and int(group.max()) >= len(names):
        raise _foreign()
    base = None if steps is None else np.cumsum(steps, dtype=np.uint32)
    return Predictions(**arrays, group=group, group_names=names, base=base)


def _foreign() -> DataError:
    return DataError("stored predictions are not in this version's format; measure this job again")
