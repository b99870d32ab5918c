"""Two models side by side, in percent and points: what the report of a pair shows.

Accuracies and differences are fractions in `bench.analysis.compare.gap`; here they are percent and
points, as readers see them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from bench.analysis.compare.gap import (
    Answers,
    compare_confidence,
    compare_parts,
    compare_sets,
    right,
)
from bench.analysis.stats.decision import excludes
from bench.analysis.stats.proportions import paired_difference
from bench.analysis.tables.costs import SPEEDS

_SHARES = ("first", "second", "gap", "gap_low", "gap_high")
_OF_SETS = (
    *(*_SHARES, "discordance", "detectable", "same_answer"),
    *("widening", "widening_low", "widening_high"),
)
#: Two numbers are called equal within this factor.
BAND = 1.1

Pairs = Mapping[str, tuple[Answers, Answers]]


def sets_in_points(pairs: Pairs) -> pd.DataFrame:
    """`compare_sets`, its accuracies and shares in percent, its differences in points."""
    return _percent(compare_sets(pairs), _OF_SETS)


def confidence_in_points(pairs: Pairs) -> pd.DataFrame:
    """`compare_confidence`, all but losses in percent and points."""
    found = compare_confidence(pairs)
    return _percent(
        found, [c for c in map(str, found) if c.startswith(("confidence_", "over_", "ece_"))]
    )


def parts_in_points(one: Answers, two: Answers, labels: Sequence[object]) -> pd.DataFrame:
    """`compare_parts` by the label of each image, in percent and points."""
    return _percent(compare_parts(right(one), right(two), labels), _SHARES)


def gap_in_points(one: Answers, two: Answers) -> dict[str, float]:
    """First less second accuracy: ``gap`` with ``_low`` and ``_high`` (points), and its ``p``."""
    found = paired_difference(right(one), right(two))
    gap = found.difference.scaled(100)
    return {"gap": gap.value, "gap_low": gap.low, "gap_high": gap.high, "p": found.p}


def changed_under_shift(sets: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Of `sets_in_points`, those whose gap is clearly not that on val; and how many were tested."""
    tested = sets[(sets["role"] != "val") & sets["widening_low"].notna()]
    ends = zip(tested["widening_low"], tested["widening_high"], strict=True)
    return tested[[excludes(*pair) for pair in ends]], len(tested)


def class_labels(names: str, answers: Answers) -> list[str]:
    """The class of each image: its character in ``names``, or its number where those end.

    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> class_labels("ab", SimpleNamespace(target=np.array([0, 1, 2])))
    ['a', 'b', '2']
    """
    return [names[t] if t < len(names) else str(t) for t in answers.target.tolist()]


def group_labels(groups: Sequence[str], place: Sequence[int]) -> list[str]:
    """What each image belongs to, severities taken together; ``place`` is its group's number.

    Numbers beyond the last group start again, as images of such sets take turns in groups.

    >>> group_labels(("fog-1", "fog-2", "plain"), [0, 1, 2, 3])
    ['fog', 'fog', 'plain', 'fog']
    """
    kinds = [str(group).rpartition("-")[0] or str(group) for group in groups]
    return [kinds[i % len(kinds)] for i in place]


def side_by_side(
    costs: pd.DataFrame, names: tuple[str, str], columns: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """What two models are: a row for each of ``columns`` that either has a value of.

    ``costs`` is a `bench.analysis.tables.costs.cost_table`. Each row: ``column``, the values
    ``first`` and ``second``, their ``ratio``, None of words, and ``equal``: ``yes``, ``within
    10 %`` or ``no``; of a speed what share of each one's samples was ``disturbed`` (%, a pair).
    Speeds of two devices do not compare and are left out; ``device`` is left out where it is one.
    """
    table = costs.set_index("model")
    one, two = (table.loc[name].to_dict() for name in names)
    apart = one["device"] != two["device"]
    for column in columns:
        if (column == "device" and not apart) or (column in SPEEDS and apart):
            continue
        a, b = one.get(column), two.get(column)
        if not (_absent(a) and _absent(b)):
            equal = {"ratio": _ratio(a, b), "equal": _equal(a, b)}
            shares = (one["disturbed"], two["disturbed"]) if column in SPEEDS else (None, None)
            yield {"column": column, "first": a, "second": b, **equal, "disturbed": shares}


def steps(costs: pd.DataFrame, names: tuple[str, str]) -> Iterator[tuple[str, str, str]]:
    """The ways from one model to another that change architecture and pretraining one by one.

    By way of each model that shares one of the two with either: what a step changes, and its two
    models, two steps a way. None where they share one of the two already.
    """
    table = costs.set_index("model")
    first, second = (table.loc[name] for name in names)
    same = [first[what] == second[what] for what in ("architecture", "trained_on")]
    for one, other in ((second, first), (first, second)) if not any(same) else ():
        alike = (table["architecture"] == one["architecture"]) & (
            table["trained_on"] == other["trained_on"]
        )
        for middle in map(str, table.index[alike]):
            for pair in ((names[0], middle), (middle, names[1])):
                one_network = table.loc[[*pair], "architecture"].nunique() == 1
                yield ("pretraining" if one_network else "architecture", *pair)


def _percent(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    table = table.copy()
    table[list(columns)] *= 100
    return table


def _absent(value: Any) -> bool:
    return value is None or (not isinstance(value, str) and not math.isfinite(value))


def _ratio(a: Any, b: Any) -> float | None:
    if isinstance(a, str) or isinstance(b, str) or _absent(a) or _absent(b) or not b:
        return None
    return float(a) / float(b)


def _equal(a: Any, b: Any) -> str:
    ratio = _ratio(a, b)
    if ratio is None:
        return "yes" if a == b else "no"
    return "yes" if ratio == 1 else "within 10 %" if 1 / BAND <= ratio <= BAND else "no"
