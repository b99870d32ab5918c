"""From the store's long frame to the scaling table: one row a model.

Nothing is hidden: a model whose jobs failed keeps its row, with NaN where a number is missing
and the reason in ``problems``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.robustness.effective import Line, NoLine, absolute_drop, fit_line, relative_drop
from bench.analysis.robustness.published_lines import Twin, against_published
from bench.analysis.tables.axes import ROLES, SHIFTS
from bench.analysis.tables.costs import COSTS, SPEEDS, costs_of, same_network
from bench.analysis.tables.newest import oldest_first
from bench.analysis.tables.series import series

Record = dict[Any, Any]

_ENDS = ("", "_low", "_high")
_COST = (*COSTS, *(f"{name}{end}" for name in SPEEDS for end in _ENDS), "disturbed")
#: Top-1 on the val images of a shifted set's classes, as val's own job stores it.
_SUBSETS = {f"top1/{shift}-classes": shift for shift in SHIFTS}
_PER_SHIFT = ("twin", "drop", "rel_drop", "er", "published_er", "beyond")
_ABOUT = ("family", "kind", "size", "scale", "model", "source")
#: Numbers of a model that not every frame has.
_COUNTS = ("resolution", "pretrain_images", "images_seen", "crop_pct")
#: And words.
_WORDS = ("interpolation", "changed")
#: A training step costs about three forward passes: its own and twice that backwards, see Kaplan
#: et al. (2020), Scaling laws for neural language models, section 2.1.
_PASSES = 3


def scaling_table(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per model of the store's ``frame``, by family, pretraining scale and size.

    Columns: ``family kind size scale model source``; ``series``, see
    `bench.analysis.tables.series`; ``resolution`` (pixels), ``crop_pct``, ``interpolation``,
    ``changed`` (preprocessing other than published), ``pretrain_images``, ``images_seen``;
    ``params`` (M), ``gmacs``, ``activations`` (M), ``throughput`` (img/s) and ``latency`` (ms,
    median at batch 1), both with ``_low`` and ``_high``, the ``device_name`` they were measured on
    and the share of samples that others ``disturbed`` (%); ``train_gmacs``, the compute of
    training, 3 x GMACs x images seen; for ``val real v2 a r sketch c`` the top-1 (%) with
    ``_low``, ``_high`` and ``_n``; ``twin_`` and a shift's name, top-1 on that shift's
    in-distribution twin; ``drop_`` and ``rel_drop_``, what is lost from the twin (points, %);
    ``er_`` effective robustness (points) over this table's own line (NaN at 0 or 100 %, as for a
    model that a set was mined against); ``failed``, how many jobs failed, and ``problems``, why.
    Absent numbers are NaN.

    Cost and speed are those of the model's network, see `bench.analysis.tables.costs`; of several
    results the one that `bench.analysis.tables.newest` names counts.

    Raises `ValueError` if the frame lacks a column.
    """
    needed = {"model", "architecture", "measure", "metric", "value", "role", "status", *_ABOUT}
    if absent := sorted(needed - set(frame.columns)):
        raise ValueError(f"no column {', '.join(absent)}")
    frame = frame.reset_index(drop=True)
    frame = frame.assign(**{name: math.nan for name in _COUNTS if name not in frame})
    frame = frame.assign(**{name: None for name in _WORDS if name not in frame})
    # One model prepared in two ways is two rows.
    own = frame["changed"].fillna("").astype(str)
    frame["model"] = frame["model"].where(own == "", frame["model"] + " [" + own + "]")
    good = oldest_first(frame[frame["metric"].isin(("top1", *_SUBSETS))])
    bad = frame[frame["status"] == "failed"].drop_duplicates("job")
    models = frame.drop_duplicates("model")
    found = _Found({}, {}, {})
    for record in good.to_dict("records"):  # the last one stays
        if record["metric"] in _SUBSETS:
            found.subset[record["model"], _SUBSETS[record["metric"]]] = record
        elif not pd.isna(record["role"]):
            found.role[record["model"], record["role"]] = record
            found.dataset[record["model"], record["dataset"]] = record
    costs = costs_of(models, frame).to_dict("records")
    rows = [
        _row(model, cost, found) | _failures(model["model"], bad, places)
        for model, cost, places in zip(
            models.to_dict("records"), costs, same_network(models, bad, frame), strict=True
        )
    ]
    table = pd.DataFrame(rows, columns=_columns())
    table = _with_effective_robustness(table)
    table.insert(1, "series", series(table))
    keys = ["family", "scale", "series", "gmacs", "params", "model"]
    return table.sort_values(keys, kind="stable").reset_index(drop=True)


def robustness_lines(table: pd.DataFrame) -> dict[str, Line | NoLine]:
    """This table's own line from twin to each shift, or why there is none, by shift."""
    return {s: fit_line(table[f"twin_{s}"], table[s]) for s in SHIFTS}


def _columns() -> list[str]:
    names = [*_ABOUT, *_COUNTS, *_WORDS, *_COST, "train_gmacs", "device_name"]
    for role in ROLES:
        names += [role, f"{role}_low", f"{role}_high", f"{role}_n"]
    names += [f"{prefix}_{s}" for s in SHIFTS for prefix in _PER_SHIFT]
    return [*names, "failed", "problems"]


@dataclass(frozen=True)
class _Found:
    """The measurement that counts, as a record of the frame."""

    role: dict[tuple[str, str], Record]  #: top-1 by model and role
    dataset: dict[tuple[str, str], Record]  #: top-1 by model and dataset
    subset: dict[tuple[str, str], Record]  #: top-1 on val's images of a shift's classes, likewise


def _row(about: Record, cost: Record, found: _Found) -> Record:
    """One model's numbers."""
    row: Record = {name: about[name] for name in (*_ABOUT, *_COUNTS, *_WORDS)} | cost
    model = about["model"]
    row["train_gmacs"] = _PASSES * row["gmacs"] * _number(about, "images_seen")
    for role in ROLES:
        top1 = found.role.get((model, role))
        row[role] = _number(top1, "value")
        row |= {f"{role}_{end}": _number(top1, end) for end in ("low", "high", "n")}
        if role in SHIFTS and top1:
            val = found.role.get((model, "val"))
            named = found.dataset.get((model, str(top1.get("twin"))))
            twin = found.subset.get((model, role)) or named or val
            row |= _drop(role, _number(twin, "value"), row[role])
            row |= _published(role, top1, twin, val)
    return row


def _failures(model: str, bad: pd.DataFrame, places: Sequence[int]) -> Record:
    """Failed jobs of the model, and those of its network's cost that other weights ran."""
    shared = np.zeros(len(bad), dtype=bool)
    shared[list(places)] = True
    mine = bad[(shared & (bad["measure"] != "evaluate")) | (bad["model"] == model)]
    problems = dict.fromkeys(_problem(b) for b in mine.to_dict("records"))
    return {"failed": len(mine), "problems": "; ".join(problems)}


def _problem(bad: Record) -> str:
    where, why = bad.get("dataset"), bad.get("error")
    return f"{bad['measure'] if pd.isna(where) else where}: {'failed' if pd.isna(why) else why}"


def _drop(role: str, twin: float, shift: float) -> Record:
    """Accuracy on the in-distribution twin of a shifted set, and what is lost from it."""
    relative = relative_drop(twin, shift)
    drop = absolute_drop(twin, shift)
    return {f"twin_{role}": twin, f"drop_{role}": drop, f"rel_drop_{role}": relative}


def _published(role: str, top1: Record, twin: Record | None, val: Record | None) -> Record:
    """Effective robustness over the published line, and whether that had to be extended."""
    known, shift = _number(twin, "value"), _number(top1, "value")
    if not (0 < known < 100 and 0 < shift < 100):
        return {}
    kind: Twin = "val" if twin is not None and twin is val else "classes"
    over = against_published(role, known, shift, kind, world=str(top1.get("world")))
    if over is None:
        return {}
    return {f"published_er_{role}": over.points, f"beyond_{role}": float(not over.covered)}


def _number(record: Record | None, column: str) -> float:
    """A cell as a float; NaN where there is none."""
    value = (record or {}).get(column)
    return math.nan if pd.isna(value) else float(value)


def _with_effective_robustness(table: pd.DataFrame) -> pd.DataFrame:
    text = (*_ABOUT, *_WORDS, "device_name", "problems")
    numbers = [c for c in table.columns if c not in text]
    table[numbers] = table[numbers].astype(float)
    for shift, line in robustness_lines(table).items():
        if isinstance(line, Line):
            inside = table[shift].between(0, 100, inclusive="neither")  # has a logit
            beyond = line.effective(table[f"twin_{shift}"], table[shift])
            table[f"er_{shift}"] = np.where(inside, beyond, np.nan)
        else:
            table[f"er_{shift}"] = np.nan
    table["failed"] = table["failed"].astype(int)
    return table
