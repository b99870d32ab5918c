"""ConvNeXt against Swin at equal cost: measured here, and as the ConvNeXt paper compares them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench.analysis.compare.speedup import matched, matched_by_mode, overview
from bench.blocks import Block, Column, Form, Heading, Table, Text
from bench.blocks.cells import is_number, number
from bench.published import figures
from bench.report.common.models import rows
from bench.report.common.ways import LAYOUT, PRECISION, layout, mode, way
from bench.report.efficiency.costs import PIXELS

if TYPE_CHECKING:
    import pandas as pd

FIRST, SECOND = "convnext", "swin"
_TITLES = {FIRST: "ConvNeXt", SECOND: "Swin"}
_MODES = {"eager": "Eager, img/s", "compiled": "Compiled, img/s"}
_PAIR = ["first", "second", "resolution"]
_EQUAL = "Equal cost: the same resolution, and GMACs within 10 % of each other."


def verdict(summary: pd.DataFrame) -> Iterator[str]:
    """A sentence or two for each device, of a `bench.analysis.compare.speedup.summary`."""
    for device, part in summary.groupby("device_name", sort=False):
        ways = sorted(rows(part), key=lambda row: -row["ratio"])
        fast, slow = ways[0], ways[-1]
        said = f"On {device}, ConvNeXt's throughput at equal cost is {_times(fast)} in {way(fast)}"
        if len(ways) > 1:
            between = f", and between these in {len(ways) - 2} more" if len(ways) > 2 else ""
            said += f", and {_times(slow)} in {way(slow)}{between}"
        if slow["ratio_high"] < 1 < fast["ratio_low"]:
            said += ": which of them is faster hangs on how they are run"
        elif not any(row["ratio_low"] > 1 or row["ratio_high"] < 1 for row in ways):
            said += ": the intervals leave open which of them is faster"
        yield f"{said}."


def measured(pairs: pd.DataFrame) -> Iterator[Block]:
    """A table for each device, of `bench.analysis.compare.speedup.matched` pairs; nothing for none."""
    if pairs.empty:
        return
    yield Heading(text="ConvNeXt against Swin at equal cost")
    for device, part in pairs.groupby("device_name"):
        yield _side_by_side(part, str(device), (_EQUAL,))


def paper(pairs: pd.DataFrame) -> Iterator[Block]:
    """The ConvNeXt paper's comparison, of the devices that published it and of those here.

    ``pairs`` are measured ones; those of networks that the paper does not compare are left out.
    """
    theirs = _published()
    sizes = theirs[[*_PAIR, "size"]].drop_duplicates()
    ours = pairs.drop(columns="size").merge(sizes, on=_PAIR).assign(source="measured here")
    found = [*rows(overview(ours)), *rows(overview(theirs))]
    names = [f"{row['size']} {row['resolution']}" for row in sizes.to_dict("records")]
    yield Heading(text="The ConvNeXt paper's own comparison")
    yield Text(
        text="Rows differ in device, library and year, and are no ranking: what each tells is how "
        "many times Swin's throughput ConvNeXt's is there."
    )
    yield Table(
        name="paper",
        caption="Throughput of ConvNeXt over that of Swin, by size and resolution",
        columns=(
            Column(key="device_name", title="Device"),
            PRECISION,
            LAYOUT,
            Column(key="mode", title="Mode"),
            *(_ratio(name, name, "ConvNeXt ÷ Swin") for name in names),
            Column(key="source", title="Source"),
        ),
        rows=tuple(row | {"layout": layout(row), "mode": mode(row)} for row in found),
        notes=(_EQUAL, *_cited(theirs["source"])),
    )
    for device, part in theirs.groupby("device_name", sort=False):
        yield _side_by_side(part, str(device), _cited(part["source"]))


def _published() -> pd.DataFrame:
    """Pairs of the published comparison, the paper's own devices first."""
    table = figures.convnext_paper()
    named = table["label"].str.partition("-")
    table = table.assign(family=named[0].str.lower(), size=named[2], world="imagenet")
    pairs = matched(table, FIRST, SECOND)
    order = {device: i for i, device in enumerate(table["device_name"].unique())}
    pairs = pairs.assign(source=pairs["source_first"], order=pairs["device_name"].map(order))
    return pairs.sort_values(["order", "compile", "resolution", "gmacs_first"], kind="stable")


def _cited(keys: pd.Series) -> tuple[str, ...]:
    known = figures.sources()
    return tuple(f"{key}: {known[key]['where']}, {known[key]['date']}." for key in keys.unique())


def _side_by_side(pairs: pd.DataFrame, device: str, notes: tuple[str, ...]) -> Table:
    """Pairs of one device, eager and compiled in one row."""
    found = matched_by_mode(pairs)
    modes = [mode for mode in _MODES if found[f"ratio_{mode}"].notna().any()]
    return Table(
        name=f"pairs {device}",
        caption=f"ConvNeXt and Swin on {device}, pairs of equal cost",
        columns=(
            Column(key=FIRST, title="ConvNeXt"),
            Column(key=SECOND, title="Swin"),
            PIXELS,
            PRECISION,
            LAYOUT,
            *(column for mode in modes for column in _of_mode(mode, sourced="source" in pairs)),
        ),
        rows=tuple(
            row | {"layout": layout(row), FIRST: row["first"], SECOND: row["second"]}
            for row in rows(found)
        ),
        notes=notes,
    )


def _of_mode(mode: str, *, sourced: bool) -> Iterator[Column]:
    for side, family in (("first", FIRST), ("second", SECOND)):
        yield Column(
            key=f"throughput_{side}_{mode}",
            title=_TITLES[family],
            group=_MODES[mode],
            form=Form.SIGNIFICANT,
            digits=3,
            low=f"throughput_low_{side}_{mode}",
            high=f"throughput_high_{side}_{mode}",
        )
    yield _ratio("ratio", "Ratio", _MODES[mode], f"_{mode}")
    if sourced:
        yield Column(key=f"source_{mode}", title="Source", group=_MODES[mode])


def _ratio(key: str, title: str, group: str, end: str = "") -> Column:
    return Column(
        key=f"{key}{end}",
        title=title,
        group=group,
        form=Form.FIXED,
        digits=2,
        low=f"{key}_low{end}",
        high=f"{key}_high{end}",
    )


def _times(row: dict[str, Any]) -> str:
    """``1.51 times Swin's (1.49 to 1.54, over 3 sizes)``."""
    value, low, high = (number(row[f"ratio{end}"], Form.FIXED, 2) for end in ("", "_low", "_high"))
    sizes = f"{row['pairs']} size{'' if row['pairs'] == 1 else 's'}"
    around = f"{low} to {high}, over {sizes}" if is_number(row["ratio_low"]) else f"over {sizes}"
    return f"{value} times Swin's ({around})"
