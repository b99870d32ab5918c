"""Two families at matched cost: pairs of models, each compared on the same images."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.analysis.compare.gap import compare_sets, mean_interval, right
from bench.analysis.compare.matching import Matched, match
from bench.analysis.stats.decision import ALPHA
from bench.analysis.stats.proportions import holm
from bench.analysis.tables.axes import TITLES as AXES
from bench.analysis.tables.axes import MatchBy
from bench.analysis.tables.costs import cost_table
from bench.blocks import Row
from bench.report.common.phrases import ends, points
from bench.report.common.rows import rows
from bench.spec.errors import UsageError
from bench.store import predictions

if TYPE_CHECKING:
    import pandas as pd

    from bench.store.predictions import Read

Side = tuple[str, Sequence[str]]  # what was asked for, and the models that it names


@dataclass(frozen=True)
class Found:
    """Matched pairs with their gaps, first less second, in % and points.

    ``pairs`` has one row a pair and ``means`` one a pretraining and set; ``lost`` says which pairs
    lack stored answers of the same images.
    """

    first: str
    second: str
    matched: Matched
    pairs: tuple[Row, ...]
    means: tuple[Mapping[str, Any], ...]
    lost: tuple[str, ...]


def between(
    frame: pd.DataFrame,
    read: Read,
    first: Side,
    second: Side,
    *,
    by: MatchBy = MatchBy.GMACS,
    band: float = 1.1,
) -> Found:
    """Match the models of both sides and compare each pair by its stored answers.

    Raises UsageError where no pair has answers of the same images, `ValueError` where those are
    damaged.
    """
    table = cost_table(frame)
    one, two = (table[table["model"].isin(names)] for _, names in (first, second))
    matched = match(one, two, by, band)
    about = table.set_index("model")
    body: list[dict[str, Any]] = []
    lost, gaps = [], dict[tuple[str, str], list[Any]]()
    for pair in matched.pairs:
        row: dict[str, Any] = {"pair": f"{pair.first} – {pair.second}", "remark": pair.remark}
        row |= {"first": pair.first, "second": pair.second, "ratio": pair.ratio}
        row |= {"cost_first": pair.cost_first, "cost_second": pair.cost_second}
        row["scale"] = str(about.loc[pair.first, "scale"])
        found = predictions.pairs(frame, read, pair.first, pair.second)
        if not found:
            lost.append(row["pair"])
        body.append(row | _gaps(found))
        for role, (a, b) in found.items():
            gap = right(a).astype(float) - right(b)
            gaps.setdefault((row["scale"], role), []).append(gap)
    if body and len(lost) == len(body):
        pair = matched.pairs[0]
        raise UsageError(predictions.missing(frame, pair.first, pair.second))
    adjusted = holm([row.get("p", math.nan) for row in body])
    for row, p in zip(body, adjusted.tolist(), strict=True):
        row["p_holm"] = p
        row["verdict"] = _verdict(row)
    means = tuple(_means(gaps))
    return Found(first[0], second[0], matched, tuple(body), means, tuple(lost))


def _gaps(found: Mapping[str, Any]) -> dict[str, Any]:
    """The gap of one pair on each set, and what else there is to say of the clean one."""
    row: dict[str, Any] = {}
    if not found:
        return row
    for cells in rows(compare_sets(found)):
        role = cells["role"]
        row |= {f"{role}{end}": 100 * cells[f"gap{end}"] for end in ("", "_low", "_high")}
        if role == "val":
            row |= {name: 100 * cells[name] for name in ("detectable", "discordance")}
            row |= {
                "accuracy_first": 100 * cells["first"],
                "accuracy_second": 100 * cells["second"],
            }
            row |= {"p": cells["p"], "kappa": cells["kappa"], "n": cells["n"]}
    return row


def _verdict(row: Mapping[str, Any]) -> str:
    if "p" not in row:
        return "not compared"
    if not row["p_holm"] <= ALPHA:
        return "tied"
    return "first" if row["val"] > 0 else "second"


def _means(gaps: Mapping[tuple[str, str], list[Any]]) -> Iterator[dict[str, Any]]:
    """Mean gap over pairs of one pretraining that saw one set, with its interval over images."""
    for (scale, role), each in gaps.items():
        sizes = {gap.size for gap in each}
        if len(sizes) == 1:
            mean = mean_interval(np.mean(each, axis=0)).scaled(100)
            about = {"scale": scale, "role": role, "pairs": len(each), "n": sizes.pop()}
            yield about | {"mean": mean.value, "mean_low": mean.low, "mean_high": mean.high}


def numbers(found: Found) -> dict[str, Any]:
    """All of it as built-ins, for JSON."""
    return {
        "first": found.first,
        "second": found.second,
        "match": str(found.matched.by),
        "band": found.matched.band,
        "answer": list(sentences(found)),
        "pairs": list(found.pairs),
        "means": list(found.means),
        "unmatched": [vars(model) for model in found.matched.unmatched],
    }


def sentences(found: Found) -> Iterator[str]:
    """The answer: how many match, who is better in how many, by how much on average."""
    matched = found.matched
    axis = AXES[matched.by][0]
    total = 2 * len(matched.pairs) + len(matched.unmatched)
    some = len(matched.pairs) or "no"
    yield (
        f"Of {total} models {some} pair{'' if len(matched.pairs) == 1 else 's'} of one pretraining "
        f"match in {axis} within {matched.band:g}x; {len(matched.unmatched)} models are unmatched."
    )
    verdicts = [row["verdict"] for row in found.pairs]
    if compared := [v for v in verdicts if v != "not compared"]:
        yield (
            f"On val {found.first} is better in {compared.count('first')}, {found.second} in "
            f"{compared.count('second')}, and {compared.count('tied')} are tied (mid-p McNemar, "
            "5 % after Holm)."
        )
    for row in found.means:
        if row["role"] == "val":
            few = "pair" if row["pairs"] == 1 else "pairs"
            yield (
                f"Mean over the {row['pairs']} {few} pretrained at {row['scale']}: "
                f"{points(row['mean'])} points {ends(row, 'mean')}."
            )
