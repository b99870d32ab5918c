"""``bench data``: look at datasets, and check those that are read from disk or the hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.lib import console
from bench.cli.lib.options import DataDir, From
from bench.spec.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.images.imagenet.check import Checked
    from bench.spec import Dataset

app = typer.Typer(
    help="List, show and check datasets.", rich_markup_mode=None, no_args_is_help=True
)


@app.command("list")
def show_all() -> None:
    """List the datasets and whether they are on disk."""
    from bench import registry
    from bench.images.drawn.store import cache_folder, cached_digest

    print(
        console.columns(
            ("dataset", "role", "images", "classes", "pixels", "on disk", "about"),
            (
                (d.name, d.role, d.images, d.classes, d.resolution or None, drawn, d.about)
                for d in registry.datasets()
                for drawn in [("yes" if cached_digest(d) else "no") if d.draw else "see --data-dir"]
            ),
        )
    )
    print(f"\ndrawn images are in {cache_folder()}")


@app.command("show")
def show(
    dataset: Annotated[str, typer.Argument(help="Name of a dataset: glyphs-r.")],
    to: Annotated[
        Path | None, typer.Option("--to", help="PNG file; DATASET.png by default.")
    ] = None,
    columns: Annotated[int, typer.Option(min=1, max=100, help="Images per row.")] = 10,
    rows: Annotated[int, typer.Option(min=1, max=100, help="Rows.")] = 6,
    scale: Annotated[int, typer.Option(min=1, max=16, help="Zoom factor for drawn images.")] = 2,
    workers: Annotated[
        int, typer.Option("--workers", "-j", min=1, help="Processes that draw images.")
    ] = 2,
    data_dir: DataDir = None,
    places: From = None,
) -> None:
    """Write a contact sheet of images spread evenly over a dataset."""
    from bench import registry
    from bench.images.contact_sheet import contact_sheet

    chosen = registry.datasets(dataset)
    if len(chosen) != 1:
        names = ", ".join(found.name for found in chosen)
        raise UsageError(f"{dataset!r} matches {len(chosen)} datasets; give one of {names}")
    one = chosen[0] if chosen[0].draw else _located(chosen, data_dir, places)[0]
    target = to or Path(f"{one.name}.png")
    sheet = contact_sheet(one, columns=columns, rows=rows, scale=scale, workers=workers)
    try:
        sheet.save(target, format="PNG")
    except OSError as error:
        raise UsageError(f"cannot write {str(target)!r}: {error.strerror or error}") from error
    print(target)


@app.command("check")
def check(
    names: Annotated[
        list[str] | None, typer.Argument(help="Datasets, roles or globs; all by default.")
    ] = None,
    data_dir: DataDir = None,
    places: From = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Decode all images instead of a sample.")
    ] = False,
    workers: Annotated[
        int, typer.Option("--workers", "-j", min=1, help="Threads that decode images.")
    ] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check classes, counts and files of datasets; exit with 4 if anything is wrong.

    This is for datasets that are read from disk or the hub, not for drawn ones.

    A PLACE is a folder of class folders (n01440764/*.JPEG), of tars, or of parquet or arrow files;
    tars: imagenet-a.tar, val-*.tar, imagenet1k-validation-{00..63}.tar; or a dataset on the Hugging
    Face hub: hf:OWNER/NAME[@REVISION][:SPLIT], or hf-stream:... to stream it.

    Datasets are found by their usual names in --data-dir, up to four folders down, ignoring case:
    val, validation, imagenet-val, ILSVRC2012_img_val; imagenet-v2,
    imagenetv2-matched-frequency-format-val; imagenet-a; imagenet-r; imagenet-sketch, sketch;
    imagenet-c. The folder may also be val itself.
    """
    from bench import registry
    from bench.cli.lib import progress
    from bench.images.imagenet.check import check as checked

    found: list[Checked] = []
    read = [d for d in registry.datasets(names or "all") if not d.draw]
    if not read:
        raise UsageError("these datasets are drawn, not read; check them with `bench doctor`")
    for dataset in _located(read, data_dir, places, all_of_them=bool(names)):
        with progress.counting(f"decoding {dataset.name}") as count:
            found.append(checked(dataset, everything=everything, workers=workers, progress=count))
        if not as_json:
            print(_text(found[-1], dataset))
    if as_json:
        import json
        from dataclasses import asdict

        print(json.dumps([asdict(one) for one in found], indent=2))
    if any(one.findings for one in found):
        raise typer.Exit(ExitCode.DATA)


def _located(
    datasets: Sequence[Dataset],
    data_dir: Path | None,
    places: list[str] | None,
    *,
    all_of_them: bool = True,
) -> tuple[Dataset, ...]:
    """These datasets with their places; UsageError if one, or every one, is not found."""
    from bench.images.listed import places as all_places

    if data_dir is None and not places:
        raise UsageError(
            f"{datasets[0].name} has no location; give --data-dir FOLDER or --from "
            f"{datasets[0].name}=PLACE"
        )
    found = all_places.placed(datasets, data_dir, all_places.parse(places or ()))
    absent = [d.name for d in datasets if d.name not in {one.name for one in found}]
    if absent and (all_of_them or not found):
        raise UsageError(
            f"no {absent[0]} under {data_dir}; name its folder {absent[0]} or give "
            f"--from {absent[0]}=PLACE"
        )
    return found


def _text(found: Checked, dataset: Dataset) -> str:
    """A summary line, then one line per finding and per note."""
    if found.digest is None:
        state = "cannot be read"
    else:
        number = len(found.findings)
        state = (
            f"{found.images:,} images of {found.classes} classes, "
            f"sha256 {found.digest[:12]}, {found.decoded:,} decoded: "
            + (console.counted(number, "finding") if number else "all good")
        )
    lines = [f"{dataset.name}  {found.place}  {state}"]
    lines += [f"  {finding.what}: {finding.todo}" for finding in found.findings]
    lines += [f"  note: {note}" for note in found.notes]
    return "\n".join(lines)
