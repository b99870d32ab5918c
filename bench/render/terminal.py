"""Reports in the terminal as Rich tables, split into parts if the window is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text as RichText

from bench.blocks import (
    Block,
    Code,
    Column,
    Download,
    Figure,
    Heading,
    Note,
    Report,
    Table,
    Text,
    Tone,
    cells,
    encodings,
)

_WIDEST = 44  # characters of a text column; longer texts are wrapped


def _styled(text: str, console: Console, style: str = "") -> RichText:
    """Text without markup, in characters that the terminal's encoding has."""
    text = cells.plain(text)
    if not console.encoding.lower().startswith("utf"):
        text = (
            text.translate(encodings.ASCII)
            .encode(console.encoding, "replace")
            .decode(console.encoding)
        )
    return RichText(text, style=style)


def _table(block: Table, console: Console) -> None:
    """Print the table, with intervals if that fits the window, else without and in several parts.

    The first column, which names the row, is repeated in each part.
    """
    first, *rest = block.columns
    console.print(_styled(block.caption, console, "bold"))
    intervals = any(cells.interval(c, row) for c in block.columns for row in block.rows)
    whole = intervals and _fits(block.columns, block, console, intervals=True)
    part = [first]
    for column in rest:
        if len(part) > 1 and not _fits([*part, column], block, console, intervals=whole):
            console.print(_rich_table(part, block, console, intervals=whole))
            part = [first]
        part.append(column)
    console.print(_rich_table(part, block, console, intervals=whole))
    for group, members in groupby(block.columns, key=lambda column: column.group):
        if group:
            titles = ", ".join(column.brief or column.title for column in members)
            console.print(_styled(f"{titles}: {group}", console, "dim"))
    for note in block.notes:
        console.print(_styled(note, console, "dim"))
    if intervals and not whole:
        console.print(
            _styled("A wider window or the HTML report shows the intervals.", console, "dim")
        )
    console.print()


def _fits(columns: Sequence[Column], block: Table, console: Console, *, intervals: bool) -> bool:
    part = _rich_table(columns, block, console, intervals=intervals)
    unlimited = console.options.update(max_width=10_000)
    return console.measure(part, options=unlimited).maximum <= console.width


def _rich_table(
    columns: Sequence[Column], block: Table, console: Console, *, intervals: bool
) -> RichTable:
    """One rich table of these columns."""
    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for column in columns:
        title = cells.heading(replace(column, title=column.brief or column.title))
        table.add_column(
            _styled(title, console),
            justify="right" if column.numeric else "left",
            vertical="bottom",
            overflow="fold",
            no_wrap=column.numeric,
            max_width=None if column.numeric else _WIDEST,
        )
    for row in block.rows:
        texts = (
            cells.cell(c, row) if intervals else cells.value(c, row) + cells.mark(c, row)
            for c in columns
        )
        table.add_row(*(_styled(text, console) for text in texts))
    return table


def _print(block: Block, console: Console) -> None:
    match block:
        case Heading():
            console.print(_styled(block.text, console, "bold underline"), end="\n\n")
        case Text():
            console.print(_styled(block.text, console, "bold" if block.lead else ""), end="\n\n")
        case Code():
            # Soft wrap, so that a command copied from a narrow window stays on one line.
            console.print("  ", _styled(block.text, console, "cyan"), sep="", soft_wrap=True)
            console.print()
        case Note():
            warn = block.tone is Tone.WARN
            lead = "Warning: " if warn else "Note: "
            text = _styled(lead + block.text, console, "yellow" if warn else "dim")
            console.print(text, end="\n\n")
        case Table():
            _table(block, console)
        case Figure() | Download():
            pass  # pictures and files are in the HTML report


def render(report: Report, console: Console) -> None:
    """Print the whole report; ``console`` determines width, colour and encoding."""
    console.print(_styled(report.title, console, "bold"))
    console.print(_styled(report.subtitle, console, "dim"), end="\n\n")
    for block in report.blocks:
        _print(block, console)
    for what, value in report.provenance:
        console.print(_styled(f"{what}: {value}", console, "dim"))
