"""Rows in the order of a leaderboard."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def best_first(found: pd.DataFrame, scales: Sequence[str]) -> pd.DataFrame:
    """One row for each model and resolution: by pretraining scale, then best top-1 first.

    ``found`` has columns ``model resolution scale top1``; ``scales`` is the order of scales, and
    holds all of them. Of several rows of one model the first is kept.

    >>> rows = [("a", 224, "22k", 85.0), ("b", 224, "1k", 80.0), ("c", 224, "1k", 82.0)]
    >>> best_first(pd.DataFrame(rows, columns=["model", "resolution", "scale", "top1"]),
    ...            ["1k", "22k"])["model"].tolist()
    ['c', 'b', 'a']
    """
    models = found.drop_duplicates(["model", "resolution"])
    place = models["scale"].map({scale: i for i, scale in enumerate(scales)})
    order = models.assign(place=place).sort_values(
        ["place", "top1"], ascending=[True, False], kind="stable"
    )
    return order.drop(columns="place")
