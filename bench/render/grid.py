"""A `Table` as HTML, with grouped headers, intervals under values, and raw values to sort by."""

from __future__ import annotations

import csv
import io
from itertools import groupby

from bench.blocks import Column, Download, Row, Table, cells
from bench.render.markup import anchor, link, text

_SHORT = 30  # characters; shorter texts are not wrapped


def table_csv(block: Table) -> str:
    """The table's unrounded numbers as CSV, with intervals in their own columns."""
    keys = [k for c in block.columns for k in (c.key, c.low, c.high) if k is not None]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(keys)), extrasaction="ignore")
    writer.writeheader()
    for row in block.rows:
        writer.writerow({k: v for k, v in row.items() if isinstance(v, str) or cells.is_number(v)})
    return out.getvalue()


def table(block: Table) -> str:
    """The table in a scrollable box, with footnotes, glossary and CSV link below."""
    name = f"table-{anchor(block.name)}"
    body = "\n".join(_row(block, row) for row in block.rows)
    notes = "".join(f"<p>{text(note)}</p>" for note in block.notes)
    about = "".join(
        f"<dt>{text(cells.heading(c, group=True))}</dt><dd>{text(c.about)}</dd>"
        for c in block.columns
        if c.about
    )
    save = Download(name=f"{block.name}.csv", title="", text=table_csv(block))
    return f"""<div class="table" id="{name}">
{_filter(name) if block.filterable else ""}
<div class="scroll" role="region" aria-labelledby="{name}-caption" tabindex="0"><table>
<caption id="{name}-caption"><span>{text(block.caption)}</span></caption>
<thead>
{_groups(block.columns)}<tr>{"".join(map(_header, block.columns))}</tr>
</thead>
<tbody>
{body}
</tbody></table></div>
<div class="under">{notes}
{f"<details><summary>What the columns mean</summary><dl>{about}</dl></details>" if about else ""}
<p>{link(save, "This table as CSV")}</p></div>
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
            line.append(f'<th scope="colgroup" colspan="{width}">{text(title)}</th>')
        else:
            line.append(f'<td colspan="{width}"></td>')
    return f'<tr class="groups">{"".join(line)}</tr>\n'


def _header(column: Column) -> str:
    unit = f' <span class="unit">{text(column.unit)}</span>' if column.unit else ""
    kind = ' class="n"' if column.numeric else ""
    return f'<th scope="col"{kind} data-sort><span>{text(column.title)}</span>{unit}</th>'


def _row(block: Table, row: Row) -> str:
    first, *rest = block.columns
    name = f'<th scope="row">{text(cells.cell(first, row))}</th>'
    return f"<tr>{name}{''.join(_cell(column, row) for column in rest)}</tr>"


def _cell(column: Column, row: Row) -> str:
    """The number, its interval on its own line, and the raw value to sort by."""
    mark, around, raw = cells.mark(column, row), cells.interval(column, row), row.get(column.key)
    shown = text(cells.value(column, row))
    shown += f"<sup>{text(mark)}</sup>" if mark else ""
    shown += f' <span class="interval">{text(around)}</span>' if around else ""
    value = f' data-value="{raw!r}"' if column.numeric and cells.is_number(raw) else ""
    kind = "n" if column.numeric else "short" if len(shown) < _SHORT else "long"
    return f'<td class="{kind}"{value}>{shown}</td>'
