"""From the store's long frame to the scaling table: one row a model.

Nothing is hidden: a model whose jobs failed keeps its row, with NaN where a number is missing
and the reason in ``problems``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.compare.gain import pretraining_gain
from bench.analysis.robustness.effective import Line, NoLine, absolute_drop, fit_line, relative_drop
from bench.analysis.robustness.published_lines import Twin, against_published
from bench.analysis.scaling.laws import fits
from bench.analysis.tables.axes import ROLES, SHIFTS
from bench.analysis.tables.series import series

Record = dict[Any, Any]

_COST = ("params", "gmacs", "activations", "throughput", "latency_p50")
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

    Columns: ``family kind size scale model source``; ``series``, see `bench.analysis.tables.series`;
    ``resolution`` (pixels), ``crop_pct``, ``interpolation``, ``changed`` (preprocessing other than
    published), ``pretrain_images``, ``images_seen``; ``params`` (M), ``gmacs``,
    ``activations`` (M), ``throughput`` (img/s) and ``latency`` (ms, median at batch 1), both with
    ``_low`` and ``_high``, and the ``device_name`` they were measured on; ``train_gmacs``, the
    compute of training, 3 x GMACs x images seen; for ``val real v2 a r sketch c`` the top-1 (%)
    with ``_low``, ``_high`` and ``_n``; ``twin_`` and a shift's name, top-1 on that shift's
    in-distribution twin; ``drop_`` and ``rel_drop_``, what is lost from the twin (points, %);
    ``er_`` effective robustness (points) over this table's own line (NaN at 0 or 100 %, as for a
    model that a set was mined against); ``failed``, how many jobs failed, and ``problems``, why.
    Absent numbers are NaN.

    Cost and speed belong to an architecture at a resolution: they serve every weights of it. Of
    several measurements of one thing, whole sets come before limited ones, then the newest counts.

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
    good = newest_last(
        frame[frame["metric"].isin(("top1", *_SUBSETS, *_COST)) & frame["value"].notna()]
    )
    bad = frame[frame["status"] == "failed"].drop_duplicates("job")
    models = frame[[*_ABOUT, *_COUNTS, *_WORDS, "architecture"]].drop_duplicates("model")
    found = _Found({}, {}, {}, {})
    for record in good.to_dict("records"):  # the last one stays
        metric = record["metric"]
        if metric in _COST:
            found.cost[(*_network(record), metric)] = record
        elif metric in _SUBSETS:
            found.subset[record["model"], _SUBSETS[metric]] = record
        elif not pd.isna(record["role"]):
            found.role[record["model"], record["role"]] = record
            found.dataset[record["model"], record["dataset"]] = record
    rows = [_row(model, found, bad) for model in models.to_dict("records")]
    table = pd.DataFrame(rows, columns=_columns())
    table = _with_effective_robustness(table)
    table.insert(1, "series", series(table))
    keys = ["family", "scale", "series", "gmacs", "params", "model"]
    return table.sort_values(keys, kind="stable").reset_index(drop=True)


def robustness_lines(table: pd.DataFrame) -> dict[str, Line | NoLine]:
    """This table's own line from twin to each shift, or why there is none, by shift."""
    return {s: fit_line(table[f"twin_{s}"], table[s]) for s in SHIFTS}


def _columns() -> list[str]:
    names = [*_ABOUT, *_COUNTS, *_WORDS, *_COST[:-1], "throughput_low", "throughput_high"]
    names += ["latency", "latency_low", "latency_high", "train_gmacs", "device_name"]
    for role in ROLES:
        names += [role, f"{role}_low", f"{role}_high", f"{role}_n"]
    names += [f"{prefix}_{s}" for s in SHIFTS for prefix in _PER_SHIFT]
    return [*names, "failed", "problems"]


def newest_last(rows: pd.DataFrame) -> pd.DataFrame:
    """Sorted so that the last of several measurements of one thing is the one to keep."""
    rank = pd.DataFrame(index=rows.index)
    whole = rows["limit"].isna() if "limit" in rows else pd.Series(True, index=rows.index)
    rank["whole"] = whole.astype(int)
    rank["n"] = pd.to_numeric(rows["n"], errors="coerce").astype(float) if "n" in rows else 0.0
    rank.loc[rank["whole"] == 1, "n"] = 0.0
    rank["finished"] = rows["finished"].astype(str) if "finished" in rows else ""
    return rows.loc[rank.sort_values(["whole", "n", "finished"], kind="stable").index]


@dataclass(frozen=True)
class _Found:
    """The measurement that counts, as a record of the frame."""

    cost: dict[tuple[Any, ...], Record]  #: by network and metric
    role: dict[tuple[str, str], Record]  #: top-1 by model and role
    dataset: dict[tuple[str, str], Record]  #: top-1 by model and dataset
    subset: dict[tuple[str, str], Record]  #: top-1 on val's images of a shift's classes, likewise


def _network(record: Record) -> tuple[Any, ...]:
    """What cost depends on; NaN equals nothing, so an unknown resolution is None."""
    pixels = _number(record, "resolution")
    return record["architecture"], None if math.isnan(pixels) else int(pixels)


def _row(about: Record, found: _Found, bad: pd.DataFrame) -> Record:
    """One model's numbers."""
    row: Record = {name: about[name] for name in (*_ABOUT, *_COUNTS, *_WORDS)}
    model, architecture = about["model"], about["architecture"]
    cost = {metric: found.cost.get((*_network(about), metric)) for metric in _COST}
    row |= {metric: _number(record, "value") for metric, record in cost.items()}
    row["latency"] = row.pop("latency_p50")
    speed = cost["throughput"]
    for name, record in (("throughput", speed), ("latency", cost["latency_p50"])):
        row |= {f"{name}_{end}": _number(record, end) for end in ("low", "high")}
    row["train_gmacs"] = _PASSES * row["gmacs"] * _number(about, "images_seen")
    row["device_name"] = speed.get("device_name") if speed else None
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
    pixels = _network(about)[1]
    same = bad["resolution"].isna() if pixels is None else bad["resolution"] == pixels
    costs = (bad["measure"] != "evaluate") & (bad["architecture"] == architecture) & same
    mine = bad[costs | (bad["model"] == model)]
    row["failed"] = len(mine)
    row["problems"] = "; ".join(dict.fromkeys(_problem(b) for b in mine.to_dict("records")))
    return row


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


__all__ = ["ROLES", "SHIFTS", "fits", "pretraining_gain", "robustness_lines", "scaling_table"]
