"""What to do: a suite and choices to a list of jobs. Pure.

A job's id leaves out what does not change its number, so two models of one architecture share one
profile and one speed job, and suites share results.
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

    A model meets the datasets of its own world only, and only if it has an answer to them.
    ``digests`` maps a dataset's name to the digest of its actual pixels; a job without one can be
    listed, not run. Speed is measured under
    each of ``conditions``, which are ``options`` alone where none are given; all else under
    ``options``.

    Raises UsageError when there is nothing to do.
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
                if dataset.world == model.world and model.answers
            ]
        for job in sorted(mine, key=typical_seconds):  # stable: equal costs keep the suite's order
            jobs.setdefault(_identity(job), job)
    if not jobs:
        raise UsageError(f"suite {suite.name!r} has nothing to do: {_why_nothing(models)}")
    return list(jobs.values())


def _why_nothing(models: Sequence[Model]) -> str:
    mute = [model.name for model in models if not model.answers]
    if mute and len(mute) == len(models):
        others = f" and {len(mute) - 1} others" if len(mute) > 1 else ""
        return (
            f"{mute[0]}{others} cannot be scored, without published weights or without a head of "
            "ImageNet's 1,000 classes; give another weights tag"
        )
    worlds = ", ".join(sorted({model.world for model in models})) or "none"
    return f"none of its datasets belongs to the world of the models selected ({worlds})"


def _identity(job: Job) -> str:
    """The id; of a job whose data or weights were never digested, also which data and weights."""
    if job.dataset is None:
        return job.id
    data = "" if job.dataset_digest else job.dataset.name
    weights = "" if job.model.weights_sha256 else job.model.name
    return f"{job.id} {data} {weights}".rstrip()
