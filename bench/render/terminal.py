"""Rich tables: aligned in a terminal, plain text in a pipe, whole in a narrow window."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text as RichText

from bench.render import cells
from bench.report import (
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
)

_ASCII = str.maketrans({"−": "-", "–": "-", "×": "x", "±": "+", "†": "*", "’": "'", "·": "-"})


def _shown(text: str, console: Console, style: str = "") -> RichText:
    """Text without markup that the terminal's encoding can show."""
    text = cells.plain(text)
    if not console.encoding.lower().startswith("utf"):
        text = text.translate(_ASCII).encode(console.encoding, "replace").decode(console.encoding)
    return RichText(text, style=style)


def tables(block: Table, console: Console) -> Iterable[RichTable]:
    """The table, as often as needed side by side: whole column groups that fit the window.

    The first column, which names the row, comes first in each part.
    """
    wanted, rest = [block.columns[0]], list(block.columns[1:])
    groups = [list(g) for _, g in groupby(rest, key=lambda column: column.group or column.key)]
    for group in groups:
        if len(wanted) > 1 and not _fits([*wanted, *group], block, console):
            yield _part(wanted, block, console)
            wanted = [block.columns[0]]
        for column in group:
            if len(wanted) > 1 and not _fits([*wanted, column], block, console):
                yield _part(wanted, block, console)
                wanted = [block.columns[0]]
            wanted.append(column)
    yield _part(wanted, block, console)


def _fits(columns: list[Column], block: Table, console: Console) -> bool:
    part = _part(columns, block, console)
    return console.measure(part, options=console.options.update(max_width=10_000)).maximum <= (
        console.width
    )


def _part(columns: list[Column], block: Table, console: Console) -> RichTable:
    """One rich table of these columns."""
    table = RichTable(
        title=_shown(block.caption, console),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for column in columns:
        title = column.group and f"{column.group}\n{cells.heading(column)}"
        lines = (title or cells.heading(column)).split("\n")
        header = RichText("\n").join(_shown(line, console) for line in lines)
        table.add_column(
            header,
            justify="right" if column.numeric else "left",
            vertical="bottom",
            overflow="fold",
            no_wrap=column.numeric,
        )
    for row in block.rows:
        table.add_row(*(_shown(cells.cell(column, row), console) for column in columns))
    return table


def _print(block: Block, console: Console) -> None:
    match block:
        case Heading():
            console.print(_shown(block.text, console, "bold underline"), end="\n\n")
        case Text():
            console.print(_shown(block.text, console, "bold" if block.lead else ""), end="\n\n")
        case Code():
            # Soft wrap: a command copied from a narrow window must stay one line.
            console.print("  ", _shown(block.text, console, "cyan"), sep="", soft_wrap=True)
            console.print()
        case Note():
            warn = block.tone is Tone.WARN
            lead = "Warning: " if warn else "Note: "
            text = _shown(lead + block.text, console, "yellow" if warn else "dim")
            console.print(text, end="\n\n")
        case Table():
            for table in tables(block, console):
                console.print(table)
            for note in block.notes:
                console.print(_shown(note, console, "dim"))
            if block.notes:
                console.print()
        case Figure() | Download():
            pass  # pictures and files are in the HTML report


def render(report: Report, console: Console) -> None:
    """Print the whole report; ``console`` decides on width, colour and encoding."""
    console.print(_shown(report.title, console, "bold"))
    console.print(_shown(report.subtitle, console, "dim"), end="\n\n")
    for block in report.blocks:
        _print(block, console)
    for what, value in report.provenance:
        console.print(_shown(f"{what}: {value}", console, "dim"))
