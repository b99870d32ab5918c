"""Two models on the same images: how far apart they are, where, and what else differs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench import registry
from bench.analysis.compare.gap import compare_confidence, compare_parts, compare_sets, right
from bench.analysis.stats.proportions import paired_difference
from bench.analysis.tables.costs import cost_table
from bench.blocks import Form, Row
from bench.blocks.cells import number
from bench.report.common.models import rows
from bench.report.common.paired import ALPHA, ends, ordered, p_value, points, title
from bench.spec.errors import UsageError
from bench.store import predictions

if TYPE_CHECKING:
    import pandas as pd

    from bench.store.predictions import Read
    from bench.tasks.classification.predictions import Predictions

    Pairs = Mapping[str, tuple[Predictions, Predictions]]

#: Columns of accuracies and differences, fractions in analysis, percent and points here.
_SHARES = (
    *("first", "second", "gap", "gap_low", "gap_high", "discordance", "detectable"),
    *("widening", "widening_low", "widening_high", "same_answer"),
)
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
class Found:
    """All numbers of a comparison: frames as `bench.analysis.compare.gap` gives them, in % or points.

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


def between(frame: pd.DataFrame, read: Read, first: str, second: str) -> Found:
    """Compare two models of the store's ``frame`` by their stored answers.

    Raises UsageError, with the command that mends it, where there are none of the same images,
    and `ValueError` where these are damaged.
    """
    pairs = predictions.pairs(frame, read, first, second)
    if not pairs:
        raise UsageError(predictions.missing(frame, first, second))
    pairs = {name: pairs[name] for name in ordered(list(pairs))}
    table = cost_table(frame)
    sets = _percent(compare_sets(pairs), _SHARES)
    confidence = compare_confidence(pairs)
    shares = [str(c) for c in confidence if str(c).startswith(("confidence_", "over_", "ece_"))]
    clean = pairs.get("val")
    return Found(
        first,
        second,
        tuple(_about(table, (first, second))),
        sets,
        _percent(confidence, shares),
        None if clean is None else _classes(frame, clean),
        dict(_groups(frame, pairs)),
        tuple(_steps(frame, read, table, (first, second))),
    )


def numbers(found: Found) -> dict[str, Any]:
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
    first, second = (table.set_index("model").loc[name] for name in names)
    if (first["architecture"] == second["architecture"]) or (
        first["trained_on"] == second["trained_on"]
    ):
        return
    for one, other in ((second, first), (first, second)):
        between = table[
            (table["architecture"] == one["architecture"])
            & (table["trained_on"] == other["trained_on"])
        ]
        for middle in between["model"]:
            for a, b in ((names[0], middle), (middle, names[1])):
                pair = predictions.pairs(frame, read, a, b).get("val")
                if pair is not None:
                    same = table.set_index("model").loc[[a, b], "architecture"].nunique() == 1
                    yield _step(f"{'pretraining' if same else 'architecture'}: {a} less {b}", pair)


def _percent(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    table = table.copy()
    table[list(columns)] *= 100
    return table


def _parts(first: Any, second: Any, part: Sequence[str]) -> pd.DataFrame:
    return _percent(compare_parts(first, second, part), _SHARES[:5])


def _classes(frame: pd.DataFrame, pair: tuple[Predictions, Predictions]) -> pd.DataFrame:
    names = _option(frame, "val", "characters") or ()
    labels = [str(names[t] if t < len(names) else t) for t in pair[0].target.tolist()]
    return _parts(right(pair[0]), right(pair[1]), labels)


def _groups(frame: pd.DataFrame, pairs: Pairs) -> Iterator[tuple[str, pd.DataFrame]]:
    """Sets whose images belong to groups, such as corruptions, severities taken together."""
    for role, (one, two) in pairs.items():
        groups = one.group_names or _option(frame, role, "groups")
        if isinstance(groups, tuple) and groups:
            kinds = [str(group).rpartition("-")[0] or str(group) for group in groups]
            # Answers stored without groups are of sets whose images take turns in them.
            place = range(len(one)) if one.group is None else one.group.tolist()
            labels = [kinds[i % len(kinds)] for i in place]
            yield role, _parts(right(one), right(two), labels)


def _option(frame: pd.DataFrame, role: str, name: str) -> Any:
    """What the declaration of that role's set says; None if it is not declared here."""
    known = registry.load().datasets
    used = frame.loc[(frame["role"] == role) | (frame["dataset"] == role), "dataset"].unique()
    declared = [known[dataset] for dataset in used if dataset in known]
    return declared[0].options.get(name) if len(declared) == 1 else None


def _step(label: str, pair: tuple[Predictions, Predictions]) -> Row:
    found = paired_difference(right(pair[0]), right(pair[1]))
    gap = found.difference.scaled(100)
    return {"step": label, "gap": gap.value, "gap_low": gap.low, "gap_high": gap.high, "p": found.p}


def _about(costs: pd.DataFrame, names: tuple[str, str]) -> Iterator[Row]:
    """What the two are, side by side; ``ratio`` first over second."""
    table = costs.set_index("model")
    one, two = (table.loc[name].to_dict() for name in names)
    words = {
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
    }
    if one["device"] != two["device"]:
        words["device"] = "Speed measured on"
    for key, said in words.items():
        a, b = one.get(key), two.get(key)
        if key in ("throughput", "latency") and one["device"] != two["device"]:
            continue  # speeds of two machines do not compare
        if _absent(a) and _absent(b):
            continue
        cells = {name: _cell(value) for name, value in (("first", a), ("second", b))}
        yield {"what": said, **cells, "ratio": _ratio(a, b), "equal": _equal(a, b)}


def _absent(value: Any) -> bool:
    return value is None or (not isinstance(value, str) and not math.isfinite(value))


def _cell(value: Any) -> str | None:
    if _absent(value):
        return None
    if isinstance(value, str):
        return value
    whole = float(value).is_integer()
    return f"{int(value):,}" if whole else number(float(value), Form.SIGNIFICANT, 3)


def _ratio(a: Any, b: Any) -> float | None:
    if isinstance(a, str) or isinstance(b, str) or _absent(a) or _absent(b) or not b:
        return None
    return float(a) / float(b)


def _equal(a: Any, b: Any) -> str:
    ratio = _ratio(a, b)
    if ratio is None:
        return "yes" if a == b else "no"
    return "yes" if ratio == 1 else "within 10 %" if 1 / 1.1 <= ratio <= 1.1 else "no"


def sentences(found: Found) -> Iterator[str]:
    """The answer: the gap on val, where it widens, what is unequal."""
    table = {str(row["role"]): row for row in rows(found.sets)}
    clean = table.get("val") or next(iter(table.values()))
    yield _gap_sentence(found, clean)
    shifts = [
        r for role, r in table.items() if role != "val" and r["widening_low"] == r["widening_low"]
    ]
    clear = [r for r in shifts if r["widening_low"] > 0 or r["widening_high"] < 0]
    if clear:
        said = [
            f"{title(r['role'])} {points(r['gap'])} ({points(r['widening'])} "
            f"{ends(r, 'widening')} against val)"
            for r in clear
        ]
        yield f"The gap clearly changes under shift: {', '.join(said)}."
    elif shifts:
        yield "On no shifted set does the gap clearly differ from val's."
    unequal = [str(row["what"]) for row in found.about if row["equal"] == "no"]
    if named := [word for what, word in _MATTERS.items() if what in unequal]:
        yield f"Not held equal: {', '.join(named)}."


def _gap_sentence(found: Found, row: Mapping[str, Any]) -> str:
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
