"""What the scaling report says of all its models together: robustness, and pretraining's gain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.analysis.robustness.effective import Line, NoLine


def by_family(table: pd.DataFrame, lines: Mapping[str, Line | NoLine]) -> Iterator[dict[str, Any]]:
    """Each shifted set that any model saw: its line, and the families' height over it.

    ``table`` is a `bench.analysis.tables.scaling.scaling_table`, ``lines`` its own. Each: ``role``;
    ``drop``, the mean loss from val in points; ``n`` models; ``slope`` and ``r2`` of the line, or
    the ``remark`` why there is none; and under each family's name the mean effective robustness of
    its models (points), with the least and the largest as ``_low`` and ``_high``.
    """
    for role, line in lines.items():
        if not table[role].notna().any():
            continue
        row: dict[str, Any] = {"role": role, "drop": float(table[f"drop_{role}"].mean())}
        if isinstance(line, Line):
            row |= {"slope": line.slope, "r2": line.r2, "n": line.n}
        else:
            row |= {"n": line.n, "remark": line.reason}
        for family, part in table.groupby("family"):
            over = part[f"er_{role}"].dropna()
            if len(over):
                row[str(family)] = float(over.mean())
                row |= {f"{family}_low": float(over.min()), f"{family}_high": float(over.max())}
        yield row


@dataclass(frozen=True)
class GainRange:
    """The least and the largest gain on val, of how many ``pairs``, ``clear`` of them above 0."""

    least: dict[str, Any]
    most: dict[str, Any]
    clear: int
    pairs: int


def gain_range(gain: pd.DataFrame) -> GainRange | None:
    """Of a `bench.analysis.compare.gain.pretraining_gain`; None where no pair was measured on val.

    >>> gain = pd.DataFrame({"role": "val", "gain": [2.0, 1.0], "gain_low": [0.5, -0.5]})
    >>> found = gain_range(gain)
    >>> found.least["gain"], found.most["gain"], found.clear, found.pairs
    (1.0, 2.0, 1, 2)
    """
    val = gain[gain["role"] == "val"].sort_values("gain")
    if val.empty:
        return None
    least, most = (
        {str(key): value for key, value in val.iloc[i].to_dict().items()} for i in (0, -1)
    )
    return GainRange(least, most, int((val["gain_low"] > 0).sum()), len(val))
