"""One self-contained HTML file that makes no requests and works without scripts.

Its Content-Security-Policy blocks the network and all scripts except the one with the given hash,
so that nothing in a name or an error message can run. Every text goes through
`bench.render.markup.text`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from functools import singledispatch
from hashlib import sha256
from pathlib import Path

from bench.blocks import Block, Code, Download, Figure, Heading, Note, Report, Table, Text, Tone
from bench.render import chart, grid, marks
from bench.render.markup import anchor, link, text

_TONES = {Tone.INFO: "Note", Tone.WARN: "Warning"}


def _asset(name: str) -> str:
    """``style.css`` or ``table.js``, next to the reports in the package or the source tree."""
    package = Path(__file__).parents[1]
    places = (package / "_reports" / name, package.parent / "reports" / name)
    return next(place for place in places if place.is_file()).read_text(encoding="utf-8").strip()


def _hash(source: str) -> str:
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"


@singledispatch
def _block(block: Block) -> str:
    raise TypeError(type(block))


@_block.register
def _heading(block: Heading) -> str:
    return f'<h{block.level} id="{anchor(block.text)}">{text(block.text)}</h{block.level}>'


@_block.register
def _paragraph(block: Text) -> str:
    return f'<p class="{"lead" if block.lead else "text"}">{text(block.text)}</p>'


@_block.register
def _code(block: Code) -> str:
    return f'<pre tabindex="0"><code>{text(block.text)}</code></pre>'


@_block.register
def _note(block: Note) -> str:
    tone = block.tone
    return f'<p class="note {tone.value}"><strong>{_TONES[tone]}.</strong> {text(block.text)}</p>'


@_block.register
def _download(block: Download) -> str:
    return f"<p>{link(block, block.title)}</p>"


@_block.register
def _table(block: Table) -> str:
    return grid.table(block)


@_block.register
def _figure(block: Figure) -> str:
    name = f"figure-{anchor(block.name)}"
    keys = "".join(f"<li>{swatch}{text(label)}</li>" for swatch, label in marks.legend(block))
    shown = marks.panels(block)
    pictures = "".join(
        '<div class="panel">'
        + (f'<p class="panel-title">{text(panel)}</p>' if panel is not None else "")
        + chart.svg(block, panel)
        + "</div>"
        for panel in shown
    )
    absent = ", ".join(
        f"{row.get(block.label)} ({row.get(block.panel)})" if block.panel else str(row[block.label])
        for row in marks.hidden(block)
    )
    note = f'<p class="absent">Off the axes, so not drawn: {text(absent)}.</p>' if absent else ""
    return f"""<figure id="{name}">
<figcaption><strong>{text(block.title)}</strong> {text(block.caption)}</figcaption>
<ul class="legend" aria-label="Legend">{keys}</ul>
<div class="panels p{min(len(shown), 3)}">{pictures}</div>{note}
</figure>"""


def _contents(report: Report) -> Iterator[str]:
    for block in report.blocks:
        if isinstance(block, Heading) and block.level == 2:
            yield f'<li><a href="#{anchor(block.text)}">{text(block.text)}</a></li>'


def _tail(report: Report) -> Iterator[str]:
    """Data and provenance, at the end of every report."""
    if report.data is not None:
        yield f'<h2 id="data">Data</h2>\n<p class="text">{text(report.data.title)}</p>'
        yield f"<p>{link(report.data, f'Download {report.data.name}')}</p>"
    if report.provenance:
        pairs = (f"<dt>{text(k)}</dt><dd>{text(v)}</dd>" for k, v in report.provenance)
        yield f'<h2 id="provenance">Provenance</h2>\n<dl class="facts">{"".join(pairs)}</dl>'


def render(report: Report) -> str:
    """The page as text, to be written as UTF-8."""
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
<title>{text(report.title)}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header>
<h1>{text(report.title)}</h1>
<p class="subtitle">{text(report.subtitle)}</p>
<nav aria-label="Contents"><ul>{"".join(_contents(report))}</ul></nav>
</header>
<main id="main">
{body}
</main>
<script>{script}</script>
</body>
</html>
"""
