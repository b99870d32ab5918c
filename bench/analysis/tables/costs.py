"""What networks cost and how fast they run: the one reader of costs from the long frame.

Cost belongs to a network, which is an architecture at a resolution with a head for so many
classes, and every weights of that network has it. Speed also belongs to a `WAY` to run. Of several
results the newest job counts, see `bench.analysis.tables.newest`. Published rows are read alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from bench.analysis.tables.newest import newest, newest_job

#: A network in tables, where `by_network` has put an unusual head into the architecture's name.
NETWORK = ("architecture", "resolution")
#: What speeds must share to be compared.
WAY = ("device_name", "precision", "channels_last", "compile")
#: Metrics of a profile job that a model's row has.
COSTS = ("params", "gmacs", "activations")
#: Metrics of a speed job that a model's row has, with their intervals, by their name there.
SPEEDS: Mapping[str, str] = {"throughput": "throughput", "latency": "latency_p50"}


def by_network(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows, with architectures of an unusual number of classes named so.

    A network whose head is of another size than is usual in its world costs something else:
    ``convnext_tiny (21841 classes)``.
    """
    if "classes" not in frame:
        return frame
    usual = _usual_classes(frame)
    named = [
        name if pd.isna(classes) or classes == usual.get(world) else f"{name} ({classes} classes)"
        for name, world, classes in frame[["architecture", "world", "classes"]].itertuples(
            index=False
        )
    ]
    return frame.assign(architecture=named)


def cost_table(frame: pd.DataFrame) -> pd.DataFrame:
    """What each model of the store's ``frame`` is and costs, one row a model in the frame's order.

    ``model architecture family kind size scale trained_on pretrain_images resolution``; costs and
    speeds as `costs_of` has them, the device as ``device``. A model that was measured at several
    resolutions has that of the top-1 that counts.
    """
    about = ["model", "architecture", "family", "kind", "size", "scale", "trained_on"]
    about += ["pretrain_images", "resolution"]
    models = frame["model"].drop_duplicates()
    evaluated = newest(frame[frame["metric"] == "top1"], ["model"])
    rows = pd.concat([evaluated, frame]).drop_duplicates("model").set_index("model").loc[models]
    rows = rows.reset_index()
    costs = costs_of(rows, frame).rename(columns={"device_name": "device"})
    return rows[about].join(costs)


def costs_of(models: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """What each of the ``models`` costs by the store's ``frame``; one row each, same index.

    ``models`` has columns ``architecture``, ``resolution`` and, where known, ``world`` and
    ``classes``. Columns of the result: ``params`` (M), ``gmacs``, ``activations`` (M) of the
    network's newest profile; ``throughput`` (img/s) and ``latency`` (ms, median of single images),
    each with ``_low`` and ``_high``, the ``device_name`` of the network's newest speed job, and
    what share of its samples was ``disturbed`` (%). NaN, or None for the device, where not
    measured.
    """
    usual = _usual_classes(frame)
    measured = frame[frame["measure"].isin(("profile", "speed"))]
    networks = pd.Series(_networks(measured, usual), index=measured.index, dtype=object)
    measured = measured.assign(network=networks)
    found: dict[Any, dict[str, Any]] = {}
    for record in newest_job(measured, ["network", "measure"]).to_dict("records"):
        found.setdefault((record["network"], record["measure"]), {})[record["metric"]] = record
    rows = [
        _costs(found.get((network, "profile"), {}), found.get((network, "speed"), {}))
        for network in _networks(models, usual)
    ]
    columns = [*COSTS, *(f"{name}{end}" for name in SPEEDS for end in ("", "_low", "_high"))]
    columns += ["disturbed"]
    table = pd.DataFrame(rows, index=models.index, columns=[*columns, "device_name"])
    return table.astype(dict.fromkeys(columns, "float64"))


def same_network(models: pd.DataFrame, rows: pd.DataFrame, frame: pd.DataFrame) -> list[list[int]]:
    """For each of the ``models``, the places in ``rows`` that are of its network."""
    usual = _usual_classes(frame)
    places: dict[Any, list[int]] = {}
    for place, network in enumerate(_networks(rows, usual)):
        places.setdefault(network, []).append(place)
    return [places.get(network, []) for network in _networks(models, usual)]


def _costs(profile: Mapping[str, Any], speed: Mapping[str, Any]) -> dict[str, Any]:
    row = {metric: _number(profile.get(metric), "value") for metric in COSTS}
    for name, metric in SPEEDS.items():
        record = speed.get(metric)
        ends = (("", "value"), ("_low", "low"), ("_high", "high"))
        row |= {f"{name}{end}": _number(record, column) for end, column in ends}
    row["disturbed"] = _number(speed.get("disturbed"), "value")
    device = next((record.get("device_name") for record in speed.values()), None)
    return row | {"device_name": None if pd.isna(device) else device}


def _number(record: Mapping[str, Any] | None, column: str) -> float:
    value = (record or {}).get(column)
    return math.nan if pd.isna(value) else float(value)


def _usual_classes(frame: pd.DataFrame) -> dict[Any, int]:
    """The number of classes that most models of each world have."""
    if not {"classes", "world"} <= set(frame.columns):
        return {}
    heads = frame[frame["classes"].fillna(0) > 0].drop_duplicates(["world", "model", "classes"])
    return {world: int(c.mode().iloc[0]) for world, c in heads.groupby("world")["classes"]}


def _networks(rows: pd.DataFrame, usual: Mapping[Any, int]) -> list[tuple[Any, ...]]:
    """(architecture, resolution, classes) of each row; None is unknown, and equals itself.

    A number of classes that an earlier version did not store is the usual one of its world.
    """
    nothing = pd.Series([None] * len(rows), index=rows.index)
    about = (rows.get(name, nothing) for name in ("resolution", "classes", "world"))
    return [
        (architecture, _whole(pixels), usual.get(world) if pd.isna(heads) else int(heads))
        for architecture, pixels, heads, world in zip(rows["architecture"], *about, strict=True)
    ]


def _whole(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)
