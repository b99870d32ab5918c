"""Scaling fits of any table of points, as a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import bench
from bench.analysis.scaling.between import Between, between
from bench.analysis.scaling.curves import law_band
from bench.analysis.scaling.groups import GroupFit, fit_groups, summary
from bench.analysis.tables.axes import Quantity
from bench.analysis.tables.observations import Observations
from bench.blocks import (
    Axis,
    AxisScale,
    Block,
    Curve,
    Figure,
    Form,
    Heading,
    Note,
    Report,
    Table,
    Text,
    Tone,
)
from bench.blocks.cells import number
from bench.blocks.columns import column, columns
from bench.report.common.rows import rows
from bench.report.fit import checklist, families

if TYPE_CHECKING:
    import pandas as pd

#: Groups up to which each has a sentence, and a colour of its own.
_SPOKEN, _DRAWN = 6, 8


@dataclass(frozen=True)
class Fitted:
    """Points, their laws, and ``table``: one row a group, y in percent unless it is a loss."""

    given: Observations
    groups: tuple[GroupFit, ...]
    table: pd.DataFrame
    source: str

    @cached_property
    def between(self) -> Between:
        """Tests between the groups."""
        return between({group.name: group.law for group in self.groups})

    @property
    def loss(self) -> bool:
        """Whether y is a loss, without unit."""
        return self.given.quantity is Quantity.LOSS

    @property
    def unit(self) -> str:
        """Of y as shown."""
        return "" if self.loss else "%"

    @property
    def y(self) -> str:
        """What is fitted."""
        return self.given.y if self.loss else f"error ({self.given.y})"


def fitted(given: Observations, *, images: int | None = None, source: str = "") -> Fitted:
    """Fit every group; ``source`` is where the points come from, for the report."""
    groups = fit_groups(given, images=images)
    return Fitted(given, groups, summary(groups, given.factor), source)


def numbers(found: Fitted) -> dict[str, Any]:
    """All of it as built-ins, for JSON; y in percent unless it is a loss."""
    return {
        "source": found.source,
        "x": found.given.x,
        "y": found.y,
        "unit": found.unit or None,
        "notes": list(found.given.notes),
        "fits": rows(found.table),
        **families.numbers(found.between),
        "checklist": dict(checklist.method(found.groups, _provenance(found))),
    }


def report(found: Fitted) -> Report:
    """The fits as a report."""
    return Report(
        title=f"Scaling of {found.y} with {found.given.x}",
        subtitle=" · ".join(part for part in (found.source, *found.given.notes) if part),
        blocks=tuple(_blocks(found)),
        provenance=(("bench", bench.__version__),),
    )


def _blocks(found: Fitted) -> Iterator[Block]:
    table = rows(found.table)
    if len(table) <= _SPOKEN:
        yield Text(text=" ".join(_sentence(found, row) for row in table), lead=True)
    else:
        made = sum(not row["reason"] for row in table)
        yield Text(text=f"{made} of {len(table)} groups fitted.", lead=True)
    if blank := sum(found.given.missing.values()):
        text = f"{blank} rows lack {found.given.x} or {found.given.y}; they are left out."
        yield Note(text=text, tone=Tone.WARN)
    done = [row for row in table if not row["reason"]]
    if done:
        yield from _tables(found, done)
    if refused := [row for row in table if row["reason"]]:
        yield _refused(refused)
    if len(table) > 1:
        yield Heading(text="Do the groups share a law?")
        yield from families.blocks(found.between, found.given.x, name="pairs")
    listed = tuple(
        checklist.checklist(
            found.groups, _provenance(found), unit=found.unit, factor=found.given.factor
        )
    )
    if listed:
        yield Heading(text="Good-practice checklist")
        yield from listed


def _provenance(found: Fitted) -> checklist.Provenance:
    x, y = found.given.x, found.given.y
    return checklist.Provenance(
        x=f"Column {x}, as given. Say what it counts: parameters with or without embeddings, MACs "
        "or FLOPs, forward or training, at which resolution",
        y=f"Column {y}; {'; '.join(found.given.notes)}",
        training="Not known here. Say whether one recipe served all sizes, whether rate and epochs "
        "were tuned for each, and that final checkpoints were used",
        source=f"bench {bench.__version__}; {found.source}" if found.source else bench.__version__,
    )


def _sentence(found: Fitted, row: Mapping[str, Any]) -> str:
    """One group in words: level, slope, and what twice and four times the scale would give."""
    if row["reason"]:
        return f"{row['group']}: no fit: {row['reason']}."
    unit = f" {found.unit}" if found.unit else ""

    def band(name: str, digits: int, form: Form = Form.FIXED, after: str = "") -> str:
        value, low, high = (number(row[f"{name}{end}"], form, digits) for end in _ENDS)
        return f"{value}{after} [{low}, {high}]"

    digits = 2 if found.unit else 3
    return (
        f"{row['group']}: {band('top', digits, after=unit)} at {row['x_top']:g} {found.given.x}, "
        f"elasticity there {band('elasticity_top', 3, Form.SIGNED)}; predicted "
        f"{band('at_2x', digits, after=unit)} at twice and {band('at_4x', digits, after=unit)} at "
        "four times that."
    )


_ENDS = ("", "_low", "_high")


def _tables(found: Fitted, done: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    """The curve, its predictions and its trial; slopes and parameters."""
    if len(found.groups) <= _DRAWN:
        yield figure(found)
    body = [dict(row) for row in done]
    for row in body:
        row["unsure"] = "" if row["identified"] else "?"
    x = found.given.x
    level: dict[str, Any] = {"unit": found.unit, "digits": 2 if found.unit else 3}
    yield Table(
        name="fits",
        caption=f"Fitted {found.y}, with 90 % intervals",
        columns=(
            column("group"),
            column("sizes", key="used"),
            column("decades"),
            column("error_at", key="top", title="At the largest", **level),
            column("error_at", key="at_2x", title=f"2× {x}", **level),
            column("error_at", key="at_4x", title=f"4× {x}", **level),
            column("error_at", key="held_out", title="Largest, from the others", **level),
            column("actual", **level),
        ),
        rows=tuple(body),
        notes=("The interval of the largest, predicted from the others, is for one more model.",),
        filterable=len(body) > _SPOKEN,
    )
    unsure = any(row["unsure"] for row in body)
    yield Table(
        name="slopes",
        caption=f"Slope of ln y over ln {found.given.x}, and the saturating law's parameters",
        columns=(
            *columns("group", "elasticity", "elasticity_top", "exponent"),
            column("floor", **level),
            column("form"),
        ),
        rows=tuple(body),
        notes=(
            *(("? c spans more than threefold: not identified.",) if unsure else ()),
            "Elasticities compare between groups; c and the floor do so within one form only.",
        ),
        filterable=len(body) > _SPOKEN,
    )


def _refused(refused: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        name="refused",
        caption="Groups that carry no law",
        columns=columns("group", "points", "reason"),
        rows=tuple(refused),
    )


def figure(found: Fitted) -> Figure:
    """Points and laws in log-log axes; dashed to four times the largest x."""
    points = found.given.table
    body = tuple(
        {
            "group": row["group"],
            "x": row["x"],
            "y": row["y"] * found.given.factor,
            "what": "measured",
        }
        for row in rows(points)
    )
    return Figure(
        name="fits",
        title=f"{found.y} over {found.given.x}",
        caption="Lines are scaling fits with 90 % bands, dashed where they extrapolate.",
        alt=f"{found.y} falls as {found.given.x} rises, one curve for each group.",
        rows=body,
        x=Axis(key="x", label=found.given.x, scale=AxisScale.LOG),
        y=Axis(key="y", label=found.y, unit=found.unit, scale=AxisScale.LOG),
        hue="group",
        style="what",
        hues=tuple(found.given.groups),
        styles=("measured",),
        label="group",
        curves=tuple(_curves(found)),
    )


def _curves(found: Fitted) -> Iterator[Curve]:
    for group in found.groups:
        if group.law.refused:
            continue
        first, top = float(group.law.x[0]), group.top
        for low, high, dashed in ((first, top, False), (top, 4 * top, True)):
            band = law_band(group.law, low, high, found.given.factor)
            yield Curve(
                x=band.x,
                y=band.y,
                low=band.low,
                high=band.high,
                hue=group.name,
                dashed=dashed,
            )
