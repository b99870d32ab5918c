"""``bench run``: what is wanted, read from the command line."""

from __future__ import annotations

import typer

from bench.cli.lib import choices, options
from bench.spec.errors import ExitCode


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
    device: choices.Device = "auto",
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
    workers: choices.Workers = 2,
    output: choices.Output = choices.DEFAULT_OUTPUT,
) -> None:
    """Run a suite; jobs whose result is already stored are not run again."""
    from bench.cli.lib import dry_run as dry_runs
    from bench.cli.lib import measuring, published
    from bench.run import request

    if source is options.Source.PUBLISHED:
        published.show(suite, models, pretrain)
        return
    wanted = request.wanted(
        suite,
        request.Models(models, pretrain, img_size, crop_pct, interpolation, use_train_size),
        request.Data(data, data_dir, tuple(places or ()), limit, not no_cache),
        request.Running(device, batch_size, amp, amp_dtype, channels_last, compiled, workers),
        request.Timing(conditions, replicates),
        output,
    )
    print(request.first_lines(wanted))
    if dry_run:
        dry_runs.show(wanted)
    elif measuring.measure(wanted, weights_dir, offline=offline).failed:
        raise typer.Exit(ExitCode.JOBS_FAILED)
