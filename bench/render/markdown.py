"""GitHub-flavoured Markdown, with tables to paste into an issue or a README."""

from __future__ import annotations

import re

from bench.blocks import (
    Block,
    Code,
    Download,
    Figure,
    Heading,
    Note,
    Report,
    Table,
    Text,
    Tone,
    cells,
)

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#$@!{}])")
_ALERT = {Tone.INFO: "NOTE", Tone.WARN: "WARNING"}


def escape(text: str) -> str:
    r"""Plain text that Markdown shows as it is.

    >>> print(escape("convnext_m <b>|"))
    convnext\_m \<b\>\|
    """
    return _SPECIAL.sub(r"\\\1", cells.plain(text))


def _paragraph(text: str) -> str:
    """Escaped text that cannot start a list, a quote or a rule."""
    escaped = escape(text)
    return re.sub(r"^(\d*)([-+.)=])", r"\1\\\2", escaped)


def table(block: Table) -> str:
    """Caption, table and footnotes; a column's group is part of its title."""
    header = [escape(cells.heading(column, group=True)) for column in block.columns]
    rule = ["---:" if column.numeric else "---" for column in block.columns]
    body = [[escape(cells.cell(column, row)) for column in block.columns] for row in block.rows]
    lines = [f"| {' | '.join(line)} |" for line in (header, rule, *body)]
    notes = [_paragraph(note) for note in block.notes]
    return "\n\n".join([f"**{escape(block.caption)}**", "\n".join(lines), *notes])


def _code(text: str) -> str:
    """A code block, its fence longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{cells.plain(text)}\n{fence}"


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {escape(block.text)}"
        case Text():
            return f"**{escape(block.text)}**" if block.lead else _paragraph(block.text)
        case Code():
            return _code(block.text)
        case Note():
            return f"> [!{_ALERT[block.tone]}]\n> {_paragraph(block.text)}"
        case Table():
            return table(block)
        case Figure():
            return f"*Figure: {escape(block.title)}.* {escape(block.alt)}"
        case Download():
            return f"{escape(block.title)}: {escape(block.name)}"


def render(report: Report) -> str:
    """The whole report; figures become their alternative text, the data stay in the HTML report."""
    parts = [f"# {escape(report.title)}", _paragraph(report.subtitle)]
    parts += [_block(block) for block in report.blocks]
    if report.provenance:
        parts.append("## Provenance")
        parts.append("\n".join(f"- {escape(k)}: {escape(v)}" for k, v in report.provenance))
    return "\n\n".join(part for part in parts if part) + "\n"
