"""``bench report``: what the store holds, as a person wants to read it."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.analysis.tables.axes import CostAxis, FrontCost
from bench.cli.lib import options
from bench.cli.lib import output as shown
from bench.spec.errors import UsageError


def report(
    html: options.Html = False,
    markdown: options.Markdown = False,
    latex: options.Latex = False,
    to: options.To = None,
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
    source: options.NumbersFrom = options.Source.MEASURED,
    models: Annotated[
        str | None, typer.Option("--models", "-m", help="With --source published: only these.")
    ] = None,
    pretrain: Annotated[
        str | None, typer.Option(help="With --source published: in1k, in12k, in22k, web.")
    ] = None,
    output: options.Output = options.DEFAULT_OUTPUT,
) -> None:
    """Show the results in the terminal, or write them as HTML, Markdown or LaTeX."""
    form = shown.one_form(to, html=html, markdown=markdown, latex=latex)
    if (models or pretrain) and source is not options.Source.PUBLISHED:
        raise UsageError("--models and --pretrain go with --source published, a store is whole")
    chosen = shown.report_of(name, suite)
    if source is options.Source.PUBLISHED:
        made = shown.of_figures(chosen, models, pretrain, axis=axis, cost=cost)
    else:
        made = shown.of_results(chosen, output, axis=axis, cost=cost)
    shown.show(made, form, to)
