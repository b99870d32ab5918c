"""A run from its selection to its outcomes: weights found, images digested, jobs done.

Nothing here prints: whoever calls passes a `Feedback` and is told.
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
from bench.run.estimate import Estimate, Estimator
from bench.run.execute import MEASURES, execute
from bench.run.selection import Selection
from bench.spec import Job
from bench.store import Store
from bench.store.timing import Timing

#: Called with (done, total) while something goes on.
Count = Callable[[int, int], None]


@contextmanager
def _uncounted(_what: str) -> Iterator[Count]:
    yield lambda _done, _total: None


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """Whom a session tells what goes on; nobody, if nothing is given."""

    counting: Callable[[str], AbstractContextManager[Count]] = _uncounted
    warn: Callable[[str], None] = lambda _text: None
    note: Callable[[str], None] = lambda _text: None
    observer: AbstractContextManager[loop.Observer] = field(
        default_factory=lambda: nullcontext(loop.Silent())
    )


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a session did: its jobs, and what came of those that were not stored before."""

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
    """Do what the store lacks.

    Raises StoreError, UsageError or DataError before the first job if anything that all of them
    need is missing or damaged. A run that is interrupted, by SIGTERM too, says so in its summary.
    """
    if offline:  # what the libraries that fetch go by, here and in processes that are started
        os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
    models, datasets = selection.evaluated()
    # All weights, before any work is done: what is missing or damaged is said at once.
    with feedback.counting("finding weights") as count:
        found = weights.resolve_all(models, offline=offline, folder=weights_dir, progress=count)
    there, known = digests.listed(datasets, feedback.warn)
    known |= digests.drawn(datasets, selection.options.workers, feedback.counting, feedback.warn)
    selection = selection.resolved(found, there)
    jobs = tuple(selection.jobs(known))
    if not store.done().issuperset(job.id for job in jobs):
        feedback.note("loading PyTorch")
        _load(jobs)
    run_id = store.begin_run(provenance.snapshot(selection.options) | selection.ways)
    with feedback.observer as observer:
        summary = loop.run(jobs, store, execute, run_id=run_id, observer=observer)
    return Done(jobs=jobs, summary=summary)


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a run would do: each job with the seconds it may take, None where it is stored."""

    jobs: tuple[tuple[Job, float | None], ...]
    total: Estimate
    undrawn: tuple[str, ...]  #: sets that are drawn first


def forecast(selection: Selection) -> Forecast:
    """The jobs and how long they may take, without torch, drawing or writing."""
    _, datasets = selection.evaluated()
    cached = {d.name: cached_digest(d) if d.draw else listing(d).digest for d in datasets}
    jobs = selection.jobs({d.name: cached[d.name] or d.digest for d in datasets})
    done, past = set[str](), list[Timing]()
    if Store.exists(selection.output):
        with Store(selection.output, readonly=True) as store:
            done, past = store.done(), store.timings()
    clock = Estimator((job for job in jobs if job.id not in done), past)
    return Forecast(
        jobs=tuple((job, None if job.id in done else clock.expected(job).seconds) for job in jobs),
        total=clock.left(),
        undrawn=tuple(name for name, digest in cached.items() if digest is None),
    )


def _load(jobs: Iterable[Job]) -> None:
    """Import what the jobs need, or the first of them would be charged with loading torch."""
    # Other projects' notices to their own developers: who runs a suite can do nothing about them.
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    needed = {MEASURES[job.measure] for job in jobs}
    needed |= {job.model.arch.split(":")[0] for job in jobs}
    for module in sorted(needed):
        with suppress(ImportError):  # its job says so
            import_module(module)
