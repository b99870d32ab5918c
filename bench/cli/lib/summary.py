"""What a run says before and after its work."""

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
    """What the numbers will be of, so that nobody takes one world's for another's; then on what."""
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
            ". This is not ImageNet: for that, add --data imagenet --data-dir FOLDER."
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
    mute = [model for model in selection.models if selection.datasets and not model.answers]
    if mute:
        lines.append(
            f"no accuracy of {console.counted(len(mute), 'model')} without weights or without "
            f"ImageNet's 1,000 classes: {', '.join(model.name for model in mute[:_NAMED])}"
            + (" and others" if len(mute) > _NAMED else "")
        )
    return "\n".join([*lines, *read])


def plan_text(found: Forecast) -> str:
    """The job table of a dry run, and the sum."""
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
            f"{console.duration(total.seconds)}, an estimate; for {total.timed} of {total.jobs} it "
            "rests on jobs like them timed on this device"
        ),
    ]
    if found.undrawn:
        lines.append(f"and these are drawn first: {', '.join(found.undrawn)}")
    return "\n".join(lines)


def sum_up(done: Done, store: Store, selection: Selection) -> None:
    """What was done and where it is; the first failures on stderr."""
    summary = done.summary
    before = f", {summary.done_before} were there before" if summary.done_before else ""
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
