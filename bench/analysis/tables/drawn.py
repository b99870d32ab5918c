"""Points of the scaling report's figures, from a scaling table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def errors(table: pd.DataFrame, role: str = "val") -> pd.DataFrame:
    """The table with ``error`` on a role, ``low`` and ``high``, in %: 100 less accuracy.

    >>> table = pd.DataFrame({"val": [80.0], "val_low": [78.0], "val_high": [81.0]})
    >>> errors(table)[["error", "low", "high"]].values.tolist()
    [[20.0, 19.0, 22.0]]
    """
    return table.assign(
        error=100 - table[role], low=100 - table[f"{role}_high"], high=100 - table[f"{role}_low"]
    )


def shifted_points(table: pd.DataFrame, roles: Sequence[str]) -> pd.DataFrame:
    """A row for each model and shifted set: accuracy there and on the set's twin, as fractions.

    Columns ``model family scale role twin shift low high``, model by model.
    """
    parts = [
        pd.DataFrame(
            {
                **{name: table[name] for name in ("model", "family", "scale")},
                "role": role,
                "twin": table[f"twin_{role}"] / 100,
                "shift": table[role] / 100,
                "low": table[f"{role}_low"] / 100,
                "high": table[f"{role}_high"] / 100,
            }
        )
        for role in roles
    ]
    return pd.concat(parts).sort_index(kind="stable") if parts else pd.DataFrame()
