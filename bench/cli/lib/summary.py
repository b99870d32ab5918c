"""What `bench run` prints before and after the jobs."""

from __future__ import annotations

import shlex
import sys

from bench.cli.lib import console
from bench.cli.lib.options import DEFAULT_OUTPUT, DEFAULT_REPORT
from bench.run.selection import Selection
from bench.run.session import Done, Forecast
from bench.store import Store

_NAMED = 3
_FAILURES_SHOWN = 5


def about(selection: Selection) -> str:
    """What is about to be measured, in which world, so that nobody mistakes glyphs for ImageNet."""
    options = selection.options
    worlds = sorted({model.world for model in selection.models})
    sources = ", ".join(sorted({model.source for model in selection.models}))
    limit = f", {options.limit} images of each" if options.limit else ""
    drawn = all(dataset.draw for dataset in selection.datasets) and selection.datasets
    lines = [
        f"{selection.suite.name} on {', '.join(worlds)}"
        + (" (images drawn on this machine)" if drawn else "")
        + f", models from {sources}"
        + (
            ". This is not ImageNet; for ImageNet add --data imagenet --data-dir FOLDER."
            if drawn
            else ""
        )
    ]
    datasets = console.counted(len(selection.datasets), "dataset")
    lines.append(
        f"{console.counted(len(selection.models), 'model')}, {datasets}{limit}; "
        f"{options.device} ({options.device_name}), {options.precision}"
    )
    read = [f"{d.name} from {d.place}" for d in selection.datasets if not d.draw]
    unscorable = [m for m in selection.models if selection.datasets and not m.scorable]
    if unscorable:
        lines.append(
            f"no accuracy for {console.counted(len(unscorable), 'model')} without weights or "
            "without ImageNet's 1,000 classes: "
            + ", ".join(model.name for model in unscorable[:_NAMED])
            + (" and others" if len(unscorable) > _NAMED else "")
        )
    return "\n".join([*lines, *read])


def plan_text(found: Forecast) -> str:
    """The job table of a dry run, and the total."""
    rows = [
        (job.label, "done", "-") if seconds is None else (job.label, "todo", f"{seconds:.1f}")
        for job, seconds in found.jobs
    ]
    total, count = found.total, len(found.jobs)
    lines = [
        console.columns(("job", "status", "seconds"), rows),
        "",
        (
            f"{count} jobs, {count - total.jobs} done, {total.jobs} to do: about "
            f"{console.duration(total.seconds)}, an estimate ({total.timed} of {total.jobs} "
            "from similar jobs timed on this device)"
        ),
    ]
    if found.undrawn:
        lines.append(f"datasets to draw first: {', '.join(found.undrawn)}")
    return "\n".join(lines)


def sum_up(done: Done, store: Store, selection: Selection) -> None:
    """Print what was done and where the results are; the first failures go to stderr."""
    summary = done.summary
    before = f", {summary.done_before} already stored" if summary.done_before else ""
    print(
        f"{len(done.jobs)} jobs: {summary.ok} done in {console.duration(summary.seconds)}{before}, "
        f"{summary.failed} failed. Results: {store.path}"
    )
    for outcome in summary.failures[:_FAILURES_SHOWN]:
        print(f"bench: failed: {outcome.job.label}: {outcome.error}", file=sys.stderr)
    if summary.failed > _FAILURES_SHOWN:
        print(f"bench: and {summary.failed - _FAILURES_SHOWN} more", file=sys.stderr)
    if not summary.failed and not summary.interrupted:
        suite = (
            "" if selection.suite.report == DEFAULT_REPORT else f" --suite {selection.suite.name}"
        )
        where = (
            ""
            if selection.output == DEFAULT_OUTPUT
            else f" --output {shlex.quote(str(selection.output))}"
        )
        print(f"Next: bench report --html{suite}{where}")
