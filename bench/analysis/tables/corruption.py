"""From the store's long frame to corruption errors, one row a model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bench.analysis.robustness.corruption import (
    Cells,
    MeanError,
    mean_corruption_error_of_cells,
    mean_error_in,
)
from bench.analysis.robustness.effective import Array
from bench.analysis.tables.newest import newest

NO_ANSWERS: Mapping[str, ArrayLike] = MappingProxyType({})
_CELL = r"^top1/(?P<corruption>.+)-(?P<severity>\d+)$"


def corruption_table(
    frame: pd.DataFrame,
    reference: str | Mapping[str, float] | None = None,
    *,
    distinct: bool = False,
    correct: Mapping[str, ArrayLike] = NO_ANSWERS,
    cells: Cells | None = None,
) -> pd.DataFrame:
    """Errors of each model on corrupted images, from rows ``top1/<corruption>-<severity>``.

    ``reference`` is the model, or the mean errors of each corruption, that mCE is relative to;
    None, or one that the frame does not have whole, leaves mCE out. ``correct`` has per-image
    correctness by model, shape (images,), of one set whose images are in ``cells``: where it has a
    model, intervals are clustered by image, and where it has the reference too, mCE is paired.
    ``distinct`` says that no image is in two cells: then counts alone give intervals where answers
    are not at hand. Elsewhere these are NaN, as they would be far too narrow.

    Columns: ``model``; ``error``, the mean over corruptions and severities, and ``mce`` (both %,
    with ``_low`` and ``_high``, 95 %); ``paired``, whether mCE is; ``images``; and each
    corruption's mean error over severities (%) under its name. Models that lack a cell are left
    out. Of several measurements of one thing, whole sets come before limited ones, then the newest
    counts.
    """
    rows = frame[(frame["role"] == "c") & frame["value"].notna() & frame["metric"].notna()]
    rows = rows.reset_index(drop=True)
    parts = rows["metric"].astype(str).str.extract(_CELL)
    rows = newest(rows.join(parts)[parts["corruption"].notna()], ["model", "metric"])
    rows = rows.assign(severity=rows["severity"].astype(int))
    kinds = list(dict.fromkeys(rows["corruption"]))
    every = pd.MultiIndex.from_product([kinds, sorted(set(rows["severity"]))])
    found: dict[str, tuple[Array, Array]] = {}
    for model, mine in rows.groupby("model", sort=False):
        grid = mine.set_index(["corruption", "severity"])[["value", "n"]].reindex(every)
        if grid.isna().any(axis=None):
            continue
        value, n = (grid[c].to_numpy(float).reshape(len(kinds), -1) for c in ("value", "n"))
        found[str(model)] = (1 - value / 100, n)
    base, counts = _reference(reference, found, kinds)
    out = []
    for model, (errors, n) in found.items():
        row: dict[str, Any] = {"model": model, "images": int(n.sum()), "paired": False}
        error = mean_corruption_error_of_cells(errors, n)
        clustered = None if distinct else _answered(correct, cells, model, None, error)
        row |= _columns("error", clustered or error, distinct or clustered is not None)
        if base is not None:
            mce = mean_corruption_error_of_cells(errors, n, base, counts)
            closer = _answered(correct, cells, model, reference, mce)
            known = distinct or closer is not None
            row |= _columns("mce", closer or mce, known and model != reference)
            row["paired"] = closer is not None and isinstance(reference, str)
        out.append(row | dict(zip(kinds, 100 * errors.mean(axis=1), strict=True)))
    ends = [f"{name}{end}" for name in ("error", "mce") for end in ("", "_low", "_high")]
    return pd.DataFrame(out, columns=["model", "images", "paired", *ends, *kinds])


def _answered(
    correct: Mapping[str, ArrayLike],
    cells: Cells | None,
    model: str,
    reference: str | Mapping[str, float] | None,
    counted: MeanError,
) -> MeanError | None:
    """The same of answers to single images; None where they are not those ``counted``."""
    wanted = {model, reference} if isinstance(reference, str) else {model}
    if cells is None or not wanted <= set(correct):
        return None
    wrong = {name: ~np.asarray(correct[name], dtype=bool) for name in wanted if name}
    if {values.shape for values in wrong.values()} != {cells.cell.shape}:
        return None
    found = mean_error_in(
        cells, wrong[model], wrong[reference] if isinstance(reference, str) else reference
    )
    same = math.isclose(found.interval.value, counted.interval.value, rel_tol=1e-6)
    return found if same else None


def _reference(
    reference: str | Mapping[str, float] | None,
    found: Mapping[str, tuple[Array, Array]],
    kinds: list[str],
) -> tuple[Array | None, Array | None]:
    """Errors of the reference and how many images they are of; None where mCE has none."""
    if isinstance(reference, str):
        errors, n = found.get(reference, (None, None))
        usable = errors is not None and bool((errors.mean(axis=1) > 0).all())
        return (errors, n) if usable else (None, None)
    if reference is None or not kinds or not set(kinds) <= set(reference):
        return None, None
    return np.array([reference[kind] for kind in kinds]), None


def _columns(name: str, mean: MeanError, interval: bool) -> dict[str, float]:
    ends = (mean.interval.low, mean.interval.high) if interval else (math.nan, math.nan)
    return {name: mean.interval.value, f"{name}_low": ends[0], f"{name}_high": ends[1]}
