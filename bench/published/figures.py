"""Published figures in this project's own terms: ``reports/published/*.csv``, each with a source.

Nothing here was measured by this project, and every row says so (``source`` is ``published``).
Accuracies carry Wilson intervals computed from the published share and the size of the set.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bench
from bench.data import imagenet
from bench.spec.kinds import Kind, Role, Scale
from bench.store.frame import COLUMNS, TYPES

if TYPE_CHECKING:
    import pandas as pd

#: Images that each share is of: column of ``imagenet.csv`` to role, metric and number of images.
SETS: Mapping[str, tuple[Role, str, int]] = {
    "val": (Role.VAL, "top1", 50_000),
    "val_top5": (Role.VAL, "top5", 50_000),
    "val_a": (Role.VAL, "top1/a-classes", 10_000),
    "val_r": (Role.VAL, "top1/r-classes", 10_000),
    "real": (Role.REAL, "top1", 46_837),
    "v2": (Role.V2, "top1", 10_000),
    "a": (Role.A, "top1", 7_500),
    "r": (Role.R, "top1", 30_000),
    "sketch": (Role.SKETCH, "top1", 50_889),
}
_COSTS = {"params": "M", "gmacs": "GMACs", "activations": "M"}
#: What each set is, as it is declared.
_ABOUT = {dataset.role: dataset.about for dataset in imagenet.DATASETS}
#: What the sources say of the precision that accuracies were computed in.
UNSTATED = "precision not stated"
#: The runs whose speed stands in a scaling table: one device, one way.
SPEED = "timm-4090-eager"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """One published checkpoint, tested at one resolution."""

    model: str  #: timm's name, ``swin_tiny_patch4_window7_224.ms_in1k``
    family: str
    kind: Kind
    size: str
    scale: Scale
    trained_on: str  #: ``in22k>in1k``
    pretrain_images: int | None  #: None where no source states it
    resolution: int  #: pixels
    crop_pct: float
    interpolation: str
    figures: Mapping[str, float]  #: by column of the file; what is not published is absent
    sources: Mapping[str, str]  #: ``accuracy`` and ``cost`` to a key of `sources`

    @property
    def architecture(self) -> str:
        """Name without the weights tag."""
        return self.model.partition(".")[0]


def frame(names: Collection[str] | None = None) -> pd.DataFrame:
    """All published rows of those models, of all if None, as a store's frame has them.

    ``names`` are timm's with weights tag. One row a measurement, columns as
    `bench.store.frame.COLUMNS`; a model tested at two resolutions has rows of both.
    """
    return rows(
        (row.model, row.family, row) for row in checkpoints() if names is None or row.model in names
    )


def rows(chosen: Iterable[tuple[str, str, Checkpoint]]) -> pd.DataFrame:
    """A frame of (model's name, family, checkpoint); see `frame`."""
    import pandas as pd  # not above: listing does without

    records = [
        {**_about(row), "model": name, "family": family, **measured}
        for name, family, row in chosen
        for measured in _measured(row)
    ]
    return pd.DataFrame(
        {
            name: pd.Series([r.get(name) for r in records], dtype=TYPES.get(name, "str"))
            for name in COLUMNS
        }
    )


def _about(row: Checkpoint) -> dict[str, Any]:
    same = ("architecture", "size", "trained_on", "pretrain_images")
    more = ("resolution", "crop_pct", "interpolation")
    about = {name: getattr(row, name) for name in (*same, *more)}
    about |= {"kind": str(row.kind), "scale": str(row.scale)}
    fixed = {"world": "imagenet", "status": "ok", "source": "published"}
    return about | fixed | {"channels_last": False, "compile": False}


def _measured(row: Checkpoint) -> Iterator[dict[str, Any]]:
    """One record for each published figure."""
    accuracy, cost = (_origin(row.sources[what]) for what in ("accuracy", "cost"))
    for column, (role, metric, n) in SETS.items():
        if (share := row.figures.get(column)) is not None:
            about = {"measure": "evaluate", "dataset": f"imagenet-{role}", "role": str(role)}
            about |= {} if role is Role.VAL else {"twin": "imagenet-val"}
            about |= {"dataset_about": _ABOUT[role], "precision": UNSTATED}
            value = {"metric": metric, "value": share, "unit": "%", "n": n}
            yield {**about, **value, **_interval(share, n), **accuracy}
    for metric, unit in _COSTS.items():
        value = {"metric": metric, "value": row.figures[metric], "unit": unit}
        yield {"measure": "profile", **value, **cost}
    speed = _speeds().get((row.architecture, row.resolution))
    if speed is not None:
        way: dict[str, Any] = {name: speed[name] for name in ("device_name", "precision")}
        way["batch_size"] = int(speed["batch_size"])
        value = {"metric": "throughput", "value": float(speed["throughput"]), "unit": "img/s"}
        yield {"measure": "speed", **way, **value, **_origin(SPEED)}


def _origin(key: str) -> dict[str, str]:
    return {"run": key, "finished": sources()[key]["date"]}


def _interval(share: float, n: int) -> dict[str, float]:
    from bench.analysis.stats.intervals import wilson

    around = wilson(round(share / 100 * n), n).scaled(100)
    return {"low": around.low, "high": around.high}


@cache
def checkpoints() -> tuple[Checkpoint, ...]:
    """All of ``imagenet.csv``, in its order."""
    return tuple(map(_checkpoint, _read("imagenet.csv")))


def _checkpoint(row: Mapping[str, str]) -> Checkpoint:
    return Checkpoint(
        model=row["model"],
        family=row["family"],
        kind=Kind(row["kind"]),
        size=row["size"],
        scale=Scale(row["scale"]),
        trained_on=row["trained_on"],
        pretrain_images=int(row["pretrain_images"]) if row["pretrain_images"] else None,
        resolution=int(row["resolution"]),
        crop_pct=float(row["crop_pct"]),
        interpolation=row["interpolation"],
        figures={name: float(row[name]) for name in (*SETS, *_COSTS) if row[name]},
        sources={"accuracy": row["source"], "cost": row["cost_source"]},
    )


@cache
def sources() -> Mapping[str, Mapping[str, str]]:
    """What each source is, by its key: ``date where note``."""
    return {row["key"]: row for row in _read("sources.csv")}


def cited(frame: pd.DataFrame) -> dict[str, str]:
    """The sources that the published rows of a frame name: key to where it lies, and its date.

    >>> list(cited(frame({"resnet50.a1_in1k"})))
    ['timm-results', 'timm-pro6000', 'timm-4090-eager']
    """
    named = frame.loc[frame["source"] == "published", "run"].unique()
    return {key: f"{sources()[key]['where']}, {sources()[key]['date']}" for key in named}


@cache
def _speeds() -> Mapping[tuple[str, int], Mapping[str, str]]:
    runs = (row for row in _read("throughput.csv") if row["source"] == SPEED)
    return {(row["architecture"], int(row["resolution"])): row for row in runs}


def convnext_paper() -> pd.DataFrame:
    """The ConvNeXt paper's own comparison, on the devices that published it, a block each.

    V100 (Table 1), A100 (Table 12), and RTX 4090 eager and compiled (timm) for the same networks.
    Columns: ``device_name precision channels_last compile torch batch_size label architecture
    resolution params`` (M) ``gmacs top1_1k top1_22k`` (%, as Table 1 prints them), ``throughput``
    (img/s) and ``source``, a key of `sources`. Speeds compare within one device and way, never
    across. What a source does not state is missing.

    >>> table = convnext_paper()
    >>> table.groupby(["device_name", "compile"], sort=False, dropna=False).size().tolist()
    [24, 14, 20, 20]
    """
    import pandas as pd

    papers = pd.DataFrame(_read("papers.csv"))
    network = ["architecture", "resolution"]
    first = papers[papers["source"] == "convnext-t1"]
    about = first.drop_duplicates(network)[[*network, "label", "params", "gmacs"]]
    for scale in ("1k", "22k"):
        own = first[first["scale"] == scale].rename(columns={"top1": f"top1_{scale}"})
        about = about.merge(own[[*network, f"top1_{scale}"]], how="left", on=network)
    speeds = papers.drop_duplicates(["source", *network])
    speeds = speeds.drop(columns=["label", "params", "gmacs"]).assign(compile="false")
    runs = pd.DataFrame(_read("throughput.csv"))
    runs = runs[runs["source"].isin(("timm-4090-eager", "timm-4090-compiled"))]
    runs = runs.sort_values("source", ascending=False, kind="stable")
    table = pd.concat([speeds, runs]).merge(about, on=network)[[*_PAPER]]
    for name in ("params", "gmacs", "top1_1k", "top1_22k", "throughput"):
        table[name] = pd.to_numeric(table[name])
    for name in ("resolution", "batch_size"):
        table[name] = pd.to_numeric(table[name]).astype("Int64")
    for name in ("channels_last", "compile"):
        table[name] = table[name].map({"true": True, "false": False}).astype("boolean")
    return table


_PAPER = (
    *("device_name", "precision", "channels_last", "compile", "torch", "batch_size", "label"),
    *("architecture", "resolution", "params", "gmacs", "top1_1k", "top1_22k", "throughput"),
    "source",
)


def _read(name: str) -> tuple[dict[str, str], ...]:
    """Rows of a published file, blank cells as ""."""
    with (_folder() / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def _folder() -> Path:
    package = Path(bench.__file__).parent
    # A wheel carries the reports inside the package; a checkout has them beside it.
    inside = package / "_reports"
    return (inside if inside.is_dir() else package.parent / "reports") / "published"
