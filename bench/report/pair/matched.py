"""Two families at matched cost: pairs of models, each compared on the same images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.analysis.compare.matched import compare_pairs
from bench.analysis.compare.matching import Matched, Pair, match
from bench.analysis.tables.axes import TITLES as AXES
from bench.analysis.tables.axes import MatchBy
from bench.analysis.tables.costs import cost_table
from bench.blocks import Row
from bench.report.common.phrases import ends, points
from bench.spec.errors import UsageError
from bench.store import predictions

if TYPE_CHECKING:
    import pandas as pd

    from bench.store.predictions import Read

Side = tuple[str, Sequence[str]]  # what was asked for, and the models that it names


@dataclass(frozen=True)
class MatchedComparison:
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
) -> MatchedComparison:
    """Match the models of both sides and compare each pair by its stored answers.

    Raises UsageError where no pair has answers of the same images, `ValueError` where those are
    damaged.
    """
    table = cost_table(frame)
    one, two = (table[table["model"].isin(names)] for _, names in (first, second))
    matched = match(one, two, by, band)
    scales = dict(zip(table["model"], table["scale"].astype(str), strict=True))
    found = compare_pairs(
        [
            (pair, scales[pair.first], predictions.pairs(frame, read, pair.first, pair.second))
            for pair in matched.pairs
        ]
    )
    if found.pairs and len(found.lost) == len(found.pairs):
        pair = matched.pairs[0]
        raise UsageError(predictions.missing(frame, pair.first, pair.second))
    rows = tuple(
        {"pair": _title(pair), "remark": pair.remark} | row
        for pair, row in zip(matched.pairs, found.pairs, strict=True)
    )
    lost = tuple(map(_title, found.lost))
    return MatchedComparison(first[0], second[0], matched, rows, found.means, lost)


def _title(pair: Pair) -> str:
    return f"{pair.first} – {pair.second}"


def numbers(found: MatchedComparison) -> dict[str, Any]:
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


def sentences(found: MatchedComparison) -> Iterator[str]:
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
