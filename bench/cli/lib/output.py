"""A report in the form that was asked for; options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.lib import console
from bench.spec.errors import UsageError

if TYPE_CHECKING:
    from bench.blocks import Report

Html = Annotated[bool, typer.Option("--html", help="One self-contained page.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Markdown.")]
Latex = Annotated[bool, typer.Option("--latex", help="LaTeX to put into a paper.")]
Json = Annotated[bool, typer.Option("--json", help="All numbers as JSON.")]
Csv = Annotated[bool, typer.Option("--csv", help="One row each as CSV.")]
To = Annotated[Path | None, typer.Option("--to", help="File to write; else standard output.")]


def one_form(to: Path | None, **forms: bool) -> str:
    """The name of the one form that was asked for, ``terminal`` if none was.

    Raises UsageError for two, or for a file without a form.
    """
    asked = [name for name, given in forms.items() if given]
    if len(asked) > 1:
        raise UsageError(f"give one of {', '.join(f'--{name}' for name in forms)}")
    if to and not asked:
        raise UsageError(f"--to needs a format: {', '.join(f'--{name}' for name in forms)}")
    return asked[0] if asked else "terminal"


def show(report: Report, form: str, to: Path | None, page: str = "report.html") -> None:
    """Write ``report`` as ``html``, ``markdown`` or ``latex``, or print it as ``terminal``.

    Without a file ``to``, HTML goes to ``page`` and text to standard output.
    """
    if form == "html":
        from bench.render import html

        console.write(html.render(report), to or Path(page))
    elif form == "markdown":
        from bench.render import markdown as text

        console.write(text.render(report), to)
    elif form == "latex":
        from bench.render import latex as paper

        console.write(paper.render(report), to)
    else:
        from bench.render import terminal

        terminal.render(report, console.stdout_console())


def plain(value: object) -> object:
    """A value as JSON knows it: no NumPy, no NaN, mappings and rows all the way down.

    >>> plain({"a": (1.0, float("nan"))})
    {'a': [1.0, None]}
    """
    import math

    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def json_text(value: object) -> str:
    """``value`` as indented JSON, without NaN."""
    import json

    return json.dumps(plain(value), indent=1, ensure_ascii=False)
