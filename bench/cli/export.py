"""``bench export`` and ``bench import``: results for other programs, and from other machines."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.lib import console, options
from bench.spec.errors import UsageError


class Format(StrEnum):
    """Formats of `bench export`."""

    CSV = "csv"  #: one row per measurement
    JSON = "json"  #: the same, as a list of objects
    MARKDOWN = "markdown"  #: the tables of a report
    LATEX = "latex"  #: the same, for a paper
    JSONL = "jsonl"  #: the whole store with predictions, for `bench import`


def export(
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            "-f",
            help="csv, json: all measurements; markdown, latex: a report's tables; "
            "jsonl: the whole store.",
        ),
    ] = Format.CSV,
    to: Annotated[
        Path | None, typer.Option("--to", help="File to write; standard output by default.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--report", "-r", help="Report for markdown and latex; scaling by default."),
    ] = None,
    output: options.Output = options.DEFAULT_OUTPUT,
) -> None:
    """Export the results for other programs."""
    from bench.store import Store

    if form is Format.JSONL:
        if to is None:
            raise UsageError("--format jsonl needs --to FILE")
        with Store(output, readonly=True) as store:
            count = store.export_jsonl(to)
        print(f"wrote {console.counted(count, 'job')} to {to}")
        return
    if form in (Format.MARKDOWN, Format.LATEX):
        console.write(_tables(form, name, output), to)
        return
    with Store(output, readonly=True) as store:
        frame = store.frame()
    if form is Format.CSV:
        console.write(frame.to_csv(index=False), to)
    else:
        console.write(
            frame.to_json(orient="records", indent=1, force_ascii=False, double_precision=15), to
        )


def merge(
    file: Annotated[Path, typer.Argument(help="A file of `bench export --format jsonl`.")],
    output: options.Output = options.DEFAULT_OUTPUT,
) -> None:
    """Add another machine's results to this store."""
    from bench.store import Store

    if not file.is_file():
        raise UsageError(f"file {str(file)!r} does not exist")
    with Store(output) as store:
        count = store.import_jsonl(file, console.warn)
        print(f"added {console.counted(count, 'job')} to {store.path}")


def _tables(form: Format, name: str | None, output: Path) -> str:
    from bench.blocks import Table
    from bench.cli.lib.output import of_results, report_of
    from bench.render import latex, markdown

    table = latex.table if form is Format.LATEX else markdown.table
    blocks = of_results(report_of(name), output).blocks
    return "\n\n".join(table(block) for block in blocks if isinstance(block, Table))
