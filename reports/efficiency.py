"""Efficiency report: what networks cost, how fast they run, what bounds them, who is worth it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bench.analysis.compare.family_speed import FIRST, SECOND
from bench.analysis.compare.speedup import matched, summary
from bench.analysis.tables.axes import FRONTS, FrontCost
from bench.analysis.tables.efficiency import efficiency_table, profile_table, stage_table
from bench.blocks import Block, Report, Text
from bench.report.common.cautions import cautions
from bench.report.common.failures import failures
from bench.report.common.provenance import conditions, download, provenance
from bench.report.common.worlds import by_world
from bench.report.efficiency import costs as efficiency
from bench.report.efficiency import front, roofline, speed
from bench.report.efficiency import pairs as efficiency_pairs

if TYPE_CHECKING:
    import pandas as pd


def build(
    frame: pd.DataFrame, env: Mapping[str, Any], cost: FrontCost = FrontCost.THROUGHPUT
) -> Report:
    """The report of a store's ``frame``; ``cost`` is what its fronts weigh accuracy against."""
    blocks = by_world(frame, lambda part: _world(part, cost))
    return Report(
        title="What do networks cost, and how fast do they run?",
        subtitle=conditions(frame),
        blocks=(*blocks, *failures(frame)),
        provenance=provenance(frame, env),
        data=download(frame, "measurements"),
    )


def _world(frame: pd.DataFrame, cost: FrontCost) -> Iterator[Block]:
    """All that one world's numbers show."""
    costs, speeds = profile_table(frame), efficiency_table(frame)
    pairs = matched(speeds, FIRST, SECOND)
    said = [*efficiency_pairs.verdict(summary(pairs)), efficiency.how_many(costs, speeds)]
    yield Text(text=" ".join(said), lead=True)
    # Speeds in several ways are what this report is of; here each has its own row.
    yield from cautions(frame[frame["measure"] != "speed"])
    yield from efficiency.costs(costs)
    yield from efficiency.stages(stage_table(frame))
    yield from speed.speeds(speeds)
    yield from efficiency_pairs.measured(pairs)
    if set(frame["world"]) == {"imagenet"}:
        yield from efficiency_pairs.paper(pairs)
    yield from roofline.rooflines(speeds)
    axis = FRONTS[cost]
    yield from front.front(frame, speeds if axis.timed else costs, axis)
