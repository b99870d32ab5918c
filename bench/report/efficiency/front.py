"""Pareto fronts of accuracy over a cost, with what the intervals leave open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench.analysis.tables.axes import FrontAxis
from bench.analysis.tables.efficiency import accuracy_table, fronts
from bench.blocks import Axis, AxisScale, Block, Column, Curve, Figure, Form, Heading, Note, Table
from bench.published import figures
from bench.report.common.models import PRETRAIN, rows
from bench.report.common.shared import FAMILIES, order
from bench.report.common.ways import way
from bench.report.efficiency.costs import PIXELS
from bench.report.scaling.comparison import TITLES

if TYPE_CHECKING:
    import pandas as pd

_ON = (
    "● On the front: none is better at both. A front is of one pretraining scale and, where it is "
    "over time or memory, of one device and way to run."
)
_TIED = (
    "= Tied: whether another is better at both lies within the 95 % intervals. What has no mark "
    "is surely beaten."
)
_MEMORY = "Peak memory is compared at equal batch sizes only."


def front(frame: pd.DataFrame, costs: pd.DataFrame, axis: FrontAxis) -> Iterator[Block]:
    """Figure and tables of one world; ``costs`` as `bench.analysis.tables.efficiency.fronts` takes them.

    Accuracies are the frame's, or all published ones where it has none.
    """
    accuracy = accuracy_table(frame)
    borrowed = accuracy.empty and set(frame["world"]) == {"imagenet"}
    if borrowed:
        accuracy = accuracy_table(figures.frame())
    found = fronts(costs, accuracy, axis)
    yield Heading(text=f"Top-1 over {axis.name}")
    if found.empty:
        lacks = (
            "No accuracy" if accuracy.empty else f"No {axis.name} of a network of known accuracy"
        )
        yield Note(text=f"{lacks} has been measured, so there is no front.")
        return
    if borrowed:
        yield Note(text="Top-1 is published, not measured here: each row names its source.")
    cited = figures.cited(found.assign(source=found["accuracy_source"]))
    notes = (_ON, _TIED, *(f"{key}: {where}." for key, where in cited.items()))
    body = [_row(row, axis) for row in rows(found)]
    yield _figure(body, axis)
    if not axis.timed:
        yield _table(body, axis, "", notes)
    for device in dict.fromkeys(row["device_name"] for row in body) if axis.timed else ():
        own = [row for row in body if row["device_name"] == device]
        yield _table(own, axis, f" on {device}", notes)


def _row(row: dict[str, Any], axis: FrontAxis) -> dict[str, Any]:
    own = {"origin": row["run"] if row["accuracy_source"] == "published" else "measured here"}
    own["mark"] = ("●" if row["front"] else "") + ("=" if row["tied"] else "")
    own["way"] = way(row) if axis.timed else ""
    own["panel"] = f"{row['device_name']}: {own['way']}" if axis.timed else "all"
    return row | own


def _table(
    body: list[dict[str, Any]], axis: FrontAxis, where: str, notes: tuple[str, ...]
) -> Table:
    """A row a model, a column a way; best first in each pretraining scale."""
    ways = tuple(dict.fromkeys(row["way"] for row in body))
    column = axis.column
    models: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in body:
        key = (row["model"], row["resolution"])
        own = models.setdefault(key, dict(row))
        for end in ("", "_low", "_high"):
            own[f"cost{end} {row['way']}"] = row.get(f"{column}{end}")
        own[f"mark {row['way']}"] = row["mark"]
    known = order({row["scale"] for row in body}, tuple(TITLES))
    ranked = sorted(models.values(), key=lambda row: (known.index(row["scale"]), -row["top1"]))
    return Table(
        name=f"front{where}",
        caption=f"Top-1 over {axis.name}{where}: who is on the front",
        columns=(
            Column(key="model", title="Model"),
            Column(key="family", title="Family"),
            PRETRAIN,
            PIXELS,
            Column(
                key="top1",
                title="Top-1",
                unit="%",
                form=Form.FIXED,
                low="top1_low",
                high="top1_high",
            ),
            Column(key="origin", title="Top-1 from"),
            *(
                Column(
                    key=f"cost {name}",
                    title=name or axis.name,
                    unit=axis.unit,
                    group=axis.name if name else "",
                    form=Form.SIGNIFICANT,
                    digits=3,
                    low=f"cost_low {name}",
                    high=f"cost_high {name}",
                    mark=f"mark {name}",
                )
                for name in ways
            ),
        ),
        rows=tuple(ranked),
        notes=(*notes, *((_MEMORY,) if column == "peak_memory" else ())),
        filterable=True,
    )


def _figure(body: list[dict[str, Any]], axis: FrontAxis) -> Figure:
    names = order({row["scale"] for row in body}, tuple(TITLES))
    shown = axis.name[0].upper() + axis.name[1:]
    return Figure(
        name=f"front-{axis.column}",
        title=f"Top-1 over {axis.name}",
        caption="Lines join the models on the front of each pretraining scale. Bars are 95 % "
        "intervals.",
        alt=f"Top-1 accuracy in percent over {axis.name}, with the front of each panel.",
        rows=tuple(body),
        x=Axis(
            key=axis.column,
            label=shown,
            unit="" if axis.unit == axis.name else axis.unit,
            scale=AxisScale.LOG,
            low=f"{axis.column}_low",
            high=f"{axis.column}_high",
        ),
        y=Axis(key="top1", label="Top-1", unit="%", low="top1_low", high="top1_high"),
        hue="family",
        style="scale",
        hues=order({row["family"] for row in body}, FAMILIES),
        styles=names,
        label="model",
        panel="panel",
        panels=tuple(dict.fromkeys(row["panel"] for row in body)),
        share=False,
        curves=tuple(_lines(body, axis)),
    )


def _lines(body: list[dict[str, Any]], axis: FrontAxis) -> Iterator[Curve]:
    for panel, scale in dict.fromkeys((row["panel"], row["scale"]) for row in body):
        on = [r for r in body if (r["panel"], r["scale"]) == (panel, scale) and r["front"]]
        if len(on) > 1:  # rows are sorted by cost
            yield Curve(
                x=tuple(row[axis.column] for row in on),
                y=tuple(row["top1"] for row in on),
                panel=panel,
                dashed=True,
                label="front",
            )
