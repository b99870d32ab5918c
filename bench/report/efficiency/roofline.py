"""Rooflines: how much of a device's measured ceilings each network reaches, and what bounds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench.analysis.compare.ceilings import Nearest, commonest_way, nearest
from bench.analysis.compare.speedup import eager_and_compiled, shares
from bench.blocks import Axis, AxisScale, Block, Column, Figure, Form, Heading, Table, Text
from bench.blocks.cells import number
from bench.blocks.columns import column, columns
from bench.report.common.rows import rows
from bench.report.common.speed_ways import DISTURBED, disturbed, layout, mode, way
from bench.report.common.titles import FAMILIES, order

if TYPE_CHECKING:
    import pandas as pd

_CEILINGS = {"compute_share": "Product", "bandwidth_share": "Copy"}
_MODES = {"eager": "Eager, %", "compiled": "Compiled, %"}
#: After the shares of the product and the copy.
_NEAREST = {
    Nearest.PRODUCT: "nearer the product",
    Nearest.COPY: "nearer the copy",
    Nearest.NEITHER: "far from both",
}
_ABOUT = (
    "Ceilings: the fastest large matrix product, in the row's precision, and the fastest large "
    "copy on the same device. Bytes are what unfused operators read and write; of compiled "
    "networks, whose operators are fused, they are not known."
)


def rooflines(table: pd.DataFrame) -> Iterator[Block]:
    """Sentences, figure and a table a device, of an `efficiency_table`; nothing without shares."""
    known = table[table["compute_share"].notna()]
    if known.empty:
        return
    yield Heading(text="What bounds them")
    found = shares(known)
    yield Text(text=" ".join(sentences(found)))
    yield _figure(known)
    yield _families(found)
    for device, part in known.groupby("device_name"):
        yield _table(part, str(device))


def sentences(found: pd.DataFrame) -> Iterator[str]:
    """What each family reaches on each device, in the way in which the most were timed."""
    for device, part in found.groupby("device_name", sort=False):
        told = rows(commonest_way(part))
        yield (
            f"On {device} in {way(told[0])}, the median network reaches, of the fastest matrix "
            f"product and the fastest copy: {'; '.join(map(_reached, told))}."
        )


def _reached(row: dict[str, Any]) -> str:
    """``convnext 30 and 35 %, nearer the copy``."""
    compute, copy = row["compute_share"], row["bandwidth_share"]
    shown = [number(share, Form.FIXED, 0) for share in (compute, copy)]
    near = nearest(compute, copy)
    if near is Nearest.UNKNOWN:
        return f"{row['family']} {shown[0]} % of the product, of the copy not known"
    return f"{row['family']} {shown[0]} and {shown[1]} %, {_NEAREST[near]}"


def _families(found: pd.DataFrame) -> Table:
    return Table(
        name="ceilings",
        caption="What each family reaches of the device's ceilings: the median network's share, "
        "with the least and the largest",
        columns=columns(
            *("family", "device_name", "way", "networks", "compute_share", "bandwidth_share")
        ),
        rows=tuple(row | {"way": way(row)} for row in rows(found)),
        notes=(_ABOUT,),
    )


def _table(part: pd.DataFrame, device: str) -> Table:
    found = eager_and_compiled(part)
    body = [_row(row) for row in rows(found)]
    return Table(
        name=f"roofline {device}",
        caption=f"Share of the ceilings of {device}",
        columns=(
            *columns("architecture", "resolution", "precision", "layout", "gmacs"),
            *(column for mode in _MODES for column in _shares(found, mode)),
        ),
        rows=tuple(body),
        notes=(DISTURBED,) if any(row[f"mark_{mode}"] for row in body for mode in _MODES) else (),
        filterable=True,
    )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    marks = {f"mark_{mode}": disturbed(row, f"_{mode}") for mode in _MODES}
    return row | marks | {"layout": layout(row)}


def _shares(found: pd.DataFrame, mode: str) -> Iterator[Column]:
    """Columns of the shares that are known, and of the nearer where both are."""
    there = {name: found[f"{name}_{mode}"].notna().any() for name in _CEILINGS}
    own: dict[str, Any] = {"suffix": f"_{mode}", "group": _MODES[mode]}
    for name, title in _CEILINGS.items():
        if there[name]:
            said = {"title": title, "unit": "", "brief": f"{title}, {mode}"}
            said["mark"] = f"mark_{mode}"
            yield column(name, interval=False, **own, **said)
    if all(there.values()):
        yield column("bound", brief=f"Nearer, {mode}", **own)


def _figure(known: pd.DataFrame) -> Figure:
    body = [row | {"panel": _panel(row), "mode": mode(row)} for row in rows(known)]
    return Figure(
        name="roofline",
        title="Share of the fastest matrix product",
        caption="What a network reaches of the device's arithmetic, over its size. Small networks "
        "fall short by what starting each operator costs, others by the bytes they move.",
        alt="Share of the fastest matrix product in percent over GMACs, by family.",
        rows=tuple(body),
        x=Axis(key="gmacs", label="Cost", unit="GMACs", scale=AxisScale.LOG),
        y=Axis(key="compute_share", label="Share of the matrix product", unit="%"),
        hue="family",
        style="mode",
        hues=order(set(known["family"]), FAMILIES),
        styles=("eager", "compiled"),
        label="architecture",
        panel="panel",
        panels=tuple(dict.fromkeys(str(row["panel"]) for row in body)),
    )


def _panel(row: dict[str, Any]) -> str:
    return ", ".join(
        str(word) for word in (row["device_name"], row["precision"], layout(row)) if word
    )
