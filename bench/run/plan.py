"""What to do, and how long it may take: a suite and choices to a list of jobs. Pure.

A job's id leaves out what does not change its number, so two models of one architecture share one
profile and one speed job, and suites share results.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.spec import Dataset, Job, Measure, Model, Options, Suite
from bench.spec.errors import UsageError

#: Seconds that one job is taken to last before any like it was timed on the device: round guesses
#: for the zoo on two CPU cores. Nothing but the ETA of a first run is made of them.
TYPICAL_SECONDS: Mapping[Measure, float] = {
    Measure.PROFILE: 0.3,
    Measure.EVALUATE: 0.2,
    Measure.SPEED: 1.5,
}
#: What compiling adds in each process that times a network; it is a new one, to be loaded first.
TYPICAL_SECONDS_TO_COMPILE = 30.0
#: And what each image adds.
TYPICAL_SECONDS_AN_IMAGE: Mapping[Measure, float] = {
    Measure.PROFILE: 0.0,
    Measure.EVALUATE: 0.0002,
    Measure.SPEED: 0.0,
}


@dataclass(frozen=True)
class Timing:
    """How long one finished job took, and what that depends on."""

    measure: str
    architecture: str
    device_name: str
    images: int  #: 0 where no dataset is read
    seconds: float
    compiled: bool = False
    replicates: int = 1
    resolution: int = 32  #: pixels, height and width

    @staticmethod
    def of(job: Job, seconds: float) -> Timing:
        """The timing of one job."""
        options = job.options
        return Timing(
            measure=str(job.measure),
            architecture=job.model.architecture,
            device_name=options.device_name,
            images=images_of(job),
            seconds=seconds,
            compiled=options.compile,
            replicates=options.replicates,
            resolution=job.model.resolution,
        )


@dataclass(frozen=True)
class Estimate:
    """Seconds for a list of jobs: an estimate, never a measurement.

    ``timed`` of ``jobs`` rest on jobs of the same kind that were timed on this device; the rest
    are `TYPICAL_SECONDS`.
    """

    seconds: float
    jobs: int
    timed: int


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
        for job in sorted(mine, key=_cost):  # stable: equal costs keep the suite's order
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


def estimate(jobs: Iterable[Job], past: Iterable[Timing]) -> Estimate:
    """Seconds that jobs may take one after another, from what past ones took.

    A job takes its typical time (a start, and something for each image) times the median pace of
    past jobs against theirs: of its measure and architecture on its device; failing that, of its
    measure on its device. So a set of three images says little of the start it shares with a
    large one, and does not multiply it.

    >>> estimate([], [])
    Estimate(seconds=0.0, jobs=0, timed=0)
    """
    paces: dict[tuple[str, ...], list[float]] = {}
    for timing in past:
        pace = timing.seconds / _typical(timing)
        for key in (
            (timing.measure, timing.device_name),
            (timing.measure, timing.device_name, timing.architecture),
        ):
            paces.setdefault(key, []).append(pace)
    seconds, count, timed = 0.0, 0, 0
    for job in jobs:
        kind = (str(job.measure), job.options.device_name)
        known = paces.get((*kind, job.model.architecture)) or paces.get(kind)
        typical = _cost(job)
        seconds += typical * median(known) if known else typical
        timed += known is not None
        count += 1
    return Estimate(seconds, count, timed)


def images_of(job: Job) -> int:
    """Images that a job reads: those of its dataset, up to the limit."""
    if job.dataset is None:
        return 0
    limit = job.options.limit
    return job.dataset.images if limit is None else min(limit, job.dataset.images)


def _cost(job: Job) -> float:
    return _typical(Timing.of(job, 0.0))


def _typical(timing: Timing) -> float:
    """Seconds that such a job is taken to last, whatever it did last.

    The guesses are of the zoo's 32 x 32 pixels. A network's work grows about as its pixels do; a
    speed's time less, as sampling stops by the clock too.
    """
    measure = Measure(timing.measure)
    larger = timing.resolution / 32
    seconds = TYPICAL_SECONDS[measure]
    if measure is not Measure.SPEED:
        return seconds + TYPICAL_SECONDS_AN_IMAGE[measure] * timing.images * larger**2
    seconds *= larger
    return (seconds + TYPICAL_SECONDS_TO_COMPILE * timing.compiled) * timing.replicates


def _identity(job: Job) -> str:
    """The id; of a job whose data or weights were never digested, also which data and weights."""
    if job.dataset is None:
        return job.id
    data = "" if job.dataset_digest else job.dataset.name
    weights = "" if job.model.weights_sha256 else job.model.name
    return f"{job.id} {data} {weights}".rstrip()
