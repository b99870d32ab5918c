"""``bench prefetch``: download published weights, so that runs need no network."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.lib import console
from bench.spec.errors import BenchError, ExitCode

if TYPE_CHECKING:
    from bench.checkpoints.prefetch import WeightFile


def prefetch(
    models: Annotated[
        str | None,
        typer.Option("--models", "-m", help="As in `bench run`; the scaling suite's by default."),
    ] = None,
    pretrain: Annotated[
        str | None, typer.Option(help="Pretraining scales: in1k, in22k; all by default.")
    ] = None,
    world: Annotated[str, typer.Option(help="World to select models from.")] = "imagenet",
    weights_dir: Annotated[
        Path | None, typer.Option(help="Folder with your own weights; they are not fetched.")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Move to the newest commit of each repository.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be fetched, and its size.")
    ] = False,
) -> None:
    """Fetch the weights of published models; run it again to resume.

    They go into the Hugging Face cache (HF_HOME). The commit that is fetched first is pinned and
    used from then on.
    """
    from bench import registry
    from bench.checkpoints import prefetch as survey

    wanted = models or registry.suite("scaling").models
    chosen = registry.models(wanted, pretrain, world=world)
    found = survey.survey(chosen, update=update, folder=weights_dir)
    if dry_run:
        print(_table(found))
    else:
        survey.check_space(found)
        found = _fetch_all(found, update=update, folder=weights_dir)
    print(_totals(found, dry_run=dry_run))
    failed = [file for file in found if file.error]
    for file in failed:
        _print_progress(f"bench: {file.model.name}: {file.error}")
    if failed:
        raise typer.Exit(ExitCode.DATA)


def _fetch_all(
    found: Sequence[WeightFile], *, update: bool, folder: Path | None
) -> tuple[WeightFile, ...]:
    """Fetch the missing files and check all of them; returns them with errors, if any."""
    todo = [file for file in found if not file.here and not file.error]
    left, total, begun = len(todo), sum(file.size for file in todo), time.monotonic()
    if todo:
        _print_progress(f"to fetch: {console.counted(left, 'file')}, {size(total)}")
    ended, done = [], 0
    for file in found:
        ended.append(_fetch(file, update=update, folder=folder))
        if file not in todo:
            continue
        left, done = left - 1, done + file.size
        time_left = (time.monotonic() - begun) / max(done, 1) * (total - done)
        _print_progress(
            f"[{len(todo) - left}/{len(todo)}] {file.model.name}, {size(file.size)}"
            f"{' failed' if ended[-1].error else ''}; about {console.duration(time_left)} left"
        )
    return tuple(ended)


def _fetch(file: WeightFile, *, update: bool, folder: Path | None) -> WeightFile:
    from bench.checkpoints import weights

    if file.error:
        return file
    try:
        weights.resolve(file.model, update=update, folder=folder)
    except BenchError as error:  # go on with the others
        return replace(file, error=str(error))
    return file


def _table(found: Sequence[WeightFile]) -> str:
    rows = (
        (
            file.model.name,
            file.model.weights,
            "-" if file.error else size(file.size),
            "unavailable" if file.error else "on disk" if file.here else "to fetch",
        )
        for file in found
    )
    return console.columns(("model", "weights", "size", "state"), rows)


def _totals(found: Sequence[WeightFile], *, dry_run: bool) -> str:
    from bench.checkpoints.hub import cache

    here = [file.size for file in found if file.here and not file.error]
    new = [file.size for file in found if not file.here and not file.error]
    failed = len(found) - len(here) - len(new)
    return (
        f"{console.counted(len(found), 'weight file')}: {len(here)} on disk ({size(sum(here))}), "
        f"{len(new)} {'to fetch' if dry_run else 'fetched'} ({size(sum(new))})"
        + (f", {failed} failed" if failed else "")
        + f"; cache: {cache()}"
    )


def size(count: int) -> str:
    """Bytes in readable units.

    >>> size(46_800_000), size(1_230_000_000)
    ('46.8 MB', '1.23 GB')
    """
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.2f} GB"


def _print_progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
