"""``bench run``: what is wanted, read from the command line."""

from __future__ import annotations

import typer

from bench.cli import _choices, _options
from bench.errors import ExitCode


def run(
    suite: _options.SuiteName,
    models: _options.Models = None,
    pretrain: _options.Pretrain = None,
    data: _options.Data = None,
    data_dir: _options.DataDir = None,
    places: _options.From = None,
    weights_dir: _options.WeightsDir = None,
    offline: _options.Offline = False,
    source: _options.NumbersFrom = _options.Source.MEASURED,
    dry_run: _options.DryRun = False,
    limit: _options.Limit = None,
    device: _choices.Device = "auto",
    batch_size: _options.BatchSize = None,
    amp: _options.Amp = False,
    amp_dtype: _options.AmpType = None,
    channels_last: _options.ChannelsLast = False,
    compiled: _options.Compiled = False,
    conditions: _options.Conditions = None,
    replicates: _options.Replicates = None,
    img_size: _options.ImgSize = None,
    crop_pct: _options.CropPct = None,
    interpolation: _options.Filter = None,
    use_train_size: _options.UseTrainSize = False,
    no_cache: _options.NoCache = False,
    workers: _choices.Workers = 2,
    output: _choices.Output = _choices.DEFAULT_OUTPUT,
) -> None:
    """Run a suite; jobs whose result is already stored are not run again."""
    from bench.cli import _dry, _measuring, _published, _wanting

    if source is _options.Source.PUBLISHED:
        _published.show(suite, models, pretrain)
        return
    wanted = _wanting.wanted(
        suite,
        _wanting.Models(models, pretrain, img_size, crop_pct, interpolation, use_train_size),
        _wanting.Data(data, data_dir, tuple(places or ()), limit, not no_cache),
        _wanting.Running(device, batch_size, amp, amp_dtype, channels_last, compiled, workers),
        _wanting.Timing(conditions, replicates),
        output,
    )
    print(_wanting.first_lines(wanted))
    if dry_run:
        _dry.show(wanted)
    elif _measuring.measure(wanted, weights_dir, offline=offline).failed:
        raise typer.Exit(ExitCode.JOBS_FAILED)
