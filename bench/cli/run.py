"""``bench run``: what is wanted, read from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import _choices, _print
from bench.errors import ExitCode, UsageError
from bench.spec import AmpDtype, Options

if TYPE_CHECKING:
    from bench.cli._wanted import Wanted


def run(
    suite: Annotated[str, typer.Argument(help="Name of a suite; `bench list suites`.")],
    models: Annotated[
        str | None,
        typer.Option(
            "--models",
            "-m",
            help="Families, sizes, names, globs, @file, comma between; the suite's if not given.",
        ),
    ] = None,
    pretrain: Annotated[
        str | None, typer.Option(help="Pretraining scales: in1k, in22k; both if not given.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="A world (glyphs), datasets, roles, globs; the suite's if not given."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the jobs and how long they may take.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first so many images of each dataset.")
    ] = None,
    device: _choices.Device = "auto",
    batch_size: Annotated[
        int, typer.Option("--batch-size", "-b", min=1, help="Images at a time.")
    ] = Options.batch_size,
    amp: Annotated[bool, typer.Option("--amp", help="Mixed precision.")] = False,
    amp_dtype: Annotated[
        AmpDtype | None, typer.Option(help="Its dtype; float16 if not given.", show_default=False)
    ] = None,
    channels_last: Annotated[
        bool, typer.Option("--channels-last", help="Channels-last memory layout.")
    ] = False,
    compiled: Annotated[bool, typer.Option("--compile", help="torch.compile the models.")] = False,
    workers: _choices.Workers = Options.workers,
    output: _choices.Output = _choices.DEFAULT_OUTPUT,
) -> None:
    """Run a suite; jobs whose result is already stored are not run again."""
    from bench import registry
    from bench.cli import _dry, _measuring
    from bench.cli._wanted import Wanted

    declared = registry.suite(suite)
    chosen = registry.models(declared.models if models is None else models, pretrain)
    datasets = _choices.datasets(data, declared)
    if amp_dtype and not amp:
        raise UsageError("--amp-dtype says nothing without --amp; give both or neither")
    found = _choices.described(device)
    options = Options(
        device=found["device"],
        device_name=found["name"],
        batch_size=batch_size,
        amp=amp,
        amp_dtype=amp_dtype or Options.amp_dtype,
        channels_last=channels_last,
        compile=compiled,
        workers=workers,
        limit=limit,
    )
    wanted = Wanted(
        suite=declared, models=chosen, datasets=datasets, options=options, output=output
    )
    wanted.jobs({})  # nothing to do is a mistake, known at once
    print(_first_lines(wanted))
    if dry_run:
        _dry.show(wanted)
    elif _measuring.measure(wanted).failed:
        raise typer.Exit(ExitCode.JOBS_FAILED)


def _first_lines(wanted: Wanted) -> str:
    """What the numbers will be of, so that nobody takes them for ImageNet's; then on what."""
    options = wanted.options
    worlds = ", ".join(sorted({model.world for model in wanted.models}))
    sources = ", ".join(sorted({model.source for model in wanted.models}))
    limit = f", first {options.limit} images of each" if options.limit else ""
    return (
        f"{wanted.suite.name} on {worlds} (images drawn on this machine), models from the "
        f"{sources}. This is not ImageNet: ImageNet loading is not in this version.\n"
        f"{_print.counted(len(wanted.models), 'model')}, "
        f"{_print.counted(len(wanted.datasets), 'dataset')}{limit}; "
        f"{options.device} ({options.device_name}), {options.precision}"
    )
