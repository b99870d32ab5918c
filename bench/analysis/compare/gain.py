"""What pretraining on the larger set buys, size by size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from bench.analysis.stats.decision import clear
from bench.analysis.stats.intervals import Interval
from bench.analysis.stats.proportions import (
    detectable_difference,
    holm,
    paired_difference,
    unpaired_interval,
)
from bench.analysis.tables.axes import ROLES

_PREPARED = ("resolution", "crop_pct", "interpolation")

#: Per-image correctness of a model on the set of a role, shape (n,), by (model, role).
Correct = Mapping[tuple[str, str], ArrayLike]
Cells = dict[str, Any]


def pretraining_gain(
    table: pd.DataFrame, correct: Correct | None = None, target_images: int | None = None
) -> pd.DataFrame:
    """Pretrained (22k) less from-scratch (1k) top-1 of each series and size, on each set.

    ``table`` is a `scaling_table`. Where ``correct`` has both models of a pair on a set, the
    interval is paired (Tango) with a mid-p McNemar test; elsewhere it is unpaired (Newcombe),
    which on one shared test set is wider than it need be.

    ``target_images``, of the set that both are trained on at last, gives the slope over data.

    One row per series, size and role: ``family kind size role gmacs scratch pretrained`` (%),
    ``gain`` with ``_low`` and ``_high`` (points, 95 %), ``paired``, ``p`` and ``p_holm`` (Holm over
    all rows; NaN if unpaired), ``detectable`` (points that this pair's test finds with 80 %
    power; NaN if unpaired), ``n`` images, ``matched``: whether both saw images prepared
    alike, and ``slope`` of ln error over ln training images, with ``_low`` and ``_high`` from the
    gain's: two points, so a secant and no law. Pairs that lack a number are left out.
    """
    rows = []
    for (family, size), group in table.groupby(["series", "size"], sort=False):
        scratch, pretrained = (group[group["scale"] == s] for s in ("1k", "22k"))
        if len(scratch) != 1 or len(pretrained) != 1:
            continue
        before, after = scratch.iloc[0], pretrained.iloc[0]
        for role in ROLES:
            if pd.isna(before[role]) or pd.isna(after[role]):
                continue
            row = {"family": family, "kind": after["kind"], "size": size, "role": role}
            row |= {"gmacs": after["gmacs"], "scratch": before[role], "pretrained": after[role]}
            row |= _gain(before, after, role, correct or {})
            row["matched"] = all(_same(before[name], after[name]) for name in _PREPARED)
            rows.append(row | _slopes(row, after["pretrain_images"], target_images))
    columns = ["family", "kind", "size", "role", "gmacs", "scratch", "pretrained", "gain"]
    columns += ["gain_low", "gain_high", "paired", "p", "p_holm", "detectable", "n"]
    columns += ["matched", "slope", "slope_low", "slope_high"]
    result = pd.DataFrame(rows, columns=columns)
    if len(result):
        result["p_holm"] = holm(result["p"].to_numpy(float))
    return result


@dataclass(frozen=True)
class ClearGains:
    """How many of the paired gains differ from zero, and what their tests would have seen."""

    clear: int  #: at 5 % after Holm
    tested: int
    detectable: Mapping[str, float]  #: median over pairs (points) by role, where it is finite


def clear_gains(gain: pd.DataFrame) -> ClearGains:
    """Of a `pretraining_gain`."""
    tested = gain[gain["p_holm"].notna()]
    seen = tested.groupby("role")["detectable"].median()
    detectable = {str(role): float(v) for role, v in seen.items() if math.isfinite(v)}
    return ClearGains(clear(tested["p_holm"]), len(tested), detectable)


def _same(one: Any, two: Any) -> bool:
    return bool(one == two) or (pd.isna(one) and pd.isna(two))


def _gain(before: pd.Series, after: pd.Series, role: str, correct: Correct) -> Cells:
    keys = [(str(m["model"]), role) for m in (after, before)]
    if all(key in correct for key in keys):
        pair = paired_difference(correct[keys[0]], correct[keys[1]])
        seen = 100 * detectable_difference(pair.n, pair.discordance)
        return _cells(pair.difference.scaled(100), True, pair.n) | {"p": pair.p, "detectable": seen}
    counts = [m[f"{role}_n"] for m in (after, before)]
    points = float(after[role] - before[role])
    if any(pd.isna(n) or n < 1 for n in counts):
        return _cells(Interval(points, math.nan, math.nan), False, math.nan)
    n1, n2 = (int(n) for n in counts)
    right1, right2 = round(after[role] / 100 * n1), round(before[role] / 100 * n2)
    return _cells(unpaired_interval(right1, n1, right2, n2).scaled(100), False, min(n1, n2))


def _cells(gain: Interval, paired: bool, n: float) -> Cells:
    cells: Cells = {"gain": gain.value, "gain_low": gain.low, "gain_high": gain.high}
    return cells | {"paired": paired, "p": math.nan, "detectable": math.nan, "n": n}


def _slopes(row: Mapping[str, Any], pretrain_images: float, target_images: int | None) -> Cells:
    """Secant of ln error over ln images: a larger gain is a steeper, lower slope."""
    more = float(pretrain_images) / target_images if target_images else math.nan
    error = 100 - float(row["scratch"])
    ends = {"slope": "gain", "slope_low": "gain_high", "slope_high": "gain_low"}
    if not more > 1 or error <= 0:  # NaN is not more either
        return dict.fromkeys(ends, math.nan)
    left = {name: (error - float(row[gain])) / error for name, gain in ends.items()}
    return {n: math.log(v) / math.log(more) if v > 0 else math.nan for n, v in left.items()}
