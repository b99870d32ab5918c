"""Reports: building them, and writing them in the requested format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cli.lib import console
from bench.cli.lib.options import DEFAULT_REPORT
from bench.spec.errors import UsageError

if TYPE_CHECKING:
    from bench.blocks import Report

#: Reports that can be built from published figures.
_WITH_FIGURES = ("scaling", "leaderboard")


def one_form(to: Path | None, **forms: bool) -> str:
    """The requested format, ``terminal`` by default.

    Raises UsageError for two formats, or for a file without a format.
    """
    asked = [name for name, given in forms.items() if given]
    if len(asked) > 1:
        raise UsageError(f"give only one of {', '.join(f'--{name}' for name in forms)}")
    if to and not asked:
        raise UsageError(f"--to needs a format: {', '.join(f'--{name}' for name in forms)}")
    return asked[0] if asked else "terminal"


def report_of(name: str | None = None, suite: str | None = None) -> str:
    """The name of the requested report, given by its own name or its suite's."""
    from bench import registry

    if name and suite:
        raise UsageError("give --report or --suite, not both")
    return registry.suite(suite).report if suite else name or DEFAULT_REPORT


def of_results(name: str, output: Path, **choices: Any) -> Report:
    """The named report of everything in the store at ``output``; ``choices`` are for the report.

    Raises StoreError if there is no store, UsageError if it is empty or no such report exists.
    """
    from bench import registry
    from bench.report import build
    from bench.store import Store

    made = registry.report(name)
    with Store(output, readonly=True) as store:
        return build.of_store(made, store, **choices)


def of_figures(
    name: str, models: str | None = None, pretrain: str | None = None, **choices: Any
) -> Report:
    """The named report of published figures; UsageError if it cannot be built from them."""
    from bench import registry
    from bench.report import build

    if name not in _WITH_FIGURES:
        allowed = " and ".join(_WITH_FIGURES)
        raise UsageError(f"no published figures for report {name!r}; only for {allowed}")
    return build.of_figures(registry.report(name), models, pretrain, **choices)


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
    """A value as JSON built-ins: no NumPy scalars, no NaN, recursively.

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
