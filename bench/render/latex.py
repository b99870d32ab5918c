r"""LaTeX: booktabs tables to ``\input`` into a paper, the prose around them as paragraphs."""

from __future__ import annotations

from itertools import groupby

from bench.blocks import Block, Code, Download, Figure, Heading, Note, Report, Table, Text, cells

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "-": "{-}",  # or a ligature turns two of them into a dash
    "[": "{[}",  # or a line break takes it as its optional argument
    "]": "{]}",
    "−": "$-$",
    "–": "--",
    "×": r"$\times$",
    "±": r"$\pm$",
    "†": r"\textdagger{}",
    "\ufffd": "?",
}
_SECTIONS = {1: "section", 2: "section", 3: "subsection"}
_PREAMBLE = r"""% \usepackage[T1]{fontenc}
% \usepackage{textcomp,booktabs,graphicx}
"""


def escape(text: str) -> str:
    r"""Plain text that LaTeX sets as it is.

    >>> print(escape(r"convnext_m 50%"))
    convnext\_m 50\%
    """
    return "".join(_ESCAPES.get(c, c) for c in cells.plain(text))


def table(block: Table) -> str:
    """A ``table`` float, at most as wide as the text; groups span their columns."""
    spec = "".join("r" if column.numeric else "l" for column in block.columns)
    lines = [
        r"\begin{table}[t]",
        r"\centering",
        rf"\caption{{{escape(block.caption)}}}",
        rf"\label{{tab:{''.join(c for c in block.name if c.isalnum())}}}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{spec}}}",
        r"\toprule",
        *_groups(block),
        " & ".join(escape(cells.heading(column)) for column in block.columns) + r" \\",
        r"\midrule",
    ]
    lines += [
        " & ".join(escape(cells.cell(c, row)) for c in block.columns) + r" \\" for row in block.rows
    ]
    lines += [r"\bottomrule", r"\end{tabular}}"]
    lines += [rf"\par\footnotesize {escape(note)}" for note in block.notes]
    return "\n".join([*lines, r"\end{table}"])


def _groups(block: Table) -> list[str]:
    """The line of group titles and the line of their rules; empty without groups."""
    spans, rules, at = [], [], 1
    for title, members in groupby(block.columns, key=lambda column: column.group):
        width = len(list(members))
        spans.append(rf"\multicolumn{{{width}}}{{c}}{{{escape(title)}}}")
        if title:
            rules.append(rf"\cmidrule(lr){{{at}-{at + width - 1}}}")
        at += width
    return [" & ".join(spans) + r" \\", " ".join(rules)] if rules else []


def _block(block: Block) -> str:
    match block:
        case Heading():
            return rf"\{_SECTIONS.get(block.level, 'paragraph')}{{{escape(block.text)}}}"
        case Text() | Note():
            return escape(block.text)
        case Code():
            return rf"\par\noindent\texttt{{{escape(block.text)}}}"
        case Table():
            return table(block)
        case Figure():
            return rf"\emph{{Figure: {escape(block.title)}.}} {escape(block.alt)}"
        case Download():
            return escape(f"{block.title}: {block.name}")


def render(report: Report) -> str:
    """The whole report, to include in a document of your own."""
    parts = [rf"\section*{{{escape(report.title)}}}", escape(report.subtitle)]
    parts += [_block(block) for block in report.blocks]
    if report.provenance:
        items = [rf"\item[{escape(k)}] {escape(v)}" for k, v in report.provenance]
        parts.append("\n".join([r"\begin{description}", *items, r"\end{description}"]))
    return _PREAMBLE + "\n\n".join(part for part in parts if part) + "\n"
