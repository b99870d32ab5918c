"""Planning: from a suite and choices to a list of jobs. Pure.

A job's id contains only what changes its number, so two models of one architecture share their
profile and speed jobs, and suites share results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.run.estimate import typical_seconds
from bench.spec import Dataset, Job, Measure, Model, Options, Suite
from bench.spec.errors import UsageError


def plan(
    suite: Suite,
    models: Sequence[Model],
    datasets: Sequence[Dataset],
    options: Options,
    digests: Mapping[str, str | None],
    conditions: Sequence[Options] = (),
) -> list[Job]:
    """Jobs of a suite, each id once: models in the order given, the cheapest job of each first.

    A model is evaluated only on datasets of its own world, and only if it is scorable. ``digests``
    maps a dataset's name to the digest of its actual pixels; a job without one can be listed but
    not run. Speed is measured under each of ``conditions``, or under ``options`` if there are none;
    everything else under ``options``.

    Raises UsageError if there are no jobs.
    """
    speeds = tuple(conditions) or (options,)
    jobs: dict[str, Job] = {}
    for model in models:
        mine: list[Job] = []
        for measure in suite.measures:
            if measure is not Measure.EVALUATE:
                under = speeds if measure is Measure.SPEED else (options,)
                mine += [Job(measure=measure, model=model, options=one) for one in under]
                continue
            mine += [
                Job(
                    measure=measure,
                    model=model,
                    options=options,
                    dataset=dataset,
                    dataset_digest=digests.get(dataset.name),
                )
                for dataset in datasets
                if dataset.world == model.world and model.scorable
            ]
        for job in sorted(mine, key=typical_seconds):  # stable: equal costs keep the suite's order
            jobs.setdefault(_identity(job), job)
    if not jobs:
        raise UsageError(f"suite {suite.name!r} has no jobs: {_why_none(models)}")
    return list(jobs.values())


def _why_none(models: Sequence[Model]) -> str:
    unscorable = [model.name for model in models if not model.scorable]
    if unscorable and len(unscorable) == len(models):
        others = f" and {len(unscorable) - 1} others" if len(unscorable) > 1 else ""
        return (
            f"{unscorable[0]}{others} cannot be scored without published weights and a head for "
            "ImageNet's 1,000 classes; give another weights tag"
        )
    worlds = ", ".join(sorted({model.world for model in models})) or "none"
    return f"none of its datasets belongs to the selected models' world ({worlds})"


def _identity(job: Job) -> str:
    """The id, plus the names of dataset and model where their digests are not known yet."""
    if job.dataset is None:
        return job.id
    data = "" if job.dataset_digest else job.dataset.name
    weights = "" if job.model.weights_sha256 else job.model.name
    return f"{job.id} {data} {weights}".rstrip()
