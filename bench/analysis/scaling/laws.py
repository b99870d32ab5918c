"""Scaling fits of a scaling table: top-1 error against cost, per family and pretraining scale."""

from __future__ import annotations

import pandas as pd

from bench.analysis.scaling import fit_families

#: Columns of y in `fits`, turned from fractions into percent of images.
_ERRORS = ("top", "at_2x", "at_4x", "floor", "held_out")


def fits(table: pd.DataFrame, x: str = "gmacs", role: str = "val") -> pd.DataFrame:
    """Fit the top-1 error on ``role`` against ``x`` for each series and pretraining scale.

    ``table`` is a `scaling_table`. Columns are those of `fit_families` after ``family`` (the name
    of the series), ``kind scale`` and ``x``; errors (``top at_2x at_4x floor held_out
    held_out_actual``) are in percent and ``held_out_miss`` in points. A family that cannot be
    fitted has its ``reason``.

    Raises `ValueError` if ``x`` or ``role`` is no column.
    """
    absent = [c for c in (x, role) if c not in table.columns]
    if absent:
        raise ValueError(f"no column {', '.join(absent)} in the scaling table")
    rows = table.assign(error=1 - table[role] / 100)
    result = fit_families(
        rows, x, "error", ("series", "kind", "scale"), images=images_of(table, role)
    )
    if result.empty:
        return result
    result = result.rename(columns={"series": "family"})
    result.insert(3, "x", x)
    for name in _ERRORS:
        ends = [name, f"{name}_low", f"{name}_high"]
        result[ends] *= 100
    result[["held_out_actual", "held_out_miss"]] *= 100
    return result


def images_of(table: pd.DataFrame, role: str = "val") -> int | None:
    """Fewest images that any accuracy on ``role`` rests on, whose noise a fit allows for."""
    counts = table[f"{role}_n"].dropna() if f"{role}_n" in table else pd.Series(dtype=float)
    return int(counts.min()) if len(counts) and counts.min() >= 1 else None
