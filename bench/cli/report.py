"""``bench report``: the results in the store as a report."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.analysis.tables.axes import CostAxis, FrontCost
from bench.cli.lib import options
from bench.cli.lib import output as out
from bench.spec.errors import UsageError


def report(
    html: options.Html = False,
    markdown: options.Markdown = False,
    latex: options.Latex = False,
    to: options.To = None,
    name: Annotated[
        str | None, typer.Option("--report", "-r", help="Name of a report; scaling by default.")
    ] = None,
    suite: Annotated[str | None, typer.Option(help="Use the report of this suite.")] = None,
    axis: Annotated[
        CostAxis | None,
        typer.Option(help="Cost axis of the scaling laws; gmacs by default.", show_default=False),
    ] = None,
    cost: Annotated[
        FrontCost | None,
        typer.Option(
            help="Cost axis of the efficiency report's fronts; throughput by default.",
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
    """Show the results, or write them as HTML, Markdown or LaTeX."""
    form = out.one_form(to, html=html, markdown=markdown, latex=latex)
    if (models or pretrain) and source is not options.Source.PUBLISHED:
        raise UsageError("--models and --pretrain need --source published")
    chosen = out.report_of(name, suite)
    if source is options.Source.PUBLISHED:
        made = out.of_figures(chosen, models, pretrain, axis=axis, cost=cost)
    else:
        made = out.of_results(chosen, output, axis=axis, cost=cost)
    out.show(made, form, to)
