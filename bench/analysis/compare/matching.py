"""Matched comparison: which models of two families may be set side by side.

A pair has the same pretraining, and costs within a band of each other on one axis. Everything else
stays unmatched and is shown as such, never silently dropped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize

from bench.analysis.tables.axes import TITLES, MatchBy


@dataclass(frozen=True)
class Pair:
    """Two models that may be compared; costs on the axis and ``ratio``, first over second."""

    first: str
    second: str
    cost_first: float
    cost_second: float
    remark: str = ""  #: what else differs, such as the resolution

    @property
    def ratio(self) -> float:
        """Cost of the first over that of the second."""
        return self.cost_first / self.cost_second


@dataclass(frozen=True)
class Unmatched:
    """A model without a partner, and why."""

    model: str
    cost: float
    reason: str


@dataclass(frozen=True)
class Matched:
    """All models of both sides, each in one pair or among the ``unmatched``."""

    by: MatchBy
    band: float
    pairs: tuple[Pair, ...]
    unmatched: tuple[Unmatched, ...]


def match(
    first: pd.DataFrame, second: pd.DataFrame, by: MatchBy = MatchBy.GMACS, band: float = 1.1
) -> Matched:
    """Pair models of ``first`` and ``second``: as many as possible, and of those the closest.

    Frames have one row a model: ``model trained_on resolution gmacs params latency device``. A pair
    has one ``trained_on``, costs within a factor of ``band`` (>= 1) and, for latency, one device;
    other things equal, models of closer GMACs are paired. Raises `ValueError` for a band < 1, an
    absent column, or a model on both sides.

    >>> same = {"trained_on": "1k", "resolution": 32, "params": 1, "latency": 1, "device": "cpu"}
    >>> a = pd.DataFrame({"model": ["a1", "a2"], "gmacs": [1.0, 4.0]}).assign(**same)
    >>> b = pd.DataFrame({"model": ["b1", "b2"], "gmacs": [1.05, 8.0]}).assign(**same)
    >>> found = match(a, b)
    >>> [(p.first, p.second, round(p.ratio, 2)) for p in found.pairs]
    [('a1', 'b1', 0.95)]
    >>> [u.model for u in found.unmatched]
    ['a2', 'b2']
    """
    if not 1 <= band < math.inf:
        raise ValueError(f"the band is a factor of at least 1, got {band:g}")
    needed = {"model", "trained_on", "resolution", "gmacs", "params", "latency", "device"}
    if absent := sorted(needed - (set(first.columns) & set(second.columns))):
        raise ValueError(f"no column {', '.join(absent)}")
    if both := sorted(set(first["model"]) & set(second["model"])):
        raise ValueError(f"{both[0]} is on both sides")
    one, two = first.to_dict("records"), second.to_dict("records")
    apart = np.array([[_apart(a, b, by, band) for b in two] for a in one])
    apart = apart.reshape(len(one), len(two))
    taken = _assigned(apart)
    pairs = tuple(_pair(one[i], two[j], by) for i, j in taken)
    alone = [_unmatched(a, two, by, band) for i, a in enumerate(one) if i not in dict(taken)]
    other = {j for _, j in taken}
    alone += [_unmatched(b, one, by, band) for j, b in enumerate(two) if j not in other]
    ordered = sorted(pairs, key=lambda p: (str(p.first).rpartition(".")[2], p.cost_first, p.first))
    return Matched(by, band, tuple(ordered), tuple(alone))


def _apart(a: dict[Any, Any], b: dict[Any, Any], by: MatchBy, band: float) -> float:
    """How far apart two models are; infinite if they may not be compared."""
    if a["trained_on"] != b["trained_on"]:
        return math.inf
    if by is MatchBy.LATENCY and a["device"] != b["device"]:
        return math.inf
    gap = _log_ratio(a[by], b[by])
    if not gap <= math.log(band) * (1 + 1e-9) + 1e-12:  # also if unknown
        return math.inf
    second = _log_ratio(a["gmacs"], b["gmacs"])
    return gap + 1e-3 * (second if math.isfinite(second) else 1.0)


def _log_ratio(x: Any, y: Any) -> float:
    """Infinite where one is missing or no cost."""
    known = all(pd.notna(v) and v > 0 for v in (x, y))
    return abs(math.log(x / y)) if known else math.inf


def _assigned(apart: np.ndarray[Any, Any]) -> list[tuple[int, int]]:
    """The assignment with the most pairs and, of those, the least sum of distances."""
    if not apart.size:
        return []
    able = np.isfinite(apart)
    top = float(apart[able].max()) if able.any() else 0.0
    never = (top + 1) * (min(apart.shape) + 1)
    rows, columns = optimize.linear_sum_assignment(np.where(able, apart, never))
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if able[i, j]]


def _pair(a: dict[Any, Any], b: dict[Any, Any], by: MatchBy) -> Pair:
    remarks = []
    if by is not MatchBy.RESOLUTION and a["resolution"] != b["resolution"]:
        remarks.append(f"resolutions differ: {a['resolution']} and {b['resolution']}")
    if by is MatchBy.RESOLUTION:
        ratio = math.exp(_log_ratio(a["gmacs"], b["gmacs"]))
        remarks += [f"GMACs differ {ratio:.2f}x"] if 1.1 < ratio < math.inf else []
    return Pair(a["model"], b["model"], float(a[by]), float(b[by]), "; ".join(remarks))


def _unmatched(
    model: dict[Any, Any], others: list[dict[Any, Any]], by: MatchBy, band: float
) -> Unmatched:
    cost = float(model[by]) if not pd.isna(model[by]) else math.nan
    alike = [o for o in others if o["trained_on"] == model["trained_on"]]
    if by is MatchBy.LATENCY:
        alike = [o for o in alike if o["device"] == model["device"]]
    near = min(alike, key=lambda o: _log_ratio(cost, o[by]), default=None)
    if math.isnan(cost):
        reason = f"{TITLES[by][0]} not measured"
    elif near is None:
        reason = "no model there has its pretraining" + (
            " and device" if by is MatchBy.LATENCY else ""
        )
    elif (gap := _log_ratio(cost, near[by])) == math.inf:
        reason = f"{TITLES[by][0]} of the others not measured"
    elif gap > math.log(band):
        reason = f"nearest is {near['model']}, at {near[by] / cost:.2f}x of its {TITLES[by][0]}"
    else:
        reason = f"{near['model']} is nearer to another"
    return Unmatched(str(model["model"]), cost, reason)
