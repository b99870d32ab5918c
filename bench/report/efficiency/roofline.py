"""Rooflines: how much of a device's measured ceilings each network reaches, and what bounds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench.analysis.compare.speedup import eager_and_compiled, shares
from bench.blocks import Axis, AxisScale, Block, Column, Figure, Form, Heading, Table, Text
from bench.blocks.cells import is_number, number
from bench.report.common.models import rows
from bench.report.common.shared import FAMILIES, order
from bench.report.common.ways import LAYOUT, PRECISION, layout, mode, way
from bench.report.efficiency.costs import ARCHITECTURE, PIXELS

if TYPE_CHECKING:
    import pandas as pd

_CEILINGS = {"compute_share": "Product", "bandwidth_share": "Copy"}
_MODES = {"eager": "Eager, %", "compiled": "Compiled, %"}
#: % of both ceilings below which neither is what bounds a network.
_FAR = 25.0
_ABOUT = (
    "Ceilings: the fastest large matrix product, in the row's precision, and the fastest large "
    "copy on the same device. Bytes are what unfused operators read and write; of compiled ones, "
    "which are fused, nobody counted them."
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
        ways = part.groupby(["precision", "channels_last", "compile"], sort=False)
        told = rows(ways.get_group(ways["networks"].sum().idxmax()))
        yield (
            f"On {device} in {way(told[0])}, the median network reaches, of the fastest matrix "
            f"product and the fastest copy: {'; '.join(map(_reached, told))}."
        )


def _reached(row: dict[str, Any]) -> str:
    """``convnext 30 and 35 %, nearer the copy``."""
    compute, copy = row["compute_share"], row["bandwidth_share"]
    shown = [number(share, Form.FIXED, 0) for share in (compute, copy)]
    if not is_number(copy):
        return f"{row['family']} {shown[0]} % of the product, of the copy not known"
    nearer = "nearer the product" if compute >= copy else "nearer the copy"
    where = nearer if max(compute, copy) >= _FAR else "far from both"
    return f"{row['family']} {shown[0]} and {shown[1]} %, {where}"


def _families(found: pd.DataFrame) -> Table:
    return Table(
        name="ceilings",
        caption="What each family reaches of the device's ceilings: the median network's share, "
        "with the least and the largest",
        columns=(
            Column(key="family", title="Family"),
            Column(key="device_name", title="Device"),
            Column(key="way", title="Way"),
            Column(key="networks", title="Networks", form=Form.FIXED, digits=0),
            *(
                Column(
                    key=key,
                    title=title,
                    unit="%",
                    form=Form.FIXED,
                    low=f"{key}_low",
                    high=f"{key}_high",
                )
                for key, title in (
                    ("compute_share", "Of the matrix product"),
                    ("bandwidth_share", "Of the copy"),
                )
            ),
        ),
        rows=tuple(row | {"way": way(row)} for row in rows(found)),
        notes=(_ABOUT,),
    )


def _table(part: pd.DataFrame, device: str) -> Table:
    found = eager_and_compiled(part)
    return Table(
        name=f"roofline {device}",
        caption=f"Share of the ceilings of {device}",
        columns=(
            ARCHITECTURE,
            PIXELS,
            PRECISION,
            LAYOUT,
            Column(key="gmacs", title="GMACs", form=Form.SIGNIFICANT, digits=3),
            *(column for mode in _MODES for column in _shares(found, mode)),
        ),
        rows=tuple(row | {"layout": layout(row)} for row in rows(found)),
        filterable=True,
    )


def _shares(found: pd.DataFrame, mode: str) -> Iterator[Column]:
    """Columns of the shares that are known, and of the nearer where both are."""
    there = {name: found[f"{name}_{mode}"].notna().any() for name in _CEILINGS}
    for name, title in _CEILINGS.items():
        if there[name]:
            yield Column(
                key=f"{name}_{mode}",
                title=title,
                group=_MODES[mode],
                form=Form.FIXED,
                brief=f"{title}, {mode}",
            )
    if all(there.values()):
        yield Column(
            key=f"bound_{mode}",
            title="Nearer",
            group=_MODES[mode],
            brief=f"Nearer, {mode}",
            about="The ceiling of which it reaches more: in a roofline the one that bounds it",
        )


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
