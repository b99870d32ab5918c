"""``bench compare``: two models, or the matched models of two families, on the same images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.analysis.tables.axes import MatchBy
from bench.cli.lib import console, options, stored
from bench.cli.lib import output as out
from bench.spec.errors import DataError, UsageError

if TYPE_CHECKING:
    from bench.blocks import Report

_BAND = 1.1


def compare(
    first: Annotated[str, typer.Argument(help="A stored model, or a family: convnext.")],
    second: Annotated[str, typer.Argument(help="The model or family to compare it with.")],
    match: Annotated[
        MatchBy | None,
        typer.Option(
            help="Cost to match the models of two families by; gmacs by default.",
            show_default=False,
        ),
    ] = None,
    band: Annotated[
        float | None,
        typer.Option(
            help=f"Largest cost ratio within a pair; {_BAND} by default.",
            show_default=False,
        ),
    ] = None,
    html: options.Html = False,
    markdown: options.Markdown = False,
    latex: options.Latex = False,
    as_json: options.Json = False,
    to: options.To = None,
    output: options.Output = options.DEFAULT_OUTPUT,
) -> None:
    """Explain the gap between two models or two families.

    The models of two families are matched by cost. All pairs are compared on the same images.
    """
    form = out.one_form(to, html=html, markdown=markdown, latex=latex, json=as_json)
    if band is not None and not 1 <= band < math.inf:
        raise UsageError(f"--band {band:g}: must be at least 1")
    from bench.report.build import results
    from bench.store import Store, predictions

    with Store(output, readonly=True) as store:
        frame = results(store)
        one, two = (stored.models(frame, name, store.path) for name in (first, second))
        if shared := sorted(set(one) & set(two)):
            raise UsageError(f"{shared[0]} is on both sides; give different models")
        read = predictions.reader(store)
        try:
            if match is None and len(one) == len(two) == 1:
                if band is not None:
                    raise UsageError("--band needs --match for two models; add --match gmacs")
                report, numbers = _two(frame, read, one[0], two[0])
            else:
                within = _BAND if band is None else band
                sides = ((first, one), (second, two))
                report, numbers = _families(frame, read, sides, match or MatchBy.GMACS, within)
        except ValueError as error:
            raise DataError(str(error)) from error
    if form == "json":
        console.write(out.json_text(numbers), to)
    else:
        out.show(report, form, to, "compare.html")


def _two(frame: Any, read: Any, first: str, second: str) -> tuple[Report, dict[str, Any]]:
    from bench.report.pair import gap, gap_tables

    found = gap.between(frame, read, first, second)
    return gap_tables.report(found, frame), gap.numbers(found)


def _families(
    frame: Any, read: Any, sides: Any, by: MatchBy, band: float
) -> tuple[Report, dict[str, Any]]:
    from bench.report.pair import matched, matched_tables

    found = matched.between(frame, read, *sides, by=by, band=band)
    return matched_tables.report(found, frame), matched.numbers(found)
