"""A scaling law for every family of a table, one row each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from bench.analysis.scaling.heldout import HeldOut, drop_one, leave_largest_out
from bench.analysis.scaling.law import ScalingFit, fit
from bench.analysis.stats.proportions import UNKNOWN, Interval


def fit_families(
    table: pd.DataFrame,
    x: str = "gmacs",
    y: str = "error",
    by: Sequence[str] = ("family",),
    *,
    images: int | None = None,
    ceiling: float | None = 1.0,
) -> pd.DataFrame:
    """Fit y against x within each group of ``by``; rows lacking x or y are counted, not used.

    Returns the group's columns and: ``n`` sizes, ``used`` in the fit, ``missing`` rows, ``decades``
    of x, ``form``, ``reason`` if refused, ``notes``; ``x_mid`` (geometric mean) and ``x_top``; and,
    each with ``_low`` and ``_high`` (90 %), ``elasticity`` at x_mid, ``elasticity_top``,
    ``top`` (fitted y at x_top), ``at_2x`` and ``at_4x`` of x_top, ``exponent``, ``floor``,
    ``held_out`` (the largest size predicted from the others). ``held_out_actual``,
    ``held_out_miss`` (y), ``held_out_ratio`` (arms of the interval), ``identified`` (is c), and
    ``drop_one_low``/``_high``, the range of elasticity_top over dropping each size.

    Raises `ValueError` where a column is absent.

    >>> sizes = [1.0, 2.0, 4.0, 8.0]
    >>> t = pd.DataFrame({"family": "a", "gmacs": sizes, "error": [0.4, 0.3, 0.25, 0.22]})
    >>> fit_families(t)[["family", "n", "form"]].values.tolist()
    [['a', 4, 'median of M2, M3']]
    """
    absent = [c for c in (x, y, *by) if c not in table.columns]
    if absent:
        raise ValueError(f"no column {', '.join(absent)}; there are {', '.join(table.columns)}")
    rows = []
    for key, group in table.groupby(list(by), sort=False, dropna=False):
        rows.append(dict(zip(by, key, strict=True)) | _row(group, x, y, images, ceiling))
    return pd.DataFrame(rows)


def _row(
    group: pd.DataFrame, x: str, y: str, images: int | None, ceiling: float | None
) -> dict[str, object]:
    known = group[[x, y]].apply(pd.to_numeric, errors="coerce").dropna()
    xs, ys = known[x].to_numpy(float), known[y].to_numpy(float)
    row: dict[str, object] = {"missing": len(group) - len(known)}
    try:
        law = fit(xs, ys, images=images, ceiling=ceiling, unit=x)
    except ValueError as problem:
        law = ScalingFit(xs[:0], ys[:0], len(set(xs)), refused=str(problem))
    out = HeldOut(math.nan, math.nan, UNKNOWN)
    robust = UNKNOWN
    if not law.refused:
        out = leave_largest_out(xs, ys, images=images, ceiling=ceiling)
        robust = drop_one(xs, ys, images=images, ceiling=ceiling)
    top = float(law.x[-1]) if law.used else math.nan
    middle = math.sqrt(float(law.x[0]) * top) if law.used else math.nan
    row |= {"n": law.n, "used": law.used, "decades": law.decades, "form": law.label}
    row |= {"reason": law.refused or "", "notes": "; ".join(law.notes)}
    row |= {"x_mid": middle, "x_top": top}
    row |= _columns("elasticity", law.elasticity(middle))
    row |= _columns("elasticity_top", law.elasticity(top))
    row |= _columns("top", law.predict(top))
    row |= _columns("at_2x", law.predict(2 * top)) | _columns("at_4x", law.predict(4 * top))
    row |= _columns("exponent", law.exponent()) | _columns("floor", law.floor())
    row |= {"identified": law.identified}
    row |= _columns("held_out", out.predicted) | {"held_out_actual": out.actual}
    row |= {"held_out_miss": out.miss, "held_out_ratio": out.ratio}
    row |= {"held_out_reason": out.reason or "", "images": images}
    row |= {"drop_one_low": robust.low, "drop_one_high": robust.high}
    return row


def _columns(name: str, interval: Interval) -> dict[str, object]:
    return {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
