"""ConvNeXt against Swin at equal cost: measured here, and as the ConvNeXt paper compares them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench.analysis.compare.family_speed import (
    FIRST,
    SECOND,
    Lead,
    Spread,
    published_pairs,
    spreads,
)
from bench.analysis.compare.speedup import matched_by_mode, overview
from bench.blocks import Block, Column, Form, Heading, Table, Text
from bench.blocks.cells import is_number, number
from bench.blocks.columns import column, columns
from bench.published import figures
from bench.report.common.rows import rows
from bench.report.common.speed_ways import DISTURBED, disturbed, layout, mode, way
from bench.report.common.titles import counted

if TYPE_CHECKING:
    import pandas as pd

_TITLES = {FIRST: "ConvNeXt", SECOND: "Swin"}
_SIDES = ("first", "second")
_MODES = {"eager": "Eager, img/s", "compiled": "Compiled, img/s"}
#: What is said of who is faster.
_LEADS = {
    Lead.TURNS: ": which of them is faster depends on how they are run",
    Lead.OPEN: ": the intervals leave open which of them is faster",
    Lead.HOLDS: "",
}
_PAIR = ["first", "second", "resolution"]
_EQUAL = "Equal cost: the same resolution, and GMACs within 10 % of each other."


def verdict(summary: pd.DataFrame) -> Iterator[str]:
    """A sentence or two for each device, of a `bench.analysis.compare.speedup.summary`."""
    yield from map(_sentence, spreads(summary))


def _sentence(found: Spread) -> str:
    said = f"On {found.device}, ConvNeXt's throughput at equal cost is {_times(found.highest)}"
    said += f" in {way(found.highest)}"
    if found.ways > 1:
        between = f", and between these in {found.ways - 2} more" if found.ways > 2 else ""
        said += f", and {_times(found.lowest)} in {way(found.lowest)}{between}"
    return f"{said}{_LEADS[found.lead]}."


def measured(pairs: pd.DataFrame) -> Iterator[Block]:
    """A table for each device, of `bench.analysis.compare.speedup.matched` pairs."""
    if pairs.empty:
        return
    yield Heading(text="ConvNeXt against Swin at equal cost")
    for device, part in pairs.groupby("device_name"):
        yield _side_by_side(part, str(device), (_EQUAL,))


def paper(pairs: pd.DataFrame) -> Iterator[Block]:
    """The ConvNeXt paper's comparison, of the devices that published it and of those here.

    ``pairs`` are measured ones; those of networks that the paper does not compare are left out.
    """
    theirs = published_pairs(figures.convnext_paper())
    sizes = theirs[[*_PAIR, "size"]].drop_duplicates()
    ours = pairs.drop(columns="size").merge(sizes, on=_PAIR).assign(source="measured here")
    found = [*rows(overview(ours)), *rows(overview(theirs))]
    names = [f"{row['size']} {row['resolution']}" for row in sizes.to_dict("records")]
    yield Heading(text="The ConvNeXt paper's own comparison")
    yield Text(
        text="Rows differ in device, library and year and are not a ranking: each says how many "
        "times as fast as Swin ConvNeXt is there."
    )
    yield Table(
        name="paper",
        caption="Throughput of ConvNeXt over that of Swin, by size and resolution",
        columns=(
            *columns("device_name", "precision", "layout", "mode"),
            *(
                column("throughput_ratio", key=name, title=name, group="ConvNeXt ÷ Swin")
                for name in names
            ),
            column("source"),
        ),
        rows=tuple(row | {"layout": layout(row), "mode": mode(row)} for row in found),
        notes=(_EQUAL, *_cited(theirs["source"])),
    )
    for device, part in theirs.groupby("device_name", sort=False):
        yield _side_by_side(part, str(device), _cited(part["source"]))


def _cited(keys: pd.Series) -> tuple[str, ...]:
    known = figures.sources()
    return tuple(f"{key}: {known[key]['where']}, {known[key]['date']}." for key in keys.unique())


def _side_by_side(pairs: pd.DataFrame, device: str, notes: tuple[str, ...]) -> Table:
    """Pairs of one device, eager and compiled in one row."""
    found = matched_by_mode(pairs)
    modes = [mode for mode in _MODES if found[f"ratio_{mode}"].notna().any()]
    body = [_row(row, modes) for row in rows(found)]
    noisy = any(row[f"mark_{side}_{mode}"] for row in body for side in _SIDES for mode in modes)
    return Table(
        name=f"pairs {device}",
        caption=f"ConvNeXt and Swin on {device}, pairs of equal cost",
        columns=(
            *(column("architecture", key=name, title=title) for name, title in _TITLES.items()),
            *columns("resolution", "precision", "layout"),
            *(column for mode in modes for column in _of_mode(mode, sourced="source" in pairs)),
        ),
        rows=tuple(body),
        notes=(*notes, *((DISTURBED,) if noisy else ())),
    )


def _row(row: dict[str, Any], modes: list[str]) -> dict[str, Any]:
    own = {"layout": layout(row), FIRST: row["first"], SECOND: row["second"]}
    ends = [f"_{side}_{mode}" for side in _SIDES for mode in modes]
    return row | own | {f"mark{end}": disturbed(row, end) for end in ends}


def _of_mode(mode: str, *, sourced: bool) -> Iterator[Column]:
    group = _MODES[mode]
    for side, title in zip(_SIDES, _TITLES.values(), strict=True):
        own: dict[str, Any] = {
            "title": title,
            "unit": "",
            "group": group,
            "mark": f"mark_{side}_{mode}",
        }
        yield column("throughput", suffix=f"_{side}_{mode}", **own)
    yield column("throughput_ratio", suffix=f"_{mode}", group=group)
    if sourced:
        yield column("source", suffix=f"_{mode}", group=group)


def _times(row: dict[str, Any]) -> str:
    """``1.51 times Swin's (1.49 to 1.54, over 3 sizes)``."""
    value, low, high = (number(row[f"ratio{end}"], Form.FIXED, 2) for end in ("", "_low", "_high"))
    sizes = counted(row["pairs"], "size")
    around = f"{low} to {high}, over {sizes}" if is_number(row["ratio_low"]) else f"over {sizes}"
    return f"{value} times Swin's ({around})"
