"""Surface and frontier of each group of runs, one row a group; one that has none says why."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from bench.analysis.runs.frontier import frontier_law
from bench.analysis.runs.surface import fit_surface
from bench.analysis.tables.observations import Observations

#: How often the runs of a group are drawn anew for the intervals of a surface.
RESAMPLES = 1000
_SURFACE = ("e", "alpha", "beta", "size_exponent")


def surfaces(given: Observations, *, resamples: int = RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """L(N, D) of each group; N is ``x`` of ``given``, D its ``data``, and the loss its ``y``.

    Columns: ``group points reason``; ``e alpha beta size_exponent`` with 95 % bootstrap intervals
    in ``_low`` and ``_high``; ``a``, ``b``. ``reason`` is why a group has no surface, else "".

    >>> from bench.analysis.tables.axes import Quantity
    >>> from bench.analysis.tables.observations import observations
    >>> n, d = (v.ravel() for v in np.meshgrid([1e6, 1e7, 1e8], [1e8, 1e9, 1e10]))
    >>> runs = pd.DataFrame({"n": n, "d": d, "loss": 1 + 40 / n**0.3 + 90 / d**0.3})
    >>> given = observations(runs, "n", "loss", quantity=Quantity.LOSS, data="d")
    >>> surfaces(given, resamples=20)[["alpha", "beta"]].round(3).to_numpy().tolist()
    [[0.3, 0.3]]
    """
    return pd.DataFrame([_surface(*one, resamples, seed) for one in _groups(given)])


def frontiers(given: Observations) -> pd.DataFrame:
    """The frontier law of each group: ``group points factor exponent bins x_low x_high reason``.

    y = ``factor`` x^``exponent`` through the best run of each bin; ``reason`` is why a group has
    none, else "". y is an error rate in 0..1, or a loss.
    """
    return pd.DataFrame([_frontier(name, runs) for name, runs in _groups(given)])


def _groups(given: Observations) -> Iterator[tuple[str, pd.DataFrame]]:
    points = dict(list(given.table.groupby("group", sort=False)))
    for name in given.groups:
        yield name, points.get(name, given.table[:0])


def _surface(name: str, runs: pd.DataFrame, resamples: int, seed: int) -> dict[str, object]:
    row: dict[str, object] = {"group": name, "points": len(runs), "reason": ""}
    try:
        found = fit_surface(runs["x"], runs["data"], runs["y"], resamples=resamples, seed=seed)
    except ValueError as error:
        blank = {f"{of}{end}": np.nan for of in _SURFACE for end in ("", "_low", "_high")}
        return row | {"reason": str(error)} | blank | {"a": np.nan, "b": np.nan}
    for of in _SURFACE:
        band = found.interval(of)
        row |= {of: band.value, f"{of}_low": band.low, f"{of}_high": band.high}
    return row | {"a": found.a, "b": found.b}


def _frontier(name: str, runs: pd.DataFrame) -> dict[str, object]:
    row: dict[str, object] = {"group": name, "points": len(runs), "reason": ""}
    try:
        law = frontier_law(runs["x"], runs["y"])
    except ValueError as error:
        blank = dict.fromkeys(("factor", "exponent", "x_low", "x_high"), np.nan)
        return row | {"reason": str(error), "bins": 0} | blank
    return row | {
        "factor": law.factor,
        "exponent": law.exponent,
        "bins": law.bins,
        "x_low": float(runs["x"].min()),
        "x_high": float(runs["x"].max()),
    }
