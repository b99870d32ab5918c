"""``bench report``: what the store holds, as a person wants to read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.analysis.tables.axes import CostAxis, FrontCost
from bench.cli.lib import choices, console
from bench.cli.lib.options import NumbersFrom, Source
from bench.spec.errors import UsageError

if TYPE_CHECKING:
    from bench.blocks import Report


def report(
    html: Annotated[
        bool, typer.Option("--html", help="One self-contained page, ./report.html.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Markdown.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="LaTeX to put into a paper.")] = False,
    to: Annotated[
        Path | None, typer.Option("--to", help="File to write; else standard output.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--report", "-r", help="Name of a report; scaling if not given.")
    ] = None,
    suite: Annotated[str | None, typer.Option(help="The report of that suite.")] = None,
    axis: Annotated[
        CostAxis | None,
        typer.Option(
            help="Cost that scaling laws are over; gmacs if not given.", show_default=False
        ),
    ] = None,
    cost: Annotated[
        FrontCost | None,
        typer.Option(
            help="Cost that the efficiency report's fronts are over; throughput if not given.",
            show_default=False,
        ),
    ] = None,
    source: NumbersFrom = Source.MEASURED,
    models: Annotated[
        str | None, typer.Option("--models", "-m", help="With --source published: only these.")
    ] = None,
    pretrain: Annotated[
        str | None, typer.Option(help="With --source published: in1k, in12k, in22k, web.")
    ] = None,
    output: choices.Output = choices.DEFAULT_OUTPUT,
) -> None:
    """Show the results in the terminal, or write them as HTML, Markdown or LaTeX."""
    if html + markdown + latex > 1:
        raise UsageError("give one of --html, --markdown, --latex")
    if name and suite:
        raise UsageError("give --report or --suite, not both")
    if to and not (html or markdown or latex):
        raise UsageError("--to needs a format: --html, --markdown or --latex")
    if (models or pretrain) and source is not Source.PUBLISHED:
        raise UsageError("--models and --pretrain go with --source published, a store is whole")
    from bench import registry

    chosen = registry.suite(suite).report if suite else name or choices.DEFAULT_REPORT
    if source is Source.PUBLISHED:
        from bench.cli.lib import published

        made = published.built(chosen, models, pretrain, axis=axis, cost=cost)
    else:
        made = built(chosen, output, axis=axis, cost=cost)
    if html:
        from bench.render import html as page

        console.write(page.render(made), to or Path("report.html"))
    elif markdown:
        from bench.render import markdown as text

        console.write(text.render(made), to)
    elif latex:
        from bench.render import latex as paper

        console.write(paper.render(made), to)
    else:
        from bench.render import terminal

        terminal.render(made, console.stdout_console())


def built(name: str, output: Path, **choices: object) -> Report:
    """The named report of everything in the store at ``output``; ``choices`` are its own.

    Raises StoreError if there is no store, UsageError if it is empty or no such report exists.
    """
    from bench import registry
    from bench.store import Store, predictions

    build = registry.report(name)
    with Store(output, readonly=True) as store:
        frame, env = store.frame(), store.env()
        if frame.empty:
            raise UsageError(f"{store.path} holds no results yet; `bench run SUITE` makes some")
        made: Report = predictions.report(build, frame, env, store, **choices)
    return made
