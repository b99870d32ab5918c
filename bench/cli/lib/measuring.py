"""``bench run`` proper: draw what is missing, run the jobs, show what came of them."""

from __future__ import annotations

import os
import shlex
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from bench import registry
from bench.checkpoints import weights
from bench.cli.lib import console, progress
from bench.cli.lib import digests as image_digests
from bench.cli.lib.choices import DEFAULT_OUTPUT, DEFAULT_REPORT
from bench.run import execute as measures
from bench.run import loop, provenance
from bench.run.loop import Summary
from bench.run.wanted import Wanted
from bench.spec import Job
from bench.store import Store

if TYPE_CHECKING:
    from pandas import DataFrame

    from bench.blocks import Report

_FAILURES_SHOWN = 5
#: What models of one architecture may differ in.
_OF_WEIGHTS = (
    *("scale", "trained_on", "pretrain_images", "images_seen"),
    *("crop_pct", "crop_mode", "interpolation", "changed"),
)


def measure(wanted: Wanted, weights_dir: Path | None = None, *, offline: bool = False) -> Summary:
    """Run what the store lacks, print the suite's report and what was done.

    Raises StoreError, UsageError or DataError before the first job if anything that all of them
    need is missing or damaged, and KeyboardInterrupt if the run was interrupted, by SIGTERM too.
    """
    with loop.terminable():
        return _measure(wanted, weights_dir, offline=offline)


def _measure(wanted: Wanted, weights_dir: Path | None, *, offline: bool) -> Summary:
    if weights_dir is not None:
        os.environ["BENCH_WEIGHTS"] = str(weights_dir)  # processes that time a speed look there too
    if offline:
        os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
    build = registry.report(wanted.suite.report)
    models, datasets = wanted.evaluated()
    with Store(wanted.output) as store:
        # All weights, before any work is done: what is missing or damaged is said at once.
        with progress.counting("finding weights") as count:
            found = weights.resolve_all(models, offline=offline, progress=count)
        there, digests = image_digests.read(datasets)
        digests |= image_digests.drawn(datasets, wanted.options.workers)
        wanted = wanted.resolved(found, there)
        jobs = wanted.jobs(digests)
        if not store.done().issuperset(job.id for job in jobs):
            _load(jobs)
        run_id = store.begin_run(provenance.snapshot(wanted.options) | wanted.ways)
        with progress.observer() as observer:
            summary = loop.run(jobs, store, measures.execute, run_id=run_id, observer=observer)
        if not summary.interrupted:
            _show(build, store, jobs)
        _sum_up(summary, store, wanted, len(jobs))
    if summary.interrupted:
        raise KeyboardInterrupt
    return summary


def _load(jobs: Iterable[Job]) -> None:
    """Import what the jobs need, or the first of them would be charged with loading torch."""
    # Other projects' notices to their own developers: who runs a suite can do nothing about them.
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    print("loading PyTorch", file=sys.stderr, flush=True)
    needed = {measures.MEASURES[job.measure] for job in jobs}
    needed |= {job.model.arch.split(":")[0] for job in jobs}
    for module in sorted(needed):
        with suppress(ImportError):  # its job says so
            import_module(module)


def _show(build: Callable[..., Report], store: Store, jobs: Sequence[Job]) -> None:
    """A report in the terminal, of this run's jobs alone; `bench report` adds the provenance."""
    from bench.render import terminal

    made = build(_of_jobs(store.frame(), jobs), store.env())
    print()
    terminal.render(replace(made, provenance=()), console.stdout_console())


def _of_jobs(frame: DataFrame, jobs: Sequence[Job]) -> DataFrame:
    """The rows of these jobs, under the names of these jobs' models.

    Models of one architecture share its cost and speed, so another of them may have measured it.
    """
    models = {job.id: job.model for job in jobs}
    frame = frame[frame["job"].isin(models)].copy()
    for column, attribute in (
        ("model", "name"),
        *((same, same) for same in _OF_WEIGHTS),
    ):
        own = {job: getattr(model, attribute) for job, model in models.items()}
        frame[column] = frame["job"].map(own).astype(frame[column].dtype)
    return frame


def _sum_up(summary: Summary, store: Store, wanted: Wanted, jobs: int) -> None:
    """What was done and where it is; the first failures on stderr."""
    before = f", {summary.done_before} were there before" if summary.done_before else ""
    print(
        f"{jobs} jobs: {summary.ok} done in {console.duration(summary.seconds)}{before}, "
        f"{summary.failed} failed. Results: {store.path}"
    )
    for outcome in summary.failures[:_FAILURES_SHOWN]:
        print(f"bench: failed: {outcome.job.label}: {outcome.error}", file=sys.stderr)
    if summary.failed > _FAILURES_SHOWN:
        print(f"bench: and {summary.failed - _FAILURES_SHOWN} more", file=sys.stderr)
    if not summary.failed and not summary.interrupted:
        suite = "" if wanted.suite.report == DEFAULT_REPORT else f" --suite {wanted.suite.name}"
        where = (
            ""
            if wanted.output == DEFAULT_OUTPUT
            else f" --output {shlex.quote(str(wanted.output))}"
        )
        print(f"Next: bench report --html{suite}{where}")
