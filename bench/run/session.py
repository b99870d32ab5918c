"""A run from selection to outcomes: find the weights, digest the images, run the jobs.

Nothing here prints; progress and warnings go to the caller's `Feedback`.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from bench.checkpoints import weights
from bench.images.drawn.store import cached_digest
from bench.images.listed.sources import listing
from bench.run import digests, loop, provenance
from bench.run.digests import Count, Counting
from bench.run.estimate import Estimate, Estimator
from bench.run.execute import MEASURES, execute
from bench.run.selection import Selection
from bench.spec import Job
from bench.store import Store
from bench.store.durations import JobDuration


@contextmanager
def _uncounted(_what: str) -> Iterator[Count]:
    yield lambda _done, _total: None


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """Callbacks for progress and warnings; silent by default."""

    counting: Counting = _uncounted
    warn: Callable[[str], None] = lambda _text: None
    note: Callable[[str], None] = lambda _text: None
    observer: AbstractContextManager[loop.Observer] = field(
        default_factory=lambda: nullcontext(loop.Silent())
    )


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a session did: all its jobs, and a summary of those that were not stored before."""

    jobs: tuple[Job, ...]
    summary: loop.Summary


def measure(
    selection: Selection,
    store: Store,
    feedback: Feedback,
    *,
    weights_dir: Path | None = None,
    offline: bool = False,
) -> Done:
    """Run the jobs that are missing from the store.

    Raises StoreError, UsageError or DataError before the first job if weights or datasets are
    missing or damaged. The summary of a run interrupted by Ctrl-C or SIGTERM says so.
    """
    if offline:  # the libraries that fetch read these, here and in child processes
        os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
    models, datasets = selection.to_evaluate()
    # Check all weights first, so that missing or damaged ones are reported before any work is done.
    with feedback.counting("finding weights") as count:
        found = weights.resolve_all(models, offline=offline, folder=weights_dir, progress=count)
    there, known = digests.listed(datasets, feedback.warn)
    known |= digests.drawn(datasets, selection.options.workers, feedback.counting, feedback.warn)
    selection = selection.resolved(found, there)
    jobs = tuple(selection.jobs(known))
    if not store.done().issuperset(job.id for job in jobs):
        feedback.note("loading PyTorch")
        _import_measures(jobs)
    run_id = store.begin_run(provenance.snapshot(selection.options) | selection.speed_settings)
    with feedback.observer as observer:
        summary = loop.run(jobs, store, execute, run_id=run_id, observer=observer)
    return Done(jobs=jobs, summary=summary)


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a run would do: each job with its estimated seconds, None if it is stored already."""

    jobs: tuple[tuple[Job, float | None], ...]
    total: Estimate
    undrawn: tuple[str, ...]  #: datasets that would be drawn first


def forecast(selection: Selection) -> Forecast:
    """The jobs and how long they may take, without importing torch, drawing or writing."""
    _, datasets = selection.to_evaluate()
    cached = {d.name: cached_digest(d) if d.draw else listing(d).digest for d in datasets}
    jobs = selection.jobs({d.name: cached[d.name] or d.digest for d in datasets})
    done, past = set[str](), list[JobDuration]()
    if Store.exists(selection.output):
        with Store(selection.output, readonly=True) as store:
            done, past = store.done(), store.durations()
    estimator = Estimator((job for job in jobs if job.id not in done), past)
    return Forecast(
        jobs=tuple(
            (job, None if job.id in done else estimator.expected(job).seconds) for job in jobs
        ),
        total=estimator.left(),
        undrawn=tuple(name for name, digest in cached.items() if digest is None),
    )


def _import_measures(jobs: Iterable[Job]) -> None:
    """Import what the jobs need, or loading torch would count for the first of them."""
    # Notices of other projects to their own developers, about which a user can do nothing.
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    needed = {MEASURES[job.measure] for job in jobs}
    needed |= {job.model.arch.split(":")[0] for job in jobs}
    for module in sorted(needed):
        with suppress(ImportError):  # its job will fail with this error
            import_module(module)
