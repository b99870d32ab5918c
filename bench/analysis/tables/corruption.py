"""From the store's long frame to corruption errors, one row a model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
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
from bench.analysis.robustness.published_errors import SEVERITIES
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
    None, or one that the frame does not have whole, leaves mCE out, and so do cells of the
    reference that are missing, see `missing_cells`. ``correct`` has per-image
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
    rows = newest(_cells(frame), ["model", "metric"])
    kinds = list(dict.fromkeys(rows["corruption"]))
    every = pd.MultiIndex.from_product([kinds, sorted(set(rows["severity"]))])
    found: dict[str, tuple[Array, Array]] = {}
    for model, mine in rows.groupby("model", sort=False):
        grid = mine.set_index(["corruption", "severity"])[["value", "n"]].reindex(every)
        if grid.isna().any(axis=None):
            continue
        value, n = (grid[c].to_numpy(float).reshape(len(kinds), -1) for c in ("value", "n"))
        found[str(model)] = (1 - value / 100, n)
    whole = not missing_cells(frame, reference)
    base, counts = _reference(reference if whole else None, found, kinds)
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


def missing_cells(
    frame: pd.DataFrame, reference: str | Mapping[str, float] | None = None
) -> tuple[str, ...]:
    """Cells, as ``fog-1``, that errors of ``reference`` are of and no model of ``frame`` saw.

    Published errors are means over all corruptions' `SEVERITIES`: to divide the errors on some of
    them by that mean would be no mCE. Empty for a reference that was measured itself.

    >>> rows = [("c", f"top1/fog-{severity}", 50.0) for severity in (1, 2, 3)]
    >>> frame = pd.DataFrame(rows, columns=["role", "metric", "value"])
    >>> missing_cells(frame, {"fog": 0.8, "clean": 0.4})
    ('fog-4', 'fog-5')
    """
    if not isinstance(reference, Mapping):
        return ()
    seen = set(_names(_cells(frame)))
    kinds = [kind for kind in reference if kind != "clean"]
    wanted = [f"{kind}-{rank}" for kind in kinds for rank in range(1, SEVERITIES + 1)]
    return tuple(cell for cell in wanted if cell not in seen)


def left_out(frame: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Models that `corruption_table` leaves out, with the cells that each lacks and others saw.

    Of a single model these are severities that it saw of another corruption.
    """
    cells = _cells(frame)
    ranks = sorted(set(cells["severity"]))
    every = [f"{kind}-{rank}" for kind in dict.fromkeys(cells["corruption"]) for rank in ranks]
    lacking = {}
    for model, mine in cells.groupby("model", sort=False):
        seen = set(_names(mine))
        if absent := tuple(cell for cell in every if cell not in seen):
            lacking[str(model)] = absent
    return lacking


def _cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of corruptions at a severity, with ``corruption`` and ``severity``."""
    rows = frame[(frame["role"] == "c") & frame["value"].notna() & frame["metric"].notna()]
    rows = rows.reset_index(drop=True)
    parts = rows["metric"].astype(str).str.extract(_CELL)
    rows = rows.join(parts)[parts["corruption"].notna()]
    return rows.assign(severity=rows["severity"].astype(int))


def _names(cells: pd.DataFrame) -> Iterator[str]:
    for kind, rank in zip(cells["corruption"], cells["severity"], strict=True):
        yield f"{kind}-{rank}"


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
