"""``bench data``: look at the images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import _print
from bench.errors import UsageError

app = typer.Typer(help="Look at the datasets.", rich_markup_mode=None, no_args_is_help=True)


@app.command("list")
def show_all() -> None:
    """List the datasets and what of them is on disk."""
    from bench import registry
    from bench.data._load import cache_folder, cached_digest

    print(
        _print.columns(
            ("dataset", "role", "images", "classes", "pixels", "on disk", "about"),
            (
                (d.name, d.role, d.images, d.classes, d.resolution, drawn, d.about)
                for d in registry.datasets()
                for drawn in ["yes" if cached_digest(d) else "no"]
            ),
        )
    )
    print(f"\nkept in {cache_folder()}")


@app.command("show")
def show(
    dataset: Annotated[str, typer.Argument(help="Name of one dataset: glyphs-r.")],
    to: Annotated[
        Path | None, typer.Option("--to", help="PNG file; DATASET.png if not given.")
    ] = None,
    columns: Annotated[int, typer.Option(min=1, max=100, help="Images a row.")] = 10,
    rows: Annotated[int, typer.Option(min=1, max=100, help="Rows.")] = 6,
    scale: Annotated[int, typer.Option(min=1, max=16, help="Enlargement.")] = 2,
    workers: Annotated[
        int, typer.Option("--workers", "-j", min=1, help="Processes that draw.")
    ] = 2,
) -> None:
    """Write a contact sheet: images spread evenly over a dataset."""
    from bench import registry
    from bench.data._sheet import contact_sheet

    chosen = registry.datasets(dataset)
    if len(chosen) != 1:
        names = ", ".join(found.name for found in chosen)
        raise UsageError(f"{dataset!r} names {len(chosen)} datasets, give one: {names}")
    target = to or Path(f"{chosen[0].name}.png")
    sheet = contact_sheet(chosen[0], columns=columns, rows=rows, scale=scale, workers=workers)
    try:
        sheet.save(target, format="PNG")
    except OSError as error:
        raise UsageError(f"cannot write {str(target)!r}: {error.strerror or error}") from error
    print(target)
