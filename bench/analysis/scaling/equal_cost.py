"""Families at equal cost: at the top of the range of cost that all of them cover.

Nothing is extrapolated. Fitted errors have 90 % intervals; families whose intervals overlap are
not told apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.analysis.scaling.laws import Laws
from bench.analysis.stats.intervals import Interval
from bench.analysis.tables.axes import COSTS, CostAxis


@dataclass(frozen=True)
class EqualCost:
    """Fitted val errors (%) of families at ``cost``, lowest first, or the ``reason`` for none."""

    scale: str
    axis: CostAxis
    cost: float = float("nan")
    errors: Mapping[str, Interval] = field(default_factory=dict)
    reason: str | None = None

    @property
    def best(self) -> str:
        """The family of the lowest error."""
        return next(iter(self.errors))

    @property
    def level(self) -> list[str]:
        """Other families whose interval overlaps with that of the best."""
        top = self.errors[self.best].high
        return [name for name, e in self.errors.items() if e.low <= top and name != self.best]


def at_equal_cost(laws: Laws, scale: str, axis: CostAxis = CostAxis.GMACS) -> EqualCost:
    """All families of that pretraining scale at the largest cost that each of them reaches."""
    given = {family: law for (family, s), law in laws.items() if s == scale}
    own = {family: law for family, law in given.items() if not law.refused}
    if len(own) < 2:
        why = [f"{family}: {law.refused}" for family, law in given.items() if law.refused]
        alone = [f"{family} is the only family with a fitted curve" for family in own]
        return EqualCost(
            scale, axis, reason=", ".join(why + alone) or "no family has errors and cost"
        )
    top = min(float(law.x[-1]) for law in own.values())
    if top < max(float(law.x[0]) for law in own.values()):
        return EqualCost(scale, axis, reason=f"the families share no range of {COSTS[axis].name}")
    errors = {family: law.predict(top).scaled(100) for family, law in own.items()}
    ranked = sorted(errors.items(), key=lambda item: item[1].value)
    return EqualCost(scale, axis, top, dict(ranked))
