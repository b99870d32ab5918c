"""All that can be tested between the laws of several groups, from the laws as they were fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from bench.analysis.scaling.compare import MULTIPLES, Comparison, compare, probability_lower
from bench.analysis.scaling.hypotheses import SharedLaw, shared_law
from bench.analysis.scaling.law import ScalingFit

#: Groups up to which every pair is compared.
MOST_PAIRED = 6


@dataclass(frozen=True)
class Between:
    """Tests of a shared law and comparisons of all pairs; none where fewer than two have a law.

    There are no ``pairs`` of more than `MOST_PAIRED` groups.
    """

    fitted: tuple[str, ...]
    refused: Mapping[str, str]  #: group to the reason
    tests: Sequence[SharedLaw] = ()
    pairs: Sequence[Comparison] = ()


def between(laws: Mapping[str, ScalingFit]) -> Between:
    """Test and compare the ``laws`` by group; each needs no more than the points of its fit."""
    able = {name: law for name, law in laws.items() if not law.refused}
    refused = {name: law.refused for name, law in laws.items() if law.refused}
    if len(able) < 2:
        return Between(tuple(able), refused)
    tests = shared_law({name: (law.x, law.y) for name, law in able.items()})
    pairs = combinations(able, 2) if len(able) <= MOST_PAIRED else ()
    found = [compare(able[first], able[second], (first, second)) for first, second in pairs]
    return Between(tuple(able), refused, tests, found)


@dataclass(frozen=True)
class KindsCompared:
    """Two kinds, each of some series: the probability that the first has the lower error.

    ``lower`` is at 1, 2 and 4 times ``x``, the most that all series reach.
    """

    sides: Mapping[str, Sequence[str]]  #: kind to its series
    x: float
    lower: tuple[float, ...]


def compare_kinds(
    laws: Mapping[str, ScalingFit], kinds: Mapping[str, str], names: tuple[str, str]
) -> KindsCompared | None:
    """The kinds called ``names``, each series counted once; ``kinds`` are by series.

    None where a kind has no law, or both have one only: then the pair of series says it.
    """
    able = {name: law.posterior for name, law in laws.items() if law.posterior is not None}
    sides = {kind: [name for name in able if kinds.get(name) == kind] for kind in names}
    if not all(sides.values()) or all(len(side) == 1 for side in sides.values()):
        return None
    top = min(float(laws[name].x[-1]) for side in sides.values() for name in side)
    first, second = ([able[name] for name in side] for side in sides.values())
    lower = tuple(probability_lower(first, second, m * top) for m in MULTIPLES)
    return KindsCompared(sides, top, lower)
