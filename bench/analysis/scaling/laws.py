"""The laws of a scaling table: top-1 error over a cost, by series and pretraining scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from bench.analysis.scaling.groups import GroupFit, fit_group, summary
from bench.analysis.scaling.law import ScalingFit

#: (series, pretraining scale) to its law of top-1 error (fraction) over a cost.
Laws = Mapping[tuple[str, str], ScalingFit]


@dataclass(frozen=True)
class SeriesLaws:
    """Every law of a scaling table over the cost in column ``x``, each fitted once."""

    x: str
    groups: Mapping[tuple[str, str], GroupFit]  #: by series and pretraining scale
    kinds: Mapping[str, str]  #: ``convnet`` or ``transformer``, by series

    @property
    def laws(self) -> Laws:
        """The laws alone, to draw and to compare."""
        return {key: group.law for key, group in self.groups.items()}

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a law, as `bench.analysis.scaling.groups.summary` has it, errors in percent.

        ``family`` (the name of the series) ``kind scale x`` stand for ``group``. A family that
        cannot be fitted has its ``reason``.
        """
        found = summary(self.groups.values(), 100.0)
        if found.empty:
            return found
        names, scales = zip(*self.groups, strict=True)
        about = {"family": names, "kind": [self.kinds[name] for name in names], "scale": scales}
        return pd.DataFrame(about).assign(x=self.x).join(found.drop(columns="group"))


def fit_series(table: pd.DataFrame, x: str = "gmacs", role: str = "val") -> SeriesLaws:
    """Fit the top-1 error on ``role`` against ``x`` for each series and pretraining scale.

    ``table`` is a `bench.analysis.tables.scaling.scaling_table`. Raises `ValueError` if ``x`` or
    ``role`` is no column.
    """
    absent = [c for c in (x, role) if c not in table.columns]
    if absent:
        raise ValueError(f"no column {', '.join(absent)} in the scaling table")
    images = images_of(table, role)
    groups = {
        (str(name), str(scale)): _fit(f"{name}, {scale}", group, x, role, images)
        for (name, scale), group in table.groupby(["series", "scale"], sort=False)
    }
    kinds = {
        str(name): str(kind) for name, kind in zip(table["series"], table["kind"], strict=True)
    }
    return SeriesLaws(x, groups, kinds)


def _fit(name: str, group: pd.DataFrame, x: str, role: str, images: int | None) -> GroupFit:
    known = group[[x, role]].dropna()
    xs, ys = known[x].to_numpy(float), 1 - known[role].to_numpy(float) / 100
    missing = len(group) - len(known)
    try:
        return fit_group(name, xs, ys, missing=missing, images=images, unit=x)
    except ValueError as problem:  # values that no law can have, such as an error of 0
        law = ScalingFit(xs[:0], ys[:0], np.unique(xs).size, refused=str(problem))
        return GroupFit(name, xs, ys, law, missing, images)


def images_of(table: pd.DataFrame, role: str = "val") -> int | None:
    """Fewest images that any accuracy on ``role`` rests on, whose noise a fit allows for."""
    counts = table[f"{role}_n"].dropna() if f"{role}_n" in table else pd.Series(dtype=float)
    return int(counts.min()) if len(counts) and counts.min() >= 1 else None
