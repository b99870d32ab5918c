"""The batch size of highest throughput: doubling until it no longer pays. Standard library only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from bench.speed.sampling import Burst, Rule, sampled

#: A doubling pays if it brings at least so much more throughput than the best before ...
GAIN = 0.03
#: ... and the search ends after so many in a row that do not: one may be noise, or a bad size.
PATIENCE = 2
#: The search goes on to no batch whose pass would last longer than this, nor longer in all.
LONGEST_PASS, LONGEST_SEARCH = 1.0, 20.0  # seconds
LARGEST = 4096
#: Of each batch, the fastest of a few passes: what others disturb is only ever slower.
PROBE = Rule(warmup=1, iterations=4, seconds=0.1, longest=2.0)


@dataclass(frozen=True)
class Search:
    """Throughput, img/s, of each batch size tried, and why no larger one was."""

    curve: dict[int, float]
    ended: str

    @property
    def best(self) -> int:
        """The batch size of highest throughput."""
        return max(self.curve, key=lambda batch: self.curve[batch])


def search(burst: Callable[[int], Burst], out_of_memory: type[Exception]) -> Search:
    """Times ``burst(batch)`` for 1, 2, 4 ... images.

    Raises ``out_of_memory`` if that came for a single image; for more it ends the search.
    """
    curve: dict[int, float] = {}
    start, batch, best, unpaid = perf_counter(), 1, 0.0, 0
    while True:
        try:
            fastest = min(sampled(burst(batch), PROBE).seconds)
        except out_of_memory:
            if batch == 1:
                raise
            return Search(curve, f"no memory for {batch}")
        curve[batch] = batch / fastest
        unpaid = 0 if curve[batch] >= (1 + GAIN) * best else unpaid + 1
        best = max(best, curve[batch])
        batch *= 2
        if unpaid == PATIENCE:
            return Search(curve, f"{PATIENCE} doublings brought less than {GAIN:.0%}")
        if batch > LARGEST:
            return Search(curve, f"{LARGEST} is the largest tried")
        if 2 * fastest > LONGEST_PASS or perf_counter() - start > LONGEST_SEARCH:
            return Search(curve, "a larger batch would take too long")
