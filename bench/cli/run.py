"""``bench run``: from a suite's name to results in the store."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import _choices, _print, _progress
from bench.errors import ExitCode, UsageError
from bench.spec import AmpDtype, Dataset, Job, Measure, Model, Options, Suite

if TYPE_CHECKING:
    from pandas import DataFrame

    from bench.report import Report
    from bench.run import Summary
    from bench.store import Store

_FAILURES_SHOWN = 5


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

    declared = registry.suite(suite)
    chosen = registry.models(models or declared.models, pretrain)
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
    _say_what_runs(declared, chosen, datasets, options)
    if dry_run:
        _show_plan(declared, chosen, datasets, options, output)
    else:
        _measure(declared, chosen, datasets, options, output)


def _say_what_runs(
    suite: Suite, models: Sequence[Model], datasets: Sequence[Dataset], options: Options
) -> None:
    """The first line: what the numbers will be of, so that nobody takes them for ImageNet's."""
    worlds = ", ".join(sorted({model.world for model in models}))
    sources = ", ".join(sorted({model.source for model in models}))
    print(
        f"{suite.name} on {worlds}, images drawn on this machine, with the embedded {sources}'s "
        "small models. This is not ImageNet: ImageNet loading is not in this version."
    )
    limit = f", first {options.limit} images of each" if options.limit else ""
    print(
        f"{len(models)} models, {len(datasets)} datasets{limit}; "
        f"{options.device} ({options.device_name}), {options.precision}"
    )


def _show_plan(
    suite: Suite,
    models: Sequence[Model],
    datasets: Sequence[Dataset],
    options: Options,
    output: Path,
) -> None:
    """The job table; draws nothing, loads no torch and writes nothing."""
    from bench.data._load import cached_digest
    from bench.plan import Timing, estimate, plan
    from bench.store import Store

    digests = {d.name: cached_digest(d) or d.digest for d in datasets}
    jobs = plan(suite, models, datasets, options, digests)
    done, past = set[str](), list[Timing]()
    if there := _choices.existing(output):
        with Store(there, readonly=True) as store:
            done, past = store.done(), store.timings()
    todo = [job for job in jobs if job.id not in done]
    print()
    print(
        _print.columns(
            ("job", "status", "seconds"),
            [
                (job.label, "done", "-")
                if job.id in done
                else (job.label, "todo", f"{estimate([job], past).seconds:.1f}")
                for job in jobs
            ],
        )
    )
    total = estimate(todo, past)
    undrawn = [d.name for d in datasets if cached_digest(d) is None]
    print(
        f"\n{len(jobs)} jobs, {len(jobs) - len(todo)} done, {len(todo)} to do: about "
        f"{_print.duration(total.seconds)}, an estimate; for {total.timed} of {total.jobs} it "
        "rests on jobs like them timed on this device"
    )
    if undrawn:
        print(f"and these are drawn first: {', '.join(undrawn)}")


def _measure(
    suite: Suite,
    models: Sequence[Model],
    datasets: Sequence[Dataset],
    options: Options,
    output: Path,
) -> None:
    from bench import env, measure, registry
    from bench import run as loop
    from bench.plan import plan
    from bench.store import Store

    # Before anything slow: what cannot be written or shown is known at once.
    store = Store(output)
    build = registry.report(suite.report)
    if Measure.EVALUATE in suite.measures:
        _choices.verify_weights(models)
        digests = _digests(datasets, options.workers)
    else:
        digests = {}
    jobs = plan(suite, models, datasets, options, digests)
    if not store.done().issuperset(job.id for job in jobs):
        _load(suite.measures, models)
    run_id = store.begin_run(env.snapshot(options))
    with _progress.observer() as observer:
        summary = loop.run(jobs, store, measure.execute, run_id=run_id, observer=observer)
    if not summary.interrupted:
        _show_report(build, store, jobs)
    _sum_up(summary, store, len(jobs))


def _load(measures: Sequence[Measure], models: Sequence[Model]) -> None:
    """Import what the jobs need, or the first of them would be charged with loading torch."""
    import warnings
    from contextlib import suppress
    from importlib import import_module

    from bench.measure import MEASURES

    # Other projects' notices to their own developers: who runs a suite can do nothing about them.
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    print("loading PyTorch", file=sys.stderr, flush=True)
    for measure in measures:
        import_module(MEASURES[measure])
    for module in {model.arch.split(":")[0] for model in models}:
        with suppress(ImportError):  # the job says so
            import_module(module)


def _digests(datasets: Sequence[Dataset], workers: int) -> Mapping[str, str]:
    """Actual digests, drawing what is missing; a line for each set that differs from its own."""
    from importlib.metadata import version

    from bench.data._load import digest_of

    digests = {}
    for dataset in datasets:
        with _progress.counting(f"drawing {dataset.name}") as count:
            digests[dataset.name] = digest_of(dataset, workers=workers, progress=count)
    differing = [d.name for d in datasets if d.digest not in (None, digests[d.name])]
    if differing:
        drawn_by = ", ".join(
            f"{name} {version(name)}" for name in ("numpy", "pillow", "matplotlib")
        )
        _print.warn(
            f"{', '.join(differing)}: other pixels than published, drawn with {drawn_by}; "
            "results count as those of other data"
        )
    return digests


def _show_report(build: Callable[..., Report], store: Store, jobs: Sequence[Job]) -> None:
    """A report in the terminal, of this run's jobs alone; `bench report` adds the provenance."""
    from bench.render import terminal

    frame = _of_jobs(store.frame(), jobs)
    print()
    made = replace(build(frame, store.env()), provenance=())
    terminal.render(made, _print.console())


def _of_jobs(frame: DataFrame, jobs: Sequence[Job]) -> DataFrame:
    """The rows of these jobs, under the names of these jobs' models.

    Models of one architecture share its cost and speed, so another of them may have measured it.
    """
    models = {job.id: job.model for job in jobs}
    frame = frame[frame["job"].isin(models)].copy()
    for column, attribute in (
        ("model", "name"),
        *((same, same) for same in ("scale", "trained_on", "pretrain_images")),
    ):
        own = {job: getattr(model, attribute) for job, model in models.items()}
        frame[column] = frame["job"].map(own).astype(frame[column].dtype)
    return frame


def _sum_up(summary: Summary, store: Store, jobs: int) -> None:
    before = f", {summary.done_before} were there before" if summary.done_before else ""
    print(
        f"{jobs} jobs: {summary.ok} done in {_print.duration(summary.seconds)}{before}, "
        f"{summary.failed} failed. Results: {store.path}"
    )
    if summary.interrupted:
        raise KeyboardInterrupt
    for outcome in summary.failures[:_FAILURES_SHOWN]:
        print(f"bench: failed: {outcome.job.label}: {outcome.error}", file=sys.stderr)
    if summary.failed > _FAILURES_SHOWN:
        print(f"bench: and {summary.failed - _FAILURES_SHOWN} more", file=sys.stderr)
    if summary.failed:
        raise typer.Exit(ExitCode.JOBS_FAILED)
    print("Next: bench report --html")
