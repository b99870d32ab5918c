"""What stands behind the scaling report: tests between families, each fit's checklist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import bench
from bench.analysis.scaling import ScalingFit, probability_lower
from bench.analysis.stats.decision import ALPHA
from bench.analysis.tables.axes import COSTS, CostAxis
from bench.blocks import Block, Form, Heading, Text
from bench.blocks.cells import number
from bench.report.common.titles import ordered, title
from bench.report.fit import checklist, families
from bench.report.scaling.comparison import SCALES, Laws, series

if TYPE_CHECKING:
    import pandas as pd

#: How a kind is said in the plural.
_KINDS = {"convnet": "ConvNets", "transformer": "Transformers"}


def between_families(
    laws: Laws, table: pd.DataFrame, axis: CostAxis = CostAxis.GMACS
) -> Iterator[Block]:
    """Do the families share a law, and who is ahead at equal cost? For each pretraining scale."""
    scales = [scale for scale in SCALES if len(_of(laws, scale)) > 1]
    if not scales:
        return
    yield Heading(text="Do the families share a law?")
    kinds = dict(zip(table["series"], table["kind"], strict=True))
    for scale in scales:
        own = _of(laws, scale)
        said = SCALES[scale]
        yield Heading(text=said[0].upper() + said[1:], level=3)
        sentence = _kinds(own, kinds, COSTS[axis].unit)
        if sentence:
            yield Text(text=sentence)
        yield from families.blocks(own, COSTS[axis].name, name=f"pairs-{scale}")


def _of(laws: Laws, scale: str) -> dict[str, ScalingFit]:
    return {family: law for (family, own), law in laws.items() if own == scale}


def _kinds(laws: Mapping[str, ScalingFit], kinds: Mapping[str, str], unit: str) -> str:
    """P(ConvNets have the lower error) in words; empty where that takes no two families."""
    sides = {
        kind: [f for f, law in laws.items() if law.posterior is not None and kinds.get(f) == kind]
        for kind in _KINDS
    }
    if not all(sides.values()) or all(len(side) == 1 for side in sides.values()):
        return ""  # of one family each, the pair says it
    able = [laws[family] for side in sides.values() for family in side]
    top = min(float(law.x[-1]) for law in able)
    first, second = (
        [law.posterior for f in side if (law := laws[f]).posterior is not None]
        for side in sides.values()
    )
    odds = [families.chance(probability_lower(first, second, m * top)) for m in (1, 2, 4)]
    one, two = (f"{_KINDS[kind]} ({series(side)})" for kind, side in sides.items())
    return (
        f"That {one} have a lower val error than {two}, each family counted once, has a "
        f"probability of {odds[0]} at {number(top, Form.SIGNIFICANT, 2)} {unit}, the most that all "
        f"reach, {odds[1]} at twice and {odds[2]} at four times that."
    )


def of_gains(gain: pd.DataFrame) -> Iterator[Block]:
    """How many gains are clear after Holm, and what the tests would have seen; if paired."""
    tested = gain[gain["p_holm"].notna()]
    if tested.empty:
        return
    clear = int((tested["p_holm"] <= ALPHA).sum())
    seen = tested.groupby("role")["detectable"].median()
    each = [
        f"{number(float(seen[role]), Form.FIXED, 1)} on {title(role)}"
        for role in ordered([str(role) for role in seen.index])
        if np.isfinite(seen[role])
    ]
    yield Text(
        text=f"{clear} of {len(tested)} gains differ from zero at 5 % after Holm over all (mid-p "
        "McNemar). "
        + (
            f"Gains found 4 times in 5, in points, median over pairs: {series(each)}."
            if each
            else ""
        )
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def of_fits(laws: Laws, fitted: pd.DataFrame, axis: CostAxis = CostAxis.GMACS) -> Iterator[Block]:
    """The good-practice checklist of every fit of ``fitted``, see `bench.analysis.scaling.laws.fits`."""
    entries = [
        checklist.Entry.of(f"{row['family']}, {row['scale']}", law, row)
        for row in _records(fitted)
        if (law := laws.get((row["family"], row["scale"]))) is not None
    ]
    listed = list(checklist.checklist(entries, _conditions(axis)))
    if listed:
        yield Heading(text="How the fits were made")
        yield from listed


def _conditions(axis: CostAxis) -> checklist.Conditions:
    return checklist.Conditions(
        x=f"{COSTS[axis].name}: {COSTS[axis].about}",
        y="Top-1 error on val, as a rate",
        training="As the models' authors say; final checkpoints, one training run each, so that "
        "a fit's scatter holds the luck of a run",
        source=f"bench {bench.__version__}; every point is in the download of this report",
    )
