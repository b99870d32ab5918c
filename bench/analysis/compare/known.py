"""Measured figures beside published ones of the same model, and why they may differ.

Of a whole set both speak of the same images, so that sampling plays no part: what may differ is
what rounding does, of decoders, of precision, of the order of sums. Of a part of a set, the
measured interval is all that one can go by.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import pandas as pd

from bench.analysis.stats.intervals import wilson
from bench.analysis.tables.newest import newest

Record = Mapping[str, Any]

#: Share of predictions that rounding may turn either way; float16 against float32 stays below.
FLIPS = 0.01
#: Relative tolerance of costs, besides that of `ROUNDED`: counters of MACs differ in norms.
TOLERANCE: Mapping[str, float] = {"params": 0.001, "gmacs": 0.03}
#: Params (M) and GMACs are published to two decimals.
ROUNDED = 0.005
#: Accuracy (%) at and below which labels and answers have nothing to do with each other.
CHANCE = 2.0
#: Points on val that another crop or filter costs at most.
PREPARATION = 3.0
#: Points on val that ImageNet's mean and std may cost a ViT trained on pixels of -1 to 1; of a
#: ViT-B/16 they were 5 in a public correction (82 to 77 %, github.com/microsoft/Olive/pull/1781).
NORMALISATION = 10.0
#: Share of the published accuracy on A or R below which a mask of its classes is missed.
MASKED = 0.9
_METRICS = ("top1", "top5", "top1/a-classes", "top1/r-classes", *TOLERANCE)
_ABOUT = ("model", "architecture", "resolution", "crop_pct", "interpolation", "dataset", "role")
_KEYS = ["model", "resolution", "crop_pct", "interpolation", "dataset", "metric"]


class Verdict(StrEnum):
    """Whether two figures are one."""

    AGREES = "agrees"
    OFF = "off"
    UNMATCHED = "unmatched"  #: prepared otherwise, so that they need not agree


def beside(measured: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """One row for each measured figure that is published at the same resolution.

    Both frames are as `bench.store.frame` has them. Accuracy is matched by model, params and GMACs
    by architecture. Columns: ``model architecture resolution crop_pct interpolation dataset role
    metric unit n``, measured ``value low high``, ``published``, its ``run`` (the source's key), the
    ``difference``, measured less published (points, or % of the published cost), with ``_low`` and
    ``_high``, ``verdict`` and ``diagnosis``, empty where figures agree.

    The interval of a difference is what rounding may do, ± 2 sqrt(`FLIPS` / n), where the whole
    published set was measured; else the measured 95 % interval less the published share.
    """
    known = {_key(row): row for row in _usable(published)}
    counted = newest(_as_published(measured), _KEYS)
    rows = [
        _compared(row, known[_key(row)])
        for row in _usable(counted.sort_index())
        if _key(row) in known
    ]
    context = {_place(row): row for row in rows}
    for row in rows:
        row["diagnosis"] = _diagnosis(row, context)
    return pd.DataFrame(rows, columns=[*_COLUMNS]).astype({"difference": "float64"})


_COLUMNS = (
    *(*_ABOUT, "metric", "unit", "n", "value", "low", "high", "published", "run", "difference"),
    *("difference_low", "difference_high", "verdict", "diagnosis"),
)


def _as_published(measured: pd.DataFrame) -> pd.DataFrame:
    """The same, with GMACs as fvcore counts them and timm publishes: norms and pooling too."""
    if "gmacs_fvcore" not in set(measured["metric"].dropna()):
        return measured
    return measured[measured["metric"] != "gmacs"].replace({"metric": {"gmacs_fvcore": "gmacs"}})


def _usable(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    good = frame[frame["metric"].isin(_METRICS) & frame["value"].notna()]
    for row in good.to_dict("records"):
        yield {str(name): value for name, value in row.items()}


def _key(row: Record) -> tuple[Any, ...]:
    cost = row["metric"] in TOLERANCE
    who = row["architecture"] if cost else row["model"]
    return who, row["resolution"], None if cost else row["role"], row["metric"]


def _compared(row: Record, published: Record) -> dict[str, Any]:
    """The numbers of one row and its verdict."""
    value, other = float(row["value"]), float(published["value"])
    cells = {name: row[name] for name in (*_ABOUT, "metric", "unit", "n", "value", "low", "high")}
    cells |= {"published": other, "run": published["run"], "published_n": published["n"]}
    cells |= {"limit": row.get("limit"), "theirs": _preparation(published)}
    if (tolerance := TOLERANCE.get(row["metric"])) is not None:
        difference, margin = 100 * (value - other) / other, 100 * (tolerance + ROUNDED / other)
        low, high = difference - margin, difference + margin
    else:
        difference = value - other
        low, high = (end - other for end in _ends(row, int(published["n"])))
    cells |= {"difference": difference, "difference_low": low, "difference_high": high}
    verdict = Verdict.AGREES if low <= 0 <= high else Verdict.OFF
    if row["metric"] not in TOLERANCE and _preparation(row) != cells["theirs"]:
        verdict = Verdict.UNMATCHED
    return cells | {"verdict": str(verdict)}


def _preparation(row: Record) -> tuple[float, str]:
    return round(float(row["crop_pct"]), 3), str(row["interpolation"])


def _ends(row: Record, whole: int) -> tuple[float, float]:
    """Where the measured share (%) may lie, see `beside`."""
    value, n = float(row["value"]), int(row["n"])
    if n == whole:
        margin = 200 * math.sqrt(FLIPS / n)
        return value - margin, value + margin
    around = wilson(round(value / 100 * n), n).scaled(100)
    return around.low, around.high


def _diagnosis(row: Record, context: Mapping[Any, Record]) -> str:
    """What the evidence fits; empty where there is nothing to explain."""
    if row["verdict"] == Verdict.AGREES:
        return ""
    if row["metric"] in TOLERANCE:
        return _cost(row, context)
    if row["value"] <= CHANCE and row["published"] >= 10 * CHANCE and row["role"] not in ("a", "r"):
        return "chance level: the order of the classes is not the model's, or labels are missing"
    if row["verdict"] == Verdict.UNMATCHED:
        (crop, kernel), (own_crop, own) = row["theirs"], _preparation(row)
        return f"prepared otherwise: crop {own_crop:g} {own}, published {crop:g} {kernel}"
    if bool(pd.isna(row["limit"])) and row["n"] != row["published_n"]:
        return f"not the same images: {row['n']:,} here, {row['published_n']:,} published"
    if (row["role"], row["metric"]) == ("val", "top1"):
        return _few_points(row) or "unexplained"
    return _given_val(row, context.get(_place({**row, "role": "val", "metric": "top1"})))


def _given_val(row: Record, val: Record | None) -> str:
    """Top-1 on val tells whether the model and the preparation of its images are right."""
    if val is None:
        return "unexplained: top-1 on val was not measured"
    if val["verdict"] != Verdict.AGREES:
        return "top-1 on val is off too: see there"
    if row["role"] in ("a", "r") and row["value"] < MASKED * row["published"]:
        return "val is right: answers not restricted to the set's 200 classes, or classes mistaken"
    if row["role"] == "v2" and row["difference"] > 0:
        return "val is right: another selection of V2 than matched frequency"
    return "unexplained"


def _few_points(row: Record) -> str:
    """How low val is tells apart how the pixels may differ; empty where it fits nothing."""
    low = row["published"] - row["value"]
    architecture, _, tag = str(row["model"]).partition(".")
    centred = architecture.startswith("vit_") and tag.startswith(("augreg", "orig_", "sam_"))
    if 0 < low <= (1.0 if centred else PREPARATION):
        return "a few points low: crop, interpolation or decoder"
    if centred and 0 < low <= NORMALISATION:
        return "low: mean and std are 0.5 for these weights, not ImageNet's; or crop, interpolation"
    return ""


def _cost(row: Record, context: Mapping[Any, Record]) -> str:
    if row["metric"] == "params":
        return "another architecture, or a head of other than 1000 classes"
    params = context.get(_place({**row, "metric": "params"}))
    if params is None or params["verdict"] != Verdict.AGREES:
        return "another architecture or resolution"
    low = row["difference"] < 0
    return f"params agree: another resolution{', or attention not counted' if low else ''}"


def _place(row: Record) -> tuple[Any, ...]:
    """One figure of one model, prepared in one way."""
    if row["metric"] in TOLERANCE:
        return row["architecture"], row["resolution"], row["metric"]
    return row["model"], row["resolution"], _preparation(row), row["role"], row["metric"]
