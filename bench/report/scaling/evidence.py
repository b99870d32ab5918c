"""What stands behind the scaling report: tests between families, each fit's checklist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import bench
from bench.analysis.compare.gain import clear_gains
from bench.analysis.scaling import ScalingFit
from bench.analysis.scaling.between import between, compare_kinds
from bench.analysis.scaling.laws import Laws, SeriesLaws
from bench.analysis.tables.axes import COSTS, CostAxis
from bench.blocks import Block, Form, Heading, Text
from bench.blocks.cells import number
from bench.report.common.phrases import in_words
from bench.report.common.titles import ordered, title
from bench.report.fit import checklist, families
from bench.report.scaling.comparison import SCALES

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
        yield from families.blocks(between(own), COSTS[axis].name, name=f"pairs-{scale}")


def _of(laws: Laws, scale: str) -> dict[str, ScalingFit]:
    return {family: law for (family, own), law in laws.items() if own == scale}


def _kinds(laws: Mapping[str, ScalingFit], kinds: Mapping[str, str], unit: str) -> str:
    """P(ConvNets have the lower error) in words; empty where that takes no two families."""
    found = compare_kinds(laws, kinds, ("convnet", "transformer"))
    if found is None:
        return ""  # of one family each, the pair says it
    odds = [families.chance(p) for p in found.lower]
    one, two = (f"{_KINDS[kind]} ({in_words(side)})" for kind, side in found.sides.items())
    return (
        f"That {one} have a lower val error than {two}, each family counted once, has a "
        f"probability of {odds[0]} at {number(found.x, Form.SIGNIFICANT, 2)} {unit}, the most that "
        f"all reach, {odds[1]} at twice and {odds[2]} at four times that."
    )


def of_gains(gain: pd.DataFrame) -> Iterator[Block]:
    """How many gains are clear after Holm, and what the tests would have seen; if paired."""
    found = clear_gains(gain)
    if not found.tested:
        return
    each = [
        f"{number(found.detectable[role], Form.FIXED, 1)} on {title(role)}"
        for role in ordered(list(found.detectable))
    ]
    of_all = f"{found.clear} of {found.tested} gains"
    sentences = [f"{of_all} differ from zero at 5 % after Holm over all (mid-p McNemar)."]
    if each:  # too few images see no gain of any size
        sentences.append(
            f"Gains found 4 times in 5, in points, median over pairs: {in_words(each)}."
        )
    yield Text(text=" ".join(sentences))


def of_fits(fitted: SeriesLaws, axis: CostAxis = CostAxis.GMACS) -> Iterator[Block]:
    """The good-practice checklist of every fit."""
    listed = list(checklist.checklist(list(fitted.groups.values()), _provenance(axis)))
    if listed:
        yield Heading(text="How the fits were made")
        yield from listed


def _provenance(axis: CostAxis) -> checklist.Provenance:
    return checklist.Provenance(
        x=f"{COSTS[axis].name}: {COSTS[axis].about}",
        y="Top-1 error on val, as a rate",
        training="As the models' authors say; final checkpoints, one training run each, so that "
        "a fit's scatter holds the luck of a run",
        source=f"bench {bench.__version__}; every point is in the download of this report",
    )
