"""ConvNeXt's speed against Swin's at equal cost: where it leads, and what was published of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from bench.analysis.compare.speedup import matched

FIRST, SECOND = "convnext", "swin"


class Lead(StrEnum):
    """Who is faster, over all ways to run both."""

    TURNS = "turns"  #: one clearly in one way, the other in another
    OPEN = "open"  #: no interval lies on one side of 1
    HOLDS = "holds"


@dataclass(frozen=True)
class Spread:
    """The ways of one device of the largest and the least ratio, as rows of a `summary`."""

    device: str
    highest: dict[str, Any]
    lowest: dict[str, Any]
    ways: int
    lead: Lead


def spreads(summary: pd.DataFrame) -> Iterator[Spread]:
    """One for each device of a `bench.analysis.compare.speedup.summary`, in its order.

    >>> ways = [("gpu", "float32", 1.5, 1.4, 1.6), ("gpu", "bfloat16", 0.9, 0.8, 0.95)]
    >>> names = ["device_name", "precision", "ratio", "ratio_low", "ratio_high"]
    >>> [found] = spreads(pd.DataFrame(ways, columns=names))
    >>> found.highest["precision"], found.lowest["precision"], found.lead.value
    ('float32', 'bfloat16', 'turns')
    """
    for device, part in summary.groupby("device_name", sort=False):
        ways = part.sort_values("ratio", ascending=False, kind="stable").to_dict("records")
        highest, lowest = ways[0], ways[-1]
        lead = Lead.HOLDS
        if lowest["ratio_high"] < 1 < highest["ratio_low"]:
            lead = Lead.TURNS
        elif not any(way["ratio_low"] > 1 or way["ratio_high"] < 1 for way in ways):
            lead = Lead.OPEN
        yield Spread(str(device), _named(highest), _named(lowest), len(ways), lead)


def _named(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in row.items()}


def published_pairs(table: pd.DataFrame) -> pd.DataFrame:
    """`matched` pairs of a `bench.published.figures.convnext_paper` table.

    By device, in the table's order, then mode, resolution and GMACs; with ``source`` besides.
    """
    label = table["label"].str.partition("-")
    table = table.assign(family=label[0].str.lower(), size=label[2], world="imagenet")
    pairs = matched(table, FIRST, SECOND)
    order = {device: i for i, device in enumerate(table["device_name"].unique())}
    pairs = pairs.assign(source=pairs["source_first"], order=pairs["device_name"].map(order))
    return pairs.sort_values(["order", "compile", "resolution", "gmacs_first"], kind="stable")
