"""Which of two families is better at equal cost, and do they improve alike? With probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bench.analysis.scaling.law import ScalingFit
from bench.analysis.scaling.posterior import Posterior, central
from bench.analysis.stats.intervals import UNKNOWN, Interval

#: Elasticities closer than this count as equal: about 2 % of the error for each doubling.
MARGIN = 0.03
MULTIPLES = (1.0, 2.0, 4.0)


class Verdict(StrEnum):
    """On a difference in elasticity, each at 5 %."""

    DIFFERENT = "different"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"
    NOT_TESTABLE = "not testable"


@dataclass(frozen=True)
class Comparison:
    """First against second family.

    ``elasticity`` is the first's less the second's at ``x_mid``, the geometric mean of the range
    of x that both cover; ``x`` are 1, 2 and 4 times ``x_ref``, that range's top, ``ratio`` the
    first's error over the second's there and ``lower`` the probability that it is lower. All
    intervals are 90 %, so that one within the margin is equivalence by two one-sided 5 % tests.
    """

    names: tuple[str, str]
    verdict: Verdict
    elasticity: Interval = UNKNOWN
    margin: float = MARGIN
    x_mid: float = float("nan")
    x: tuple[float, ...] = ()
    ratio: tuple[Interval, ...] = ()
    lower: tuple[float, ...] = ()
    reason: str = ""

    @property
    def sentence(self) -> str:
        """The answer, for people."""
        first, second = self.names
        if self.verdict is Verdict.NOT_TESTABLE:
            return f"{first} against {second}: not testable: {self.reason}"
        gap = self.elasticity
        odds = ", ".join(
            f"{p:.0%} at {multiple:g}x" for multiple, p in zip(MULTIPLES, self.lower, strict=True)
        )
        return (
            f"{first} against {second}: elasticities differ by {gap.value:+.3f} "
            f"[{gap.low:+.3f}, {gap.high:+.3f}] (90 %), {self.verdict} at a margin of "
            f"{self.margin:g}; P({first} has the lower error) = {odds} of the shared compute"
        )


def compare(
    first: ScalingFit,
    second: ScalingFit,
    names: tuple[str, str] = ("first", "second"),
    *,
    margin: float = MARGIN,
) -> Comparison:
    """Compare two fitted families; not testable where one was refused or ranges do not meet.

    >>> from bench.analysis.scaling.law import fit
    >>> x = np.array([1.0, 2, 4, 8, 16])
    >>> a, b = fit(x, 0.05 + 0.2 * x**-0.5), fit(x, 0.15 + 0.2 * x**-0.5)
    >>> compare(a, b).verdict.value, compare(a, b).lower[0] > 0.99
    ('different', True)
    """
    if margin <= 0:
        raise ValueError(f"the margin must be > 0, got {margin}")
    one, two = first.posterior, second.posterior
    if one is None or two is None:
        each = zip(names, (first, second), strict=True)
        reason = "; ".join(f"{name}: {law.refused}" for name, law in each if law.refused)
        return Comparison(names, Verdict.NOT_TESTABLE, reason=reason)
    low = max(float(first.x[0]), float(second.x[0]))
    high = min(float(first.x[-1]), float(second.x[-1]))
    if low >= high:
        reason = "their sizes do not overlap"
        return Comparison(names, Verdict.NOT_TESTABLE, reason=reason)
    # draws of both are ordered by curve: only shuffled are they independent
    order = np.random.default_rng(7).permutation(two.c.size)
    middle = float(np.sqrt(low) * np.sqrt(high))  # their product may overflow
    gap = one.elasticity(middle) - two.elasticity(middle)[order]
    elasticity = central(gap)
    at = tuple(high * m for m in MULTIPLES)
    logs = [one.log_y(x) - two.log_y(x)[order] for x in at]
    return Comparison(
        names,
        _verdict(elasticity, margin),
        elasticity,
        margin,
        middle,
        at,
        tuple(central(np.exp(d)) for d in logs),
        tuple(float((d < 0).mean()) for d in logs),
    )


def _verdict(gap: Interval, margin: float) -> Verdict:
    if -margin < gap.low and gap.high < margin:
        return Verdict.EQUIVALENT
    return Verdict.DIFFERENT if gap.low > 0 or gap.high < 0 else Verdict.UNDECIDED


def probability_lower(first: Sequence[Posterior], second: Sequence[Posterior], x: float) -> float:
    """P(geometric-mean error of the first families < that of the second) at ``x``.

    For kinds of several families, such as ConvNets and Transformers; each family counts once.
    Raises `ValueError` where a side is empty.
    """
    if not first or not second:
        raise ValueError("each side needs a family")
    rng = np.random.default_rng(11)
    sides = [
        np.mean([rng.permutation(p.log_y(x)) for p in families], axis=0)
        for families in (first, second)
    ]
    return float((sides[0] < sides[1]).mean())
