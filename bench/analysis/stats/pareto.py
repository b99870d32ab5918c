"""Pareto fronts: the models that no other one beats on every axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Better = Literal["lower", "higher"]


def pareto_front(table: pd.DataFrame, axes: Mapping[str, Better]) -> pd.Series:
    """Which rows are on the front (bool, indexed as ``table``).

    A row is beaten by one that is as good on every axis and better on one; equal rows do not beat
    each other. A row that lacks a number is never on the front, and beats none. Raises
    `ValueError` for an absent column or fewer than two axes.

    >>> t = pd.DataFrame({"gmacs": [1, 2, 3], "top1": [70, 69, 80]})
    >>> pareto_front(t, {"gmacs": "lower", "top1": "higher"}).tolist()
    [True, False, True]
    """
    absent = [c for c in axes if c not in table.columns]
    if absent or len(axes) < 2:
        raise ValueError(
            f"no column {', '.join(absent)}" if absent else "a front takes two axes or more"
        )
    columns = [
        table[c].to_numpy(dtype=float, na_value=np.nan) * (1 if better == "lower" else -1)
        for c, better in axes.items()
    ]
    cost = np.stack(columns, axis=1)
    known = ~np.isnan(cost).any(axis=1)
    on = known.copy()
    for i in np.flatnonzero(known):
        on[i] = not _beaten(cost[known], cost[i])
    return pd.Series(on, index=table.index, name="front")


def standings(table: pd.DataFrame, axes: Mapping[str, Better]) -> pd.DataFrame:
    """What intervals leave of a front: bool columns ``front`` and ``tied``, indexed as ``table``.

    ``front`` is `pareto_front` of the values. An axis ``x`` has its interval in ``x_low`` and
    ``x_high``; where these are absent or NaN the value is exact. A row is surely beaten by one
    whose worse end is as good as its better end on every axis, and better on one. ``tied`` are
    those of which the intervals do not tell: beaten, but not surely, or on the front though
    another may beat them. So neither is surely beaten, and ``front`` alone surely not. Raises as
    `pareto_front`.

    >>> t = pd.DataFrame({"gmacs": [1, 2, 3], "top1": [70.0, 69.9, 60.0]})
    >>> t = t.assign(top1_low=t["top1"] - 0.5, top1_high=t["top1"] + 0.5)
    >>> standings(t, {"gmacs": "lower", "top1": "higher"}).to_numpy().tolist()
    [[True, False], [False, True], [False, False]]
    """
    front = pareto_front(table, axes)
    ends = [_ends(table, column, better) for column, better in axes.items()]
    best, worst = (np.stack(columns, axis=1) for columns in zip(*ends, strict=True))
    known = np.flatnonzero(~np.isnan(best).any(axis=1))
    surely, maybe = np.zeros(len(table), dtype=bool), np.zeros(len(table), dtype=bool)
    for i in known:
        others = known[known != i]
        surely[i] = _beaten(worst[others], best[i])
        maybe[i] = _beaten(best[others], worst[i])
    tied = maybe & ~surely
    return pd.DataFrame({"front": front, "tied": tied}, index=table.index)


def _ends(
    table: pd.DataFrame, column: str, better: Better
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Better and worse end of each row's interval, both such that less is better."""
    value = table[column].to_numpy(dtype=float, na_value=np.nan)
    low, high = (
        np.where(np.isnan(end), value, end)
        for end in (
            table[name].to_numpy(dtype=float, na_value=np.nan) if name in table else value
            for name in (f"{column}_low", f"{column}_high")
        )
    )
    return (low, high) if better == "lower" else (-high, -low)


def _beaten(others: NDArray[np.float64], own: NDArray[np.float64]) -> bool:
    """Whether one of the rows of ``others`` is nowhere more than ``own``, and less on one axis."""
    return bool(((others <= own).all(axis=1) & (others < own).any(axis=1)).any())
