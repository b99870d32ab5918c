"""One self-contained HTML file: no request to anywhere, whole with scripts off.

The page forbids itself the network (Content-Security-Policy) and runs only the one script whose
hash it states, so that nothing in a name or an error message can ever run. Every text goes
through `_text`.
"""

from __future__ import annotations

import csv
import io
import re
from base64 import b64encode
from collections.abc import Iterator
from functools import singledispatch
from hashlib import sha256
from html import escape
from itertools import groupby
from pathlib import Path

from bench.render import cells, chart
from bench.report import (
    Block,
    Code,
    Column,
    Download,
    Figure,
    Heading,
    Note,
    Report,
    Row,
    Table,
    Text,
    Tone,
)

_SHORT = 30  # letters of a text that is not broken over lines
_TONES = {Tone.INFO: "Note", Tone.WARN: "Warning"}


def _asset(name: str) -> str:
    """``style.css`` or ``table.js``, beside the reports: in the package or the source tree."""
    package = Path(__file__).parents[1]
    places = (package / "_reports" / name, package.parent / "reports" / name)
    return next(place for place in places if place.is_file()).read_text(encoding="utf-8").strip()


def _text(text: str) -> str:
    """Any text as HTML text or attribute value.

    >>> _text('</script><b "x">')
    '&lt;/script&gt;&lt;b &quot;x&quot;&gt;'
    """
    return escape(cells.plain(text), quote=True).replace(" %", "\u00a0%")


def _anchor(text: str) -> str:
    """An id for a heading or table.

    >>> _anchor("Error vs. GMACs")
    'error-vs-gmacs'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _link(download: Download, label: str) -> str:
    """A link that saves the file: it works offline and with scripts off."""
    data = b64encode(download.text.encode("utf-8", "replace")).decode()
    href = f"data:{_text(download.media)};charset=utf-8;base64,{data}"
    return f'<a class="save" download="{_text(download.name)}" href="{href}">{_text(label)}</a>'


def table_csv(block: Table) -> str:
    """The table's numbers as they are, unrounded, intervals in columns of their own."""
    keys = [k for c in block.columns for k in (c.key, c.low, c.high) if k is not None]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(keys)), extrasaction="ignore")
    writer.writeheader()
    for row in block.rows:
        writer.writerow({k: v for k, v in row.items() if isinstance(v, str) or cells.is_number(v)})
    return out.getvalue()


@singledispatch
def _block(block: Block) -> str:
    raise TypeError(type(block))


@_block.register
def _heading(block: Heading) -> str:
    return f'<h{block.level} id="{_anchor(block.text)}">{_text(block.text)}</h{block.level}>'


@_block.register
def _paragraph(block: Text) -> str:
    return f'<p class="{"lead" if block.lead else "text"}">{_text(block.text)}</p>'


@_block.register
def _code(block: Code) -> str:
    return f'<pre tabindex="0"><code>{_text(block.text)}</code></pre>'


@_block.register
def _note(block: Note) -> str:
    tone = block.tone
    return f'<p class="note {tone.value}"><strong>{_TONES[tone]}.</strong> {_text(block.text)}</p>'


@_block.register
def _download(block: Download) -> str:
    return f"<p>{_link(block, block.title)}</p>"


@_block.register
def _table(block: Table) -> str:
    name = f"table-{_anchor(block.name)}"
    body = "\n".join(_row(block, row) for row in block.rows)
    notes = "".join(f"<p>{_text(note)}</p>" for note in block.notes)
    about = "".join(
        f"<dt>{_text(cells.heading(c, group=True))}</dt><dd>{_text(c.about)}</dd>"
        for c in block.columns
        if c.about
    )
    save = Download(name=f"{block.name}.csv", title="", text=table_csv(block))
    return f"""<div class="table" id="{name}">
{_filter(name) if block.filterable else ""}
<div class="scroll" role="region" aria-labelledby="{name}-caption" tabindex="0"><table>
<caption id="{name}-caption"><span>{_text(block.caption)}</span></caption>
<thead>
{_groups(block.columns)}<tr>{"".join(map(_header, block.columns))}</tr>
</thead>
<tbody>
{body}
</tbody></table></div>
<div class="under">{notes}
{f"<details><summary>What the columns mean</summary><dl>{about}</dl></details>" if about else ""}
<p>{_link(save, "This table as CSV")}</p></div>
</div>"""


def _filter(name: str) -> str:
    """A search field that stays hidden unless the script runs."""
    return (
        f'<p class="filter" hidden><label for="{name}-filter">Filter rows</label> '
        f'<input id="{name}-filter" type="search" placeholder="convnext 22k" '
        f'autocomplete="off" spellcheck="false"> <output for="{name}-filter"></output></p>'
    )


def _groups(columns: tuple[Column, ...]) -> str:
    """The row of headers that span several columns, or nothing."""
    if not any(column.group for column in columns):
        return ""
    line = []
    for title, members in groupby(columns, key=lambda column: column.group):
        width = len(list(members))
        if title:
            line.append(f'<th scope="colgroup" colspan="{width}">{_text(title)}</th>')
        else:
            line.append(f'<td colspan="{width}"></td>')
    return f'<tr class="groups">{"".join(line)}</tr>\n'


def _header(column: Column) -> str:
    unit = f' <span class="unit">{_text(column.unit)}</span>' if column.unit else ""
    kind = ' class="n"' if column.numeric else ""
    return f'<th scope="col"{kind} data-sort><span>{_text(column.title)}</span>{unit}</th>'


def _row(block: Table, row: Row) -> str:
    first, *rest = block.columns
    name = f'<th scope="row">{_text(cells.cell(first, row))}</th>'
    return f"<tr>{name}{''.join(_cell(column, row) for column in rest)}</tr>"


def _cell(column: Column, row: Row) -> str:
    """The number, its interval on a line of its own, and the raw value to sort by."""
    mark, around, raw = cells.mark(column, row), cells.interval(column, row), row.get(column.key)
    text = _text(cells.value(column, row))
    text += f"<sup>{_text(mark)}</sup>" if mark else ""
    text += f' <span class="interval">{_text(around)}</span>' if around else ""
    value = f' data-value="{raw!r}"' if column.numeric and cells.is_number(raw) else ""
    kind = "n" if column.numeric else "short" if len(text) < _SHORT else "long"
    return f'<td class="{kind}"{value}>{text}</td>'


@_block.register
def _figure(block: Figure) -> str:
    name = f"figure-{_anchor(block.name)}"
    keys = "".join(f"<li>{swatch}{_text(label)}</li>" for swatch, label in chart.legend(block))
    shown = chart.panels(block)
    pictures = "".join(
        '<div class="panel">'
        + (f'<p class="panel-title">{_text(panel)}</p>' if panel is not None else "")
        + chart.svg(block, panel)
        + "</div>"
        for panel in shown
    )
    absent = ", ".join(
        f"{row.get(block.label)} ({row.get(block.panel)})" if block.panel else str(row[block.label])
        for row in chart.hidden(block)
    )
    note = f'<p class="absent">Off the axes, so not drawn: {_text(absent)}.</p>' if absent else ""
    return f"""<figure id="{name}">
<figcaption><strong>{_text(block.title)}</strong> {_text(block.caption)}</figcaption>
<ul class="legend" aria-label="Legend">{keys}</ul>
<div class="panels p{min(len(shown), 3)}">{pictures}</div>{note}
</figure>"""


def _contents(report: Report) -> Iterator[str]:
    for block in report.blocks:
        if isinstance(block, Heading) and block.level == 2:
            yield f'<li><a href="#{_anchor(block.text)}">{_text(block.text)}</a></li>'


def _tail(report: Report) -> Iterator[str]:
    """Data and provenance, which every report ends with."""
    if report.data is not None:
        yield f'<h2 id="data">Data</h2>\n<p class="text">{_text(report.data.title)}</p>'
        yield f"<p>{_link(report.data, f'Download {report.data.name}')}</p>"
    if report.provenance:
        pairs = (f"<dt>{_text(k)}</dt><dd>{_text(v)}</dd>" for k, v in report.provenance)
        yield f'<h2 id="provenance">Provenance</h2>\n<dl class="facts">{"".join(pairs)}</dl>'


def render(report: Report) -> str:
    """The page, UTF-8 text to write as it is."""
    style, script = f"\n{_asset('style.css')}\n", f"\n{_asset('table.js')}\n"
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    body = "\n".join([*map(_block, report.blocks), *_tail(report)])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{_text(report.title)}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header>
<h1>{_text(report.title)}</h1>
<p class="subtitle">{_text(report.subtitle)}</p>
<nav aria-label="Contents"><ul>{"".join(_contents(report))}</ul></nav>
</header>
<main id="main">
{body}
</main>
<script>{script}</script>
</body>
</html>
"""
