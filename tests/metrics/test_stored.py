import io
import pickle
from dataclasses import fields
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import DataError
from bench.metrics import accuracy, calibration, stored

RNG = np.random.default_rng(3)
LOGITS = RNG.normal(size=(300, 10))
TARGETS = RNG.integers(0, 10, 300)
PACKED = stored.pack(stored.predictions(LOGITS, TARGETS))


def test_what_is_kept_gives_the_metrics_back() -> None:
    kept = stored.unpack(PACKED)
    assert len(kept) == 300
    assert 100 * (kept.target == kept.prediction).mean() == pytest.approx(
        accuracy.top1(LOGITS, TARGETS).value
    )
    assert 100 * (kept.rank < 5).mean() == pytest.approx(accuracy.top5(LOGITS, TARGETS).value)
    assert -kept.target_logp.mean(dtype=np.float64) == pytest.approx(
        calibration.nll(LOGITS, TARGETS), rel=1e-6
    )
    assert ((kept.rank == 0) == (kept.target == kept.prediction)).all()
    assert (kept.confidence >= np.exp(kept.target_logp) - 1e-6).all()


def test_fifty_thousand_images_are_small_and_quick_to_read() -> None:
    rng = np.random.default_rng(4)
    logits = rng.normal(size=(50_000, 20))
    data = stored.pack(stored.predictions(logits, rng.integers(0, 20, 50_000)))
    assert len(data) < 14 * 50_000
    start = perf_counter()
    kept = stored.unpack(data)
    assert perf_counter() - start < 0.5
    assert len(kept) == 50_000


@given(st.integers(0, len(PACKED) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_refused_or_harmless(place: int, flip: int) -> None:
    """Zip guards the data by checksum; a date or a comment may change unseen."""
    damaged = bytearray(PACKED)
    damaged[place] ^= flip
    try:
        kept = stored.unpack(bytes(damaged))
    except DataError:
        return
    good = stored.unpack(PACKED)
    for field in fields(good):
        np.testing.assert_array_equal(getattr(kept, field.name), getattr(good, field.name))


@pytest.mark.parametrize("length", [0, 1, 20, len(PACKED) // 2, len(PACKED) - 1])
def test_a_truncated_file_is_refused(length: int) -> None:
    with pytest.raises(DataError, match="damaged"):
        stored.unpack(PACKED[:length])


def _npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def _columns() -> dict[str, object]:
    good = stored.unpack(PACKED)
    return {field.name: getattr(good, field.name) for field in fields(good)}


def test_pickles_are_never_read() -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (pytest.fail, ("unpickled",))

    with pytest.raises(DataError):
        stored.unpack(pickle.dumps(Bomb()))
    objects = np.array([Bomb()], dtype=object)
    with pytest.raises(DataError):
        stored.unpack(_npz(**{**_columns(), "target": objects}))


def test_other_dtypes_lengths_and_columns_are_refused() -> None:
    columns = _columns()
    with pytest.raises(DataError, match="format"):
        stored.unpack(_npz(**{**columns, "rank": np.zeros(300)}))
    with pytest.raises(DataError, match="format"):
        stored.unpack(_npz(**{**columns, "rank": np.zeros(299, dtype=np.uint16)}))
    del columns["rank"]
    with pytest.raises(DataError, match="damaged"):
        stored.unpack(_npz(**columns))


def test_more_classes_than_the_format_holds_are_refused() -> None:
    with pytest.raises(DataError, match="65,536"):
        stored.predictions(np.zeros((1, 65_537)), np.array([0]))
