"""From the store's long frame to the scaling table: one row a model.

Nothing is hidden: a model whose jobs failed keeps its row, with NaN where a number is missing
and the reason in ``problems``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.gain import pretraining_gain
from bench.analysis.laws import fits
from bench.analysis.robustness import Line, NoLine, fit_line

#: Distribution shifts, in the order of the table.
SHIFTS = ("v2", "a", "r", "sketch", "c")
ROLES = ("val", *SHIFTS)
_COST = ("params", "gmacs", "activations", "throughput")
_ABOUT = ("family", "kind", "size", "scale", "model", "source")
_LADDER = {size: rank for rank, size in enumerate(("xs", "s", "m", "l", "xl"))}


def scaling_table(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per model of the store's ``frame``, by family, pretraining scale and size.

    Columns: ``family kind size scale model source``; ``params`` (M), ``gmacs``, ``activations``
    (M), ``throughput`` (img/s, with ``_low`` and ``_high``) and the ``device_name`` it was measured
    on; for ``val v2 a r sketch c`` the top-1 (%) with ``_low``, ``_high`` and ``_n``; ``twin_`` and
    a shift's name, top-1 on that shift's in-distribution twin; ``drop_`` and ``rel_drop_``, what
    is lost from the twin (points, %); ``er_`` effective robustness (points) over this table's own
    line (NaN at 0 or 100 %, as for a model that a set was mined against); ``failed``, how many
    jobs failed, and ``problems``, why. Absent numbers are NaN.

    Cost and speed belong to an architecture: they serve every weights of it. Of several
    measurements of one thing, whole sets come before limited ones, then the newest counts.

    Raises `ValueError` if the frame lacks a column.
    """
    needed = {"model", "architecture", "measure", "metric", "value", "role", "status", *_ABOUT}
    if absent := sorted(needed - set(frame.columns)):
        raise ValueError(f"no column {', '.join(absent)}")
    good = _newest_last(frame[frame["metric"].isin(("top1", *_COST)) & frame["value"].notna()])
    bad = frame[frame["status"] == "failed"].drop_duplicates("job")
    models = frame[list(dict.fromkeys((*_ABOUT, "architecture")))].drop_duplicates("model")
    rows = [_row(about, good, bad) for about in models.to_dict("records")]
    table = pd.DataFrame(rows, columns=_columns())
    table = _with_effective_robustness(table)
    order = table["size"].map(_LADDER).astype(float).fillna(len(_LADDER))
    keys = table.assign(_order=order).sort_values(
        ["family", "scale", "_order", "gmacs", "model"], kind="stable"
    )
    return keys.drop(columns="_order").reset_index(drop=True)


def robustness_lines(table: pd.DataFrame) -> dict[str, Line | NoLine]:
    """This table's own line from twin to each shift, or why there is none, by shift."""
    return {s: fit_line(table[f"twin_{s}"], table[s]) for s in SHIFTS}


def _columns() -> list[str]:
    names = [*_ABOUT, *_COST, "throughput_low", "throughput_high", "device_name"]
    for role in ROLES:
        names += [role, f"{role}_low", f"{role}_high", f"{role}_n"]
    names += [f"{prefix}_{s}" for s in SHIFTS for prefix in ("twin", "drop", "rel_drop", "er")]
    return [*names, "failed", "problems"]


def _newest_last(rows: pd.DataFrame) -> pd.DataFrame:
    """Sorted so that the last of several measurements of one thing is the one to keep."""
    rank = pd.DataFrame(index=rows.index)
    whole = rows["limit"].isna() if "limit" in rows else pd.Series(True, index=rows.index)
    rank["whole"] = whole.astype(int)
    rank["n"] = pd.to_numeric(rows["n"], errors="coerce").astype(float) if "n" in rows else 0.0
    rank.loc[rank["whole"] == 1, "n"] = 0.0
    rank["finished"] = rows["finished"].astype(str) if "finished" in rows else ""
    return rows.loc[rank.sort_values(["whole", "n", "finished"], kind="stable").index]


def _row(about: dict[Any, Any], good: pd.DataFrame, bad: pd.DataFrame) -> dict[str, object]:
    """One model's numbers."""
    row: dict[str, object] = {name: about[name] for name in _ABOUT}
    mine = good[good["model"] == about["model"]]
    kin = good[good["architecture"] == about["architecture"]]
    for metric in _COST:
        found = kin[kin["metric"] == metric]
        row[metric] = _last(found, "value")
        if metric == "throughput" and len(found):
            row |= {f"throughput_{end}": _last(found, end) for end in ("low", "high")}
            row["device_name"] = found["device_name"].iloc[-1] if "device_name" in found else ""
    top1 = mine[mine["metric"] == "top1"]
    for role in ROLES:
        found = top1[top1["role"] == role]
        row[role] = _last(found, "value")
        row |= {f"{role}_{end}": _last(found, end) for end in ("low", "high", "n")}
        if role != "val" and len(found):
            row |= _twin(role, found, top1)
    bad = bad[_concerns(bad, about)]
    row["failed"] = len(bad)
    row["problems"] = "; ".join(dict.fromkeys(_problem(b) for b in bad.to_dict("records")))
    return row


def _concerns(bad: pd.DataFrame, about: dict[Any, Any]) -> pd.Series:
    """Rows about a model: its own, and those of cost, which its architecture shares."""
    shared = (bad["measure"] != "evaluate") & (bad["architecture"] == about["architecture"])
    own = bad["model"] == about["model"]
    return own.mask(shared, True)


def _problem(bad: dict[Any, Any]) -> str:
    where, why = bad.get("dataset"), bad.get("error")
    return f"{bad['measure'] if pd.isna(where) else where}: {'failed' if pd.isna(why) else why}"


def _twin(role: str, found: pd.DataFrame, top1: pd.DataFrame) -> dict[str, object]:
    """Accuracy on the in-distribution twin of a shifted set, and what is lost from it."""
    name = found["twin"].iloc[-1] if "twin" in found else None
    twin = top1[top1["dataset"] == name] if pd.notna(name) else top1[:0]
    base = _last(twin if len(twin) else top1[top1["role"] == "val"], "value")
    drop = base - _last(found, "value")
    relative = 100 * drop / base if base > 0 else math.nan
    return {f"twin_{role}": base, f"drop_{role}": drop, f"rel_drop_{role}": relative}


def _last(rows: pd.DataFrame, column: str) -> float:
    if not len(rows) or column not in rows or pd.isna(rows[column].iloc[-1]):
        return math.nan
    return float(rows[column].iloc[-1])


def _with_effective_robustness(table: pd.DataFrame) -> pd.DataFrame:
    numbers = [c for c in table.columns if c not in (*_ABOUT, "device_name", "problems")]
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
