"""What a planned comparison can see: the least difference found, and the images one takes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from bench.analysis.stats.power import images_needed, mcnemar_power, unpaired_difference
from bench.analysis.stats.proportions import detectable_difference


@dataclass(frozen=True)
class Plan:
    """Two models on ``images``, a share ``discordance`` of them right for one only."""

    images: int
    discordance: float
    power: float = 0.8
    alpha: float = 0.05
    accuracy: float = 80.0  #: %, for the unpaired comparison
    difference: float | None = None  #: points


def sensitivity(plan: Plan) -> dict[str, float | None]:
    """Every number that follows from a plan, beside the plan itself.

    ``paired`` and ``unpaired``, the least differences found, in points, infinite where none is;
    ``paired_power``, the exact power of the mid-p test at ``paired``; and where a difference was
    given ``images_needed`` and ``difference_power``, its exact power on these images.

    >>> found = sensitivity(Plan(10_000, 0.02))
    >>> round(found["paired"], 3), round(found["unpaired"], 2)
    (0.396, 1.56)
    """
    n, share, alpha, chance = plan.images, plan.discordance, plan.alpha, plan.power
    paired = detectable_difference(n, share, alpha, chance)
    exact = mcnemar_power(n, paired, share, alpha) if math.isfinite(paired) else math.nan
    unpaired = unpaired_difference(n, plan.accuracy / 100, alpha, chance)
    found = asdict(plan) | {"paired": 100 * paired, "paired_power": exact}
    found |= {"unpaired": 100 * unpaired}
    if plan.difference is not None:
        gap = plan.difference / 100
        found["images_needed"] = images_needed(gap, share, alpha, chance)
        found["difference_power"] = mcnemar_power(n, gap, share, alpha)
    return found


def by_discordance(plan: Plan, shares: Iterable[float]) -> list[dict[str, float]]:
    """The plan at other shares of discordant images, its own among them, in ascending order.

    Each: ``discordant`` (%), ``paired`` (points), ``paired_power`` (%) and ``finer``, the unpaired
    difference over the paired one; NaN where none is found.

    >>> [round(row["finer"], 2) for row in by_discordance(Plan(10_000, 0.02), [0.1])]
    [3.94, 1.76]
    """
    return [_at(plan, share) for share in sorted({*shares, plan.discordance})]


def _at(plan: Plan, share: float) -> dict[str, float]:
    found = sensitivity(replace(plan, discordance=share, difference=None))
    paired, unpaired, power = (
        found[name] or math.nan for name in ("paired", "unpaired", "paired_power")
    )
    return {
        "discordant": 100 * share,
        "paired": paired,
        "paired_power": 100 * power,
        "finer": unpaired / paired,
    }
