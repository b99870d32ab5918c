"""Pareto fronts of accuracy over a cost, with what the intervals leave open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench.analysis.tables.axes import FrontAxis
from bench.analysis.tables.efficiency import accuracy_table, fronts
from bench.analysis.tables.ranking import best_first
from bench.blocks import Axis, AxisScale, Block, Column, Curve, Figure, Heading, Note, Table
from bench.blocks.columns import column, columns
from bench.published import figures
from bench.report.common.rows import rows
from bench.report.common.speed_ways import DISTURBED, DISTURBED_COSTS, MARK, disturbed, way
from bench.report.common.titles import FAMILIES, SCALE_TITLES, order

if TYPE_CHECKING:
    import pandas as pd

_ON = (
    "● On the front: none is better at both. A front is of one pretraining scale and, where it is "
    "over time or memory, of one device and way to run."
)
_TIED = (
    "= Tied: the 95 % intervals leave open whether another is better at both. A model without a "
    "mark is surely beaten."
)
_MEMORY = "Peak memory is compared at equal batch sizes only."


def front(frame: pd.DataFrame, costs: pd.DataFrame, axis: FrontAxis) -> Iterator[Block]:
    """Figure and tables of one world.

    ``costs`` are as `bench.analysis.tables.efficiency.fronts` takes them.
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
    yield _figure([_row(row, axis) for row in rows(found)], axis)
    if not axis.timed:
        yield _table(found, axis, "", notes)
    for device in found["device_name"].unique() if axis.timed else ():
        yield _table(found[found["device_name"] == device], axis, f" on {device}", notes)


def _row(row: dict[str, Any], axis: FrontAxis) -> dict[str, Any]:
    own = {"origin": row["run"] if row["accuracy_source"] == "published" else "measured here"}
    noisy = disturbed(row) if axis.column in DISTURBED_COSTS else ""
    own["mark"] = ("●" if row["front"] else "") + ("=" if row["tied"] else "") + noisy
    own["way"] = way(row) if axis.timed else ""
    own["panel"] = f"{row['device_name']}: {own['way']}" if axis.timed else "all"
    return row | own


def _table(found: pd.DataFrame, axis: FrontAxis, where: str, notes: tuple[str, ...]) -> Table:
    """A row a model, a column a way; best first in each pretraining scale."""
    body = [_row(row, axis) for row in rows(found)]
    ways = tuple(dict.fromkeys(row["way"] for row in body))
    ranked = best_first(found, order({row["scale"] for row in body}, tuple(SCALE_TITLES)))
    models = {(row["model"], row["resolution"]): _row(row, axis) for row in rows(ranked)}
    for row in body:
        own = models[row["model"], row["resolution"]]
        for end in ("", "_low", "_high"):
            own[f"cost{end} {row['way']}"] = row.get(f"{axis.column}{end}")
        own[f"mark {row['way']}"] = row["mark"]
    noisy = any(MARK in row["mark"] for row in body)
    return Table(
        name=f"front{where}",
        caption=f"Top-1 over {axis.name}{where}: who is on the front",
        columns=(
            *columns("model", "family", "scale", "resolution", "top1", "origin"),
            *(_cost(name, axis) for name in ways),
        ),
        rows=tuple(models.values()),
        notes=(
            *notes,
            *((_MEMORY,) if axis.column == "peak_memory" else ()),
            *((DISTURBED,) if noisy else ()),
        ),
        filterable=True,
    )


def _unit(axis: FrontAxis) -> str:
    """The unit, but where the name is one."""
    return "" if axis.unit == axis.name else axis.unit


def _cost(way: str, axis: FrontAxis) -> Column:
    title, group = (way, axis.name) if way else (axis.name, "")
    own = {"title": title, "group": group, "unit": _unit(axis), "mark": f"mark {way}"}
    return column("cost", suffix=f" {way}", interval=True, **own)


def _figure(body: list[dict[str, Any]], axis: FrontAxis) -> Figure:
    names = order({row["scale"] for row in body}, tuple(SCALE_TITLES))
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
            unit=_unit(axis),
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
