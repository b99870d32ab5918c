from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.network.upload import to_tensors
from bench.spec.errors import DataError

BLOCKS = [np.full((size, 2, 2, 3), size, dtype=np.uint8) for size in (3, 1, 4)]


@pytest.mark.parametrize("ahead", [False, True])
def test_blocks_come_whole_in_order_and_are_copies(ahead: bool) -> None:
    source = [block.copy() for block in BLOCKS]
    for block in source:
        block.flags.writeable = False  # as a memory map's are
    found = list(to_tensors(source, ahead=ahead, pinned=False))
    for tensor, block in zip(found, BLOCKS, strict=True):
        np.testing.assert_array_equal(tensor.numpy(), block)
    assert list(to_tensors([], ahead=ahead, pinned=False)) == []


def test_the_next_block_is_read_while_one_is_used() -> None:
    second = threading.Event()

    def blocks() -> Iterator[NDArray[np.uint8]]:
        yield BLOCKS[0]
        second.set()
        yield BLOCKS[1]

    reading = to_tensors(blocks(), ahead=True, pinned=False)
    next(reading)
    assert second.wait(5), "nobody asked for the second block while the first was in use"
    assert len(list(reading)) == 1


@pytest.mark.parametrize("ahead", [False, True])
def test_what_reading_raises_is_raised_after_the_blocks_before(ahead: bool) -> None:
    def blocks() -> Iterator[NDArray[np.uint8]]:
        yield BLOCKS[0]
        raise DataError("image 4 is damaged")

    reading = to_tensors(blocks(), ahead=ahead, pinned=False)
    assert len(next(reading)) == 3
    with pytest.raises(DataError, match="image 4"):
        next(reading)


def test_a_reader_that_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    reading = to_tensors(iter(BLOCKS), ahead=True, pinned=False)
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
