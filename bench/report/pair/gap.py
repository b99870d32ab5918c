"""Two models on the same images: how far apart they are, where, and what else differs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.analysis.compare.two_models import (
    changed_under_shift,
    class_labels,
    confidence_in_points,
    gap_in_points,
    group_labels,
    parts_in_points,
    sets_in_points,
    side_by_side,
    steps,
)
from bench.analysis.stats.decision import ALPHA
from bench.analysis.tables.costs import cost_table
from bench.analysis.tables.image_sets import class_names, groups
from bench.blocks import Form, Row
from bench.blocks.cells import number
from bench.report.common.phrases import ends, p_value, points
from bench.report.common.rows import rows
from bench.report.common.speed_ways import MARK, disturbed
from bench.report.common.titles import ordered, title
from bench.spec.errors import UsageError
from bench.store import predictions

if TYPE_CHECKING:
    import pandas as pd

    from bench.store.predictions import Read
    from bench.tasks.classification.predictions import Predictions

    Pairs = Mapping[str, tuple[Predictions, Predictions]]

#: What stands side by side.
_ABOUT = {
    "family": "Family",
    "kind": "Kind",
    "trained_on": "Trained on",
    "resolution": "Resolution, pixels",
    "pretrain_images": "Pretraining images",
    "params": "Params, M",
    "gmacs": "GMACs",
    "activations": "Activations, M",
    "throughput": "Throughput, img/s",
    "latency": "Latency, ms",
    "device": "Speed measured on",
}
#: What should be equal for a gap to speak of the architecture.
_MATTERS = {
    "Trained on": "pretraining",
    "Resolution, pixels": "resolution",
    "GMACs": "GMACs",
    "Params, M": "parameters",
    "Throughput, img/s": "throughput",
    "Latency, ms": "latency",
}


@dataclass(frozen=True)
class PairComparison:
    """All numbers of a comparison: frames of `bench.analysis.compare.two_models`.

    ``steps`` are the parts that the gap on val falls into; ``parts`` a frame for each set that
    has groups.
    """

    first: str
    second: str
    about: tuple[Row, ...]
    sets: pd.DataFrame
    confidence: pd.DataFrame
    classes: pd.DataFrame | None
    parts: Mapping[str, pd.DataFrame]
    steps: tuple[Row, ...]


def between(frame: pd.DataFrame, read: Read, first: str, second: str) -> PairComparison:
    """Compare two models of the store's ``frame`` by their stored answers.

    Raises UsageError, with the command that mends it, where there are none of the same images,
    and `ValueError` where these are damaged.
    """
    pairs = predictions.pairs(frame, read, first, second)
    if not pairs:
        raise UsageError(predictions.missing(frame, first, second))
    pairs = {name: pairs[name] for name in ordered(list(pairs))}
    table, names = cost_table(frame), (first, second)
    return PairComparison(
        first,
        second,
        tuple(map(_said, side_by_side(table, names, tuple(_ABOUT)))),
        sets_in_points(pairs),
        confidence_in_points(pairs),
        _classes(frame, pairs),
        dict(_groups(frame, pairs)),
        tuple(_steps(frame, read, table, names)),
    )


def numbers(found: PairComparison) -> dict[str, Any]:
    """All of it as built-ins, for JSON; in % and points, p as numbers."""
    tables = {"sets": found.sets, "confidence": found.confidence}
    tables |= {} if found.classes is None else {"classes": found.classes}
    tables |= {f"parts_{role}": table for role, table in found.parts.items()}
    return {
        "first": found.first,
        "second": found.second,
        "answer": list(sentences(found)),
        "about": list(found.about),
        "steps": list(found.steps),
        **{name: rows(table) for name, table in tables.items()},
    }


def _steps(
    frame: pd.DataFrame, read: Read, table: pd.DataFrame, names: tuple[str, str]
) -> Iterator[Row]:
    """The gap on val as architecture plus pretraining, by way of models that share one of them."""
    for what, one, two in steps(table, names):
        pair = predictions.pairs(frame, read, one, two).get("val")
        if pair is not None:
            yield {"step": f"{what}: {one} less {two}", **gap_in_points(*pair)}


def _classes(frame: pd.DataFrame, pairs: Pairs) -> pd.DataFrame | None:
    """Val class by class; None where neither saw it."""
    if "val" not in pairs:
        return None
    one, two = pairs["val"]
    return parts_in_points(one, two, class_labels(class_names(frame, "val"), one))


def _groups(frame: pd.DataFrame, pairs: Pairs) -> Iterator[tuple[str, pd.DataFrame]]:
    """Sets whose images belong to groups, such as corruptions."""
    for role, (one, two) in pairs.items():
        if names := one.group_names or groups(frame, role):
            # Answers stored without groups are of sets whose images take turns in them.
            place = range(len(one)) if one.group is None else one.group.tolist()
            yield role, parts_in_points(one, two, group_labels(names, place))


def _said(row: Mapping[str, Any]) -> Row:
    """A row of `side_by_side` in words."""
    sides = ("first", "second")
    cells = {side: _cell(row[side]) for side in sides}
    noisy = zip(sides, row["disturbed"], strict=True)
    marks = {f"{side}_mark": MARK for side, share in noisy if disturbed({"disturbed": share})}
    return {
        "what": _ABOUT[row["column"]],
        **cells,
        **{name: row[name] for name in ("ratio", "equal")},
        **marks,
    }


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if not math.isfinite(value):
        return None
    whole = float(value).is_integer()
    return f"{int(value):,}" if whole else number(float(value), Form.SIGNIFICANT, 3)


def sentences(found: PairComparison) -> Iterator[str]:
    """The answer: the gap on val, where it widens, what is unequal."""
    table = {str(row["role"]): row for row in rows(found.sets)}
    clean = table.get("val") or next(iter(table.values()))
    yield _gap_sentence(found, clean)
    clear, tested = changed_under_shift(found.sets)
    if len(clear):
        said = [
            f"{title(r['role'])} {points(r['gap'])} ({points(r['widening'])} "
            f"{ends(r, 'widening')} against val)"
            for r in rows(clear)
        ]
        yield f"The gap clearly changes under shift: {', '.join(said)}."
    elif tested:
        yield "On no shifted set does the gap clearly differ from val's."
    unequal = [str(row["what"]) for row in found.about if row["equal"] == "no"]
    if named := [word for what, word in _MATTERS.items() if what in unequal]:
        yield f"Not held equal: {', '.join(named)}."


def _gap_sentence(found: PairComparison, row: Mapping[str, Any]) -> str:
    where = f"{title(row['role'])} ({row['n']:,} images)"
    around = f"{points(row['gap'])} points {ends(row, 'gap')}"
    if row["p"] <= ALPHA:
        better, worse = (found.first, found.second)[:: 1 if row["gap"] > 0 else -1]
        return f"On {where} {better} is better than {worse}: {around}, p {p_value(row['p'])}."
    detectable = number(row["detectable"], Form.FIXED, 2)
    return (
        f"On {where} the two cannot be told apart: {around}, p {p_value(row['p'])}; with so many "
        f"images a difference of {detectable} points would be found 4 times in 5."
    )
