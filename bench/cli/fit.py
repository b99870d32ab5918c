"""``bench fit``: scaling laws of any table of points."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.analysis.tables.axes import Quantity, Unit
from bench.cli.lib import console, options, output
from bench.spec.errors import UsageError

if TYPE_CHECKING:
    from bench.report.fit.fitting import Fitted


def fit(
    file: Annotated[Path, typer.Argument(help="CSV, TSV or semicolons, with a header.")],
    x: Annotated[str, typer.Option("--x", help="Column of the scale: gmacs, params, compute.")],
    y: Annotated[str, typer.Option("--y", help="Column of the error, accuracy or loss.")],
    by: Annotated[
        str | None,
        typer.Option(help="Columns that name a group, comma between; one group if not given."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help="COLUMN=VALUE: only such rows; may be given again."),
    ] = None,
    y_is: Annotated[Quantity, typer.Option(help="What --y holds.")] = Quantity.ERROR,
    y_unit: Annotated[
        Unit | None,
        typer.Option(help="Its unit; percent if any is above 1.", show_default=False),
    ] = None,
    images: Annotated[
        int | None, typer.Option(min=1, help="Images of the test set, for the noise of an error.")
    ] = None,
    html: options.Html = False,
    markdown: options.Markdown = False,
    latex: options.Latex = False,
    as_json: options.Json = False,
    csv: options.Csv = False,
    to: options.To = None,
) -> None:
    """Fit scaling laws to a CSV: curves with intervals, predictions, tests between groups."""
    form = output.one_form(to, html=html, markdown=markdown, latex=latex, json=as_json, csv=csv)
    columns = [name.strip() for name in (by or "").split(",") if name.strip()]
    found = _fitted(file, x, y, columns, where or [], y_is, y_unit, images)
    from bench.report.fit import fitting

    if form == "json":
        console.write(output.json_text(fitting.numbers(found)), to)
    elif form == "csv":
        console.write(found.table.to_csv(index=False), to)
    else:
        output.show(fitting.report(found), form, to, "fit.html")


def _fitted(
    file: Path,
    x: str,
    y: str,
    by: list[str],
    where: list[str],
    quantity: Quantity,
    unit: Unit | None,
    images: int | None,
) -> Fitted:
    """The fits, or UsageError with the one line that explains why there are none."""
    from bench.analysis.tables.observations import observations, select
    from bench.cli.lib import delimited
    from bench.report.fit.fitting import fitted

    conditions = dict(_condition(text) for text in where)
    try:
        table, how = delimited.table(_read(file))
        given = observations(select(table, conditions), x, y, by, quantity=quantity, unit=unit)
        given = replace(given, notes=(*given.notes, *how))
        return fitted(given, images=images, source=file.name)
    except ValueError as error:
        raise UsageError(f"{file}: {error}") from error


def _condition(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise UsageError(f"--where {text!r}: give COLUMN=VALUE")
    return name.strip(), value.strip()


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {str(file)!r}: {error.strerror or error}") from error
