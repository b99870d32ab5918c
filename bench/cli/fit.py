"""``bench fit``: scaling laws of any table of points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.analysis.tables.axes import Quantity, Unit
from bench.cli.lib import console, options, output
from bench.spec.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from bench.analysis.tables.observations import Observations
    from bench.blocks import Report
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
    surface: Annotated[
        str | None,
        typer.Option(help="Column of the data's amount: fit L(N, D), with --x the size."),
    ] = None,
    frontier: Annotated[
        bool, typer.Option("--frontier", help="Fit the best runs only, a line in log-log.")
    ] = False,
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
    read = _Reading(file, x, y, tuple(columns), tuple(where or ()), y_is, y_unit)
    if surface or frontier:
        if surface and frontier:
            raise UsageError("give --surface or --frontier, not both")
        table, report = _runs(read, surface)
        if form == "json":
            console.write(output.json_text(table.to_dict("records")), to)
        elif form == "csv":
            console.write(table.to_csv(index=False), to)
        else:
            output.show(report, form, to, "fit.html")
        return
    found = _fitted(read, images)
    from bench.report.fit import fitting

    if form == "json":
        console.write(output.json_text(fitting.numbers(found)), to)
    elif form == "csv":
        console.write(found.table.to_csv(index=False), to)
    else:
        output.show(fitting.report(found), form, to, "fit.html")


@dataclass(frozen=True)
class _Reading:
    """Which points are read, and how."""

    file: Path
    x: str
    y: str
    by: tuple[str, ...]
    where: tuple[str, ...]
    quantity: Quantity
    unit: Unit | None

    def points(self, data: str | None = None) -> Observations:
        """The points; UsageError with the one line that explains why there are none."""
        from bench.analysis.tables.observations import observations, select
        from bench.cli.lib import delimited

        conditions = dict(_condition(text) for text in self.where)
        try:
            table, how = delimited.table(_read(self.file))
            given = observations(
                select(table, conditions),
                self.x,
                self.y,
                self.by,
                quantity=self.quantity,
                unit=self.unit,
                data=data,
            )
            return replace(given, notes=(*given.notes, *how))
        except ValueError as error:
            raise UsageError(f"{self.file}: {error}") from error


def _fitted(read: _Reading, images: int | None) -> Fitted:
    from bench.report.fit.fitting import fitted

    given = read.points()
    try:
        return fitted(given, images=images, source=read.file.name)
    except ValueError as error:
        raise UsageError(f"{read.file}: {error}") from error


def _runs(read: _Reading, data: str | None) -> tuple[pd.DataFrame, Report]:
    """The surface over size and data, or the frontier where there is no column of data."""
    from bench.analysis.runs.by_group import frontiers, surfaces
    from bench.report.fit import runs

    given = read.points(data)
    if data is None:
        table = frontiers(given)
        return table, runs.frontier_report(given, table, read.file.name)
    table = surfaces(given)
    return table, runs.surface_report(given, table, data, read.file.name)


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
