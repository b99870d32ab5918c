"""Matched pairs of models, each compared on the same images, and the mean gap over the pairs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.analysis.compare.gap import Answers, compare_sets, mean_interval, right
from bench.analysis.compare.matching import Pair
from bench.analysis.stats.decision import ALPHA
from bench.analysis.stats.proportions import holm

#: Answers of the first and the second model of a pair to the same images, by the set's role.
Answered = Mapping[str, tuple[Answers, Answers]]
Record = dict[str, Any]


@dataclass(frozen=True)
class Gaps:
    """Gaps first less second, in % and points.

    ``pairs`` has one row a pair; ``means`` one a pretraining and set; ``lost`` are the pairs
    without answers to the same images.
    """

    pairs: tuple[Record, ...]
    means: tuple[Record, ...]
    lost: tuple[Pair, ...]


def compare_pairs(pairs: Sequence[tuple[Pair, str, Answered]]) -> Gaps:
    """Compare each pair, given with its pretraining scale and its answers, which may be none.

    A row has ``first second ratio cost_first cost_second scale``, the gap on each ``<role>`` with
    ``_low`` and ``_high`` (95 %, Tango); of val ``accuracy_first accuracy_second detectable
    discordance p kappa n``; ``p_holm`` over the pairs, and the ``verdict`` on val at `ALPHA`:
    ``first``, ``second``, ``tied`` or ``not compared``.
    """
    body: list[Record] = [
        {"first": pair.first, "second": pair.second, "ratio": pair.ratio}
        | {"cost_first": pair.cost_first, "cost_second": pair.cost_second, "scale": scale}
        | _gaps(answered)
        for pair, scale, answered in pairs
    ]
    adjusted = holm([row.get("p", math.nan) for row in body])
    for row, p in zip(body, adjusted.tolist(), strict=True):
        row["p_holm"] = p
        row["verdict"] = _verdict(row)
    lost = tuple(pair for pair, _, answered in pairs if not answered)
    return Gaps(tuple(body), tuple(_means(pairs)), lost)


def _gaps(answered: Answered) -> Record:
    """The gap of one pair on each set, and what else there is to say of the clean one."""
    row: Record = {}
    if not answered:
        return row
    for cells in compare_sets(answered).to_dict("records"):
        role = cells["role"]
        row |= {f"{role}{end}": 100 * cells[f"gap{end}"] for end in ("", "_low", "_high")}
        if role == "val":
            row |= {name: 100 * cells[name] for name in ("detectable", "discordance")}
            row |= {f"accuracy_{side}": 100 * cells[side] for side in ("first", "second")}
            row |= {"p": cells["p"], "kappa": cells["kappa"], "n": cells["n"]}
    return row


def _verdict(row: Record) -> str:
    if "p" not in row:
        return "not compared"
    if not row["p_holm"] <= ALPHA:
        return "tied"
    return "first" if row["val"] > 0 else "second"


def _means(pairs: Sequence[tuple[Pair, str, Answered]]) -> Iterator[Record]:
    """Mean gap over pairs of one pretraining that saw one set, with its interval over images."""
    gaps: dict[tuple[str, str], list[Any]] = {}
    for _, scale, answered in pairs:
        for role, (first, second) in answered.items():
            gap = right(first).astype(float) - right(second)
            gaps.setdefault((scale, role), []).append(gap)
    for (scale, role), each in gaps.items():
        sizes = {gap.size for gap in each}
        if len(sizes) == 1:
            mean = mean_interval(np.mean(each, axis=0)).scaled(100)
            about = {"scale": scale, "role": role, "pairs": len(each), "n": sizes.pop()}
            yield about | {"mean": mean.value, "mean_low": mean.low, "mean_high": mean.high}
