"""``bench run``: run a suite and show its report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bench.cli.lib import options
from bench.spec.errors import ExitCode

if TYPE_CHECKING:
    from bench.run.selection import Selection


def run(
    suite: options.SuiteName,
    models: options.Models = None,
    pretrain: options.Pretrain = None,
    data: options.Data = None,
    data_dir: options.DataDir = None,
    places: options.From = None,
    weights_dir: options.WeightsDir = None,
    offline: options.Offline = False,
    source: options.NumbersFrom = options.Source.MEASURED,
    dry_run: options.DryRun = False,
    limit: options.Limit = None,
    device: options.Device = "auto",
    batch_size: options.BatchSize = None,
    amp: options.Amp = False,
    amp_dtype: options.AmpType = None,
    channels_last: options.ChannelsLast = False,
    compiled: options.Compiled = False,
    conditions: options.Conditions = None,
    replicates: options.Replicates = None,
    img_size: options.ImgSize = None,
    crop_pct: options.CropPct = None,
    interpolation: options.Filter = None,
    use_train_size: options.UseTrainSize = False,
    no_cache: options.NoCache = False,
    workers: options.Workers = 2,
    output: options.Output = options.DEFAULT_OUTPUT,
) -> None:
    """Run a suite; jobs with a stored result are not run again."""
    if source is options.Source.PUBLISHED:
        from bench.cli.lib import output as out

        made = out.of_figures(out.report_of(suite=suite), models, pretrain)
        out.show(made, "terminal", None)
        return
    from bench.run import request as ask

    selection = ask.selected(
        ask.Request(
            suite=suite,
            output=output,
            models=ask.ModelChoice(
                selector=models,
                pretrain=pretrain,
                img_size=img_size,
                crop_pct=crop_pct,
                interpolation=interpolation,
                train_size=use_train_size,
            ),
            data=ask.DataChoice(
                selector=data,
                folder=data_dir,
                places=tuple(places or ()),
                limit=limit,
                cache=not no_cache,
            ),
            device=ask.DeviceChoice(
                device=device,
                batch_size=batch_size,
                amp=amp,
                amp_dtype=amp_dtype,
                channels_last=channels_last,
                compiled=compiled,
                workers=workers,
            ),
            speed=ask.SpeedChoice(conditions=conditions, replicates=replicates),
        )
    )
    from bench.cli.lib import summary

    print(summary.about(selection))
    if dry_run:
        from bench.run.session import forecast

        print(f"\n{summary.plan_text(forecast(selection))}")
    elif _run_jobs(selection, weights_dir, offline=offline):
        raise typer.Exit(ExitCode.JOBS_FAILED)


def _run_jobs(selection: Selection, weights_dir: Path | None, *, offline: bool) -> int:
    """Run the missing jobs, print the report and a summary; returns the number of failed jobs.

    Raises KeyboardInterrupt if the run was interrupted by Ctrl-C or SIGTERM.
    """
    from bench import registry
    from bench.cli.lib import console, progress, summary
    from bench.render import terminal
    from bench.report.build import of_store
    from bench.run.loop import terminable
    from bench.run.session import Feedback, measure
    from bench.store import Store

    build = registry.report(selection.suite.report)
    feedback = Feedback(
        counting=progress.counting,
        warn=console.warn,
        note=progress.say,
        observer=progress.observer(),
    )
    with terminable(), Store(selection.output) as store:
        done = measure(selection, store, feedback, weights_dir=weights_dir, offline=offline)
        if not done.summary.interrupted:
            made = of_store(build, store, done.jobs)
            print()
            terminal.render(replace(made, provenance=()), console.stdout_console())
        summary.sum_up(done, store, selection)
    if done.summary.interrupted:
        raise KeyboardInterrupt
    return done.summary.failed
