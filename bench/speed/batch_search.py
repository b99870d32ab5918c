"""The batch size of highest throughput, found by doubling. Standard library only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from bench.speed.sampling import Burst, Rule, sample_passes

#: A doubling pays if it raises the best throughput so far by at least this share.
GAIN = 0.03
#: The search ends after this many doublings in a row that do not pay: one may be noise.
PATIENCE = 2
#: It never tries a batch whose pass would take longer than the first, and stops after the second.
LONGEST_PASS, LONGEST_SEARCH = 1.0, 20.0  # seconds
LARGEST = 4096
#: The fastest of a few passes counts for each batch: contention only ever slows a pass down.
PROBE = Rule(warmup=1, iterations=4, seconds=0.1, longest=2.0)


@dataclass(frozen=True)
class Search:
    """Throughput in img/s of each batch size tried, and why the search ended."""

    curve: dict[int, float]
    ended: str

    @property
    def best(self) -> int:
        """The batch size of highest throughput."""
        return max(self.curve, key=lambda batch: self.curve[batch])


def search(burst: Callable[[int], Burst], out_of_memory: type[Exception]) -> Search:
    """Time ``burst(batch)`` for 1, 2, 4 ... images.

    ``out_of_memory`` ends the search; it is raised only if a single image does not fit.
    """
    curve: dict[int, float] = {}
    start, batch, best, unpaid = perf_counter(), 1, 0.0, 0
    while True:
        try:
            fastest = min(sample_passes(burst(batch), PROBE).seconds)
        except out_of_memory:
            if batch == 1:
                raise
            return Search(curve, f"out of memory at {batch}")
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
