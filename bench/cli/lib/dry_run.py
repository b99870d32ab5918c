"""``bench run --dry-run``: the job table, without torch, drawing or writing."""

from __future__ import annotations

from bench.cli.lib import choices, console
from bench.images.drawn.store import cached_digest
from bench.images.listed.sources import listing
from bench.run.plan import Timing, estimate
from bench.run.wanted import Wanted
from bench.store import Store


def show(wanted: Wanted) -> None:
    """Print each job, whether it is done, the seconds it may take, and their sum."""
    _, datasets = wanted.evaluated()
    cached = {d.name: cached_digest(d) if d.draw else listing(d).digest for d in datasets}
    jobs = wanted.jobs({d.name: cached[d.name] or d.digest for d in datasets})
    done, past = set[str](), list[Timing]()
    if there := choices.existing(wanted.output):
        with Store(there, readonly=True) as store:
            done, past = store.done(), store.timings()
    rows = [
        (job.label, "done", "-")
        if job.id in done
        else (job.label, "todo", f"{estimate([job], past).seconds:.1f}")
        for job in jobs
    ]
    total = estimate([job for job in jobs if job.id not in done], past)
    print()
    print(console.columns(("job", "status", "seconds"), rows))
    print(
        f"\n{len(jobs)} jobs, {len(jobs) - total.jobs} done, {total.jobs} to do: about "
        f"{console.duration(total.seconds)}, an estimate; for {total.timed} of {total.jobs} it "
        "rests on jobs like them timed on this device"
    )
    if undrawn := [name for name, digest in cached.items() if digest is None]:
        print(f"and these are drawn first: {', '.join(undrawn)}")
