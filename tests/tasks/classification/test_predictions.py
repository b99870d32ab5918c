import io
import pickle
from dataclasses import fields, replace
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.spec.errors import DataError
from bench.tasks.classification import Outputs, predictions
from bench.tasks.classification.predictions import Predictions

RNG = np.random.default_rng(3)
LOGITS = RNG.normal(size=(300, 10))
TARGETS = RNG.integers(0, 10, 300)
ANSWERS = Outputs(LOGITS, TARGETS)


def kept_of(columns: Any, **parts: Any) -> Predictions:
    return Predictions(**columns, **parts)


KEPT = kept_of(predictions.columns(ANSWERS))
PACKED = predictions.pack(KEPT)
#: Three corruptions of each of a hundred images.
PARTS = replace(
    KEPT,
    group=np.repeat(np.arange(3), 100).astype(np.uint16),
    group_names=("fog-1", "fog-2", "jpeg_compression-1"),
    base=np.tile(RNG.permutation(100), 3).astype(np.uint32),
)


def test_what_is_kept_gives_the_metrics_back() -> None:
    kept = predictions.unpack(PACKED)
    assert len(kept) == 300
    assert kept.target.tolist() == TARGETS.tolist()
    assert kept.prediction.tolist() == LOGITS.argmax(axis=1).tolist()
    assert kept.rank.tolist() == ANSWERS.rank.tolist()
    np.testing.assert_allclose(kept.target_logp, ANSWERS.target_logp, rtol=1e-6)
    np.testing.assert_allclose(kept.confidence, ANSWERS.confidence, rtol=1e-6)
    assert (kept.group, kept.group_names, kept.base) == (None, (), None)
    assert ((kept.rank == 0) == (kept.target == kept.prediction)).all()
    assert (kept.confidence >= np.exp(kept.target_logp) - 1e-6).all()


def test_fifty_thousand_images_are_small_and_quick_to_read() -> None:
    rng = np.random.default_rng(4)
    logits = rng.normal(size=(50_000, 20))
    outputs = Outputs(logits, rng.integers(0, 20, 50_000))
    data = predictions.pack(kept_of(predictions.columns(outputs)))
    assert len(data) < 14 * 50_000
    start = perf_counter()
    kept = predictions.unpack(data)
    assert perf_counter() - start < 0.5
    assert len(kept) == 50_000


def test_groups_and_bases_are_kept_where_there_are_any() -> None:
    kept = predictions.unpack(predictions.pack(PARTS))
    assert kept.group_names == PARTS.group_names
    for name in ("group", "base", "target", "rank"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(PARTS, name))
    assert kept.group is not None
    assert kept.base is not None
    assert [str(kept.group.dtype), str(kept.base.dtype)] == ["uint16", "uint32"]


@given(st.lists(st.integers(0, 2**32 - 1), max_size=30))
def test_any_bases_come_back(bases: list[int]) -> None:
    some = {name: getattr(KEPT, name)[: len(bases)] for name in predictions.COLUMNS}
    kept = predictions.unpack(
        predictions.pack(kept_of(some, base=np.array(bases, dtype=np.uint32)))
    )
    assert kept.base is not None
    assert kept.base.tolist() == bases


def test_bases_that_count_up_in_each_part_cost_next_to_nothing() -> None:
    n, parts = 20_000, 10
    some = {name: np.zeros(n * parts, kind) for name, kind in predictions.COLUMNS.items()}
    plain = predictions.pack(kept_of(some))
    base = np.tile(np.arange(n, dtype=np.uint32), parts)
    group = np.repeat(np.arange(parts, dtype=np.uint16), n)
    names = tuple(f"fog-{i}" for i in range(parts))
    whole = predictions.pack(kept_of(some, group=group, group_names=names, base=base))
    assert len(whole) - len(plain) < 0.02 * n * parts


@pytest.mark.parametrize("names", [(), ("fog-1",), ("fog-1", "fog-2")])
def test_a_group_without_a_name_is_refused(names: tuple[str, ...]) -> None:
    nameless = predictions.pack(replace(PARTS, group_names=names))
    with pytest.raises(DataError, match="format"):
        predictions.unpack(nameless)


@given(st.integers(0, len(PACKED) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_refused_or_harmless(place: int, flip: int) -> None:
    """Zip guards the data by checksum; a date or a comment may change unseen."""
    damaged = bytearray(PACKED)
    damaged[place] ^= flip
    try:
        kept = predictions.unpack(bytes(damaged))
    except DataError:
        return
    good = predictions.unpack(PACKED)
    for field in fields(good):
        np.testing.assert_array_equal(getattr(kept, field.name), getattr(good, field.name))


@pytest.mark.parametrize("length", [0, 1, 20, len(PACKED) // 2, len(PACKED) - 1])
def test_a_truncated_file_is_refused(length: int) -> None:
    with pytest.raises(DataError, match="damaged"):
        predictions.unpack(PACKED[:length])


def _npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def _columns() -> dict[str, object]:
    good = predictions.unpack(PACKED)
    return {name: getattr(good, name) for name in predictions.COLUMNS}


def test_pickles_are_never_read() -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (pytest.fail, ("unpickled",))

    with pytest.raises(DataError):
        predictions.unpack(pickle.dumps(Bomb()))
    objects = np.array([Bomb()], dtype=object)
    with pytest.raises(DataError):
        predictions.unpack(_npz(**{**_columns(), "target": objects}))


def test_other_dtypes_lengths_and_columns_are_refused() -> None:
    columns = _columns()
    with pytest.raises(DataError, match="format"):
        predictions.unpack(_npz(**{**columns, "rank": np.zeros(300)}))
    with pytest.raises(DataError, match="format"):
        predictions.unpack(_npz(**{**columns, "rank": np.zeros(299, dtype=np.uint16)}))
    del columns["rank"]
    with pytest.raises(DataError, match="damaged"):
        predictions.unpack(_npz(**columns))


def test_more_classes_than_the_format_holds_are_refused() -> None:
    with pytest.raises(DataError, match="65,536"):
        predictions.columns(Outputs(np.zeros((1, 65_537)), np.array([0])))
