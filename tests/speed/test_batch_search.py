from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.speed import batch_search
from bench.speed.sampling import Burst, Rule


class _FullError(Exception):
    pass


@pytest.fixture(autouse=True)
def _two_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_search, "PROBE", Rule(warmup=0, iterations=2, seconds=0.0))


def _taking(seconds: Callable[[int], float], room: int = 10**6) -> Callable[[int], Burst]:
    def burst(batch: int) -> Burst:
        def once() -> list[float]:
            if batch > room:
                raise _FullError
            return [seconds(batch)]

        return once

    return burst


def test_it_doubles_until_it_no_longer_pays() -> None:
    found = batch_search.search(_taking(lambda n: 0.001 * max(n, 16)), _FullError)
    assert list(found.curve) == [1, 2, 4, 8, 16, 32, 64]
    assert found.best == 16
    assert found.curve[16] == pytest.approx(1000)
    assert "2 doublings" in found.ended


def test_one_bad_size_does_not_end_it() -> None:
    found = batch_search.search(
        _taking(lambda n: 0.001 * max(n, 64) * (3 if n == 8 else 1)), _FullError
    )
    assert found.best == 64


def test_memory_time_and_size_end_it() -> None:
    full = batch_search.search(_taking(lambda n: 0.01, room=8), _FullError)
    assert (full.best, full.ended) == (8, "out of memory at 16")
    slow = batch_search.search(_taking(lambda n: 0.2 * n**0.9), _FullError)
    assert (list(slow.curve), slow.ended) == ([1, 2, 4], "a larger batch would take too long")
    endless = batch_search.search(_taking(lambda n: 1e-6), _FullError)
    assert endless.best == batch_search.LARGEST
    with pytest.raises(_FullError):
        batch_search.search(_taking(lambda n: 1.0, room=0), _FullError)
