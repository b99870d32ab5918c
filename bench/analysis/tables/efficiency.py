"""From the store's long frame to what each network costs, and how fast it runs in each way.

Networks and the result that counts for each are those of `bench.analysis.tables.costs`. Nothing is
hidden: what failed is a row with its error in ``problems``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.analysis.stats.pareto import standings
from bench.analysis.tables.axes import FrontAxis
from bench.analysis.tables.costs import NETWORK, WAY, by_network
from bench.analysis.tables.newest import newest, newest_job

Record = dict[str, Any]

#: What has an interval where it was repeated.
REPEATED = ("throughput", "latency_p50", "peak_memory", "compile_seconds")
_ABOUT = ("family", "kind", "size", "world", "source")
_COSTS = ("params", "gmacs", "gmacs_fvcore", "gmacs_torch", "activations", "traffic")
_SPEEDS = (*REPEATED, "latency_p95", "latency_p99", "compute_share", "bandwidth_share", "disturbed")
_ENDS = tuple(f"{name}_{end}" for name in REPEATED for end in ("low", "high"))
_BY_STAGE = ("params", "gmacs", "activations")


def profile_table(frame: pd.DataFrame) -> pd.DataFrame:
    """What one image costs: one row for each architecture and resolution that was profiled.

    Columns: ``architecture resolution``, ``family kind size world source``; ``params`` (M),
    ``gmacs`` and ``gmacs_torch`` of the two counters, ``gmacs_fvcore``, ``apart`` their difference
    (% of the larger), ``activations`` (M), ``traffic`` (GB moved by unfused operators); ``failed``
    jobs and ``problems``, why. NaN where not measured; by family, then GMACs.

    Architectures are named as `bench.analysis.tables.costs.by_network` names them.
    """
    rows = []
    for part in _parts(frame, "profile", NETWORK):
        row = _row(part, NETWORK, _COSTS)
        low, high = sorted((row["gmacs"], row["gmacs_torch"]))
        rows.append(row | {"apart": 100 * (high - low) / high})
    names = [*NETWORK, *_ABOUT, *_COSTS, "apart", "failed", "problems"]
    table = _numeric(pd.DataFrame(rows, columns=names), (*_COSTS, "apart"))
    return table.sort_values(["family", "gmacs", *NETWORK], kind="stable", ignore_index=True)


def stage_table(frame: pd.DataFrame) -> pd.DataFrame:
    """What each stage costs: a row for each stage of a profiled network, in the network's order.

    Columns: ``architecture resolution family stage``; ``params`` (M), ``gmacs``, ``activations``
    (M), of each the ``_total`` of the network and the stage's ``_share`` of it (%).
    """
    rows: list[Record] = []
    for network in _parts(frame, "profile", NETWORK):
        good = network.counted
        value = {record["metric"]: record["value"] for record in good}
        for stage in dict.fromkeys(name.partition("/")[2] for name in value if "/" in name):
            row: Record = {name: good[0][name] for name in (*NETWORK, "family")}
            row["stage"] = stage
            for metric in _BY_STAGE:
                part, total = value.get(f"{metric}/{stage}", math.nan), value.get(metric, math.nan)
                row |= {metric: part, f"{metric}_total": total}
                row[f"{metric}_share"] = 100 * part / total if total else math.nan
            rows.append(row)
    numbers = [f"{metric}{part}" for metric in _BY_STAGE for part in ("", "_total", "_share")]
    table = _numeric(pd.DataFrame(rows, columns=[*NETWORK, "family", "stage", *numbers]), numbers)
    return table.sort_values(["family", "gmacs_total", *NETWORK], kind="stable", ignore_index=True)


def efficiency_table(frame: pd.DataFrame) -> pd.DataFrame:
    """How fast each network runs: one row for each that was timed, on each device in each `WAY`.

    Columns: ``architecture resolution device_name precision channels_last compile``, ``family kind
    size world source``; ``batch`` (images; NaN where that is not told); with ``_low`` and ``_high``
    ``throughput`` (img/s), ``latency_p50`` (ms, one image), ``peak_memory`` (MiB) and
    ``compile_seconds``; ``latency_p95 latency_p99``; ``compute_share`` and ``bandwidth_share`` (%
    of the device's fastest matrix product and copy) and ``bound``, the nearer of the two,
    ``product`` or ``copy``; ``disturbed`` (% of samples); ``params gmacs activations traffic`` as
    in `profile_table`; ``failed`` jobs and ``problems``, why. NaN where not measured; by device and
    way, then family and GMACs.

    All numbers of a row are of one job, the newest that succeeded.
    """
    rows = []
    for part in _parts(frame, "speed", (*NETWORK, *WAY)):
        row = _row(part, (*NETWORK, *WAY), (*_SPEEDS, "batch"))
        rows.append(row | {"bound": _bound(row["compute_share"], row["bandwidth_share"])})
    names = [*NETWORK, *WAY, *_ABOUT, "batch", *_SPEEDS, *_ENDS, "bound", "failed", "problems"]
    table = _numeric(pd.DataFrame(rows, columns=names), ("batch", *_SPEEDS, *_ENDS))
    costs = profile_table(frame)[[*NETWORK, "params", "gmacs", "activations", "traffic"]]
    table = table.merge(costs, how="left", on=list(NETWORK))
    return table.sort_values([*WAY, "family", "gmacs", *NETWORK], kind="stable", ignore_index=True)


def accuracy_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Top-1 on val of the best weights of each network and pretraining scale.

    Weights cost nothing: of one network the best alone can be on a front. Columns: ``architecture
    resolution world scale model``, ``top1`` (%) with ``_low`` and ``_high``, ``n`` (images),
    ``source`` and ``run``.
    """
    good = by_network(frame)[(frame["metric"] == "top1") & (frame["role"] == "val")]
    network = [*NETWORK, "world", "scale"]
    best = newest(good, ["model", "resolution"]).sort_values("value", kind="stable")
    best = best.drop_duplicates(network, keep="last")
    best = best.rename(columns={"value": "top1", "low": "top1_low", "high": "top1_high"})
    names = [*network, "model", "top1", "top1_low", "top1_high", "n", "source", "run"]
    return best[names].reset_index(drop=True)


def fronts(costs: pd.DataFrame, accuracy: pd.DataFrame, axis: FrontAxis) -> pd.DataFrame:
    """Who is on the Pareto front of top-1 over a cost; see `bench.analysis.stats.pareto.standings`.

    ``costs`` is a `profile_table`, or an `efficiency_table` where the axis is ``timed``. A front
    is of one world and pretraining scale and, where timed, of one device and `WAY`; memory is also
    of one batch size. Columns: those of both tables, ``front`` and ``tied``; networks that lack
    the cost or the accuracy are left out.
    """
    about = accuracy.drop(columns="source").assign(accuracy_source=accuracy["source"])
    table = costs.merge(about, on=[*NETWORK, "world"]).dropna(subset=[axis.column])
    one = ["world", "scale", *(WAY if axis.timed else ())]
    one += ["batch"] if axis.column == "peak_memory" else []
    table = table.sort_values([*one, axis.column], kind="stable", ignore_index=True)
    axes = {axis.column: axis.better, "top1": "higher"}
    found = [standings(part, axes) for _, part in table.groupby(one, dropna=False)]
    on = pd.concat(found) if found else pd.DataFrame(columns=["front", "tied"])
    return table.join(on.astype(bool))


@dataclass(frozen=True)
class _Part:
    """Rows of one network, or of one network in one `WAY`, as records, oldest first."""

    every: list[Record]
    counted: list[Record]  #: the measurements of its newest job that has some


def _parts(frame: pd.DataFrame, measure: str, keys: Sequence[str]) -> Iterator[_Part]:
    own = by_network(frame)[frame["measure"] == measure]
    own = own.sort_values("finished", kind="stable").reset_index(drop=True)
    counted = set(newest_job(own, keys).index)
    parts: dict[tuple[Any, ...], _Part] = {}
    for place, record in enumerate(own.astype(object).where(own.notna(), None).to_dict("records")):
        row = {str(name): value for name, value in record.items()}
        part = parts.setdefault(tuple(row[name] for name in keys), _Part([], []))
        part.every.append(row)
        if place in counted:
            part.counted.append(row)
    yield from parts.values()


def _row(part: _Part, keys: Sequence[str], metrics: Sequence[str]) -> Record:
    """One network's numbers, NaN where there are none, and what went wrong."""
    good = part.counted
    about = (good or part.every)[-1]
    row: Record = {name: about[name] for name in (*keys, *_ABOUT)}
    row |= dict.fromkeys(metrics, math.nan)
    for found in good:
        if found["metric"] in metrics:
            row[found["metric"]] = found["value"]
        if found["metric"] in REPEATED:
            row |= {f"{found['metric']}_{end}": found[end] for end in ("low", "high")}
    if math.isnan(row.get("batch", 0)) and about["batch_size"]:
        row["batch"] = about["batch_size"]
    bad = {record["job"]: record["error"] for record in part.every if record["status"] == "failed"}
    problems = dict.fromkeys(error or "failed" for error in bad.values())
    return row | {"failed": len(bad), "problems": "; ".join(problems)}


def _numeric(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    return table.astype(dict.fromkeys(columns, "float64"))


def _bound(compute: float, bandwidth: float) -> str:
    """The ceiling that is nearer; in a roofline it is the one that bounds.

    Source: Williams, Waterman and Patterson (2009), Roofline, doi:10.1145/1498765.1498785.
    """
    if math.isnan(compute) or math.isnan(bandwidth):
        return ""
    return "product" if compute >= bandwidth else "copy"
