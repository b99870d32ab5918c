"""A/A noise: equal networks timed in several processes, and the smallest detectable difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import stdev
from typing import Any

from scipy.special import stdtrit

from bench.spec import Job, Measure, Model, Options
from bench.speed.pool import processes
from bench.speed.sampling import median, median_interval

#: Two-sided confidence and power of the comparison in `detectable`.
_CONFIDENCE, _POWER = 0.95, 0.8


@dataclass(frozen=True)
class Noise:
    """How one network's throughput varies between processes that do the same."""

    model: str
    images_per_s: float  #: of the median process
    between: float  #: standard deviation of the processes' logged medians: 0.02 is about 2 %
    within: float  #: mean width of one process's interval, as a share of its median
    discarded: float  #: share of all samples that were disturbed and repeated
    disturbed: float  #: share of the kept samples that were disturbed
    others: float | None  #: mean load by others, in CPUs; None if unknown


def noise(models: Sequence[Model], options: Options, count: int) -> list[Noise]:
    """Time each model in each of ``count`` >= 2 processes; in a process the models take turns.

    Raises `JobError` if a process fails.
    """
    jobs = [Job(measure=Measure.SPEED, model=model, options=options) for model in models]
    with processes(count) as ready:
        turns = [[process.time_job(job) for job in jobs] for process in ready]
    found = []
    for model, runs in zip(models, zip(*turns, strict=True), strict=True):
        medians = [median(run.passes) / run.batch for run in runs]
        insides = [
            (inside[1] - inside[0]) / median(run.passes)
            for run in runs
            if (inside := median_interval(run.passes))
        ]
        kept = sum(len(run.passes) + len(run.singles) for run in runs)
        discarded = sum(_discarded(run.notes) for run in runs)
        others = [run.notes["guard"].get("others") for run in runs]
        found.append(
            Noise(
                model=model.architecture,
                images_per_s=1 / median(medians),
                between=stdev(log(seconds) for seconds in medians),
                within=sum(insides) / len(insides) if insides else float("nan"),
                discarded=discarded / (kept + discarded),
                disturbed=sum(run.disturbed for run in runs) / kept,
                others=None if None in others else median(others),
            )
        )
    return found


def detectable(between: float, count: int) -> float:
    """The smallest ratio of two versions' speeds that a comparison will find, above 1.

    Each version is timed in n = ``count`` >= 2 processes, whose logged medians have the standard
    deviation ``between``. A two-sided t-test at 95 % then finds a ratio of at least
    exp((t(0.975) + t(0.8)) between sqrt(2 / n)) in 80 % of cases, with 2n - 2 degrees of freedom.

    Source: Lachin (1981), doi:10.1016/0197-2456(81)90005-1, with t for the normal's quantiles.

    >>> round(detectable(0.02, 5), 3), round(detectable(0.02, 20), 3)
    (1.041, 1.018)
    """
    freedom = 2 * count - 2
    reach = sum(float(stdtrit(freedom, p)) for p in ((1 + _CONFIDENCE) / 2, _POWER))
    return exp(reach * between * sqrt(2 / count))


def _discarded(notes: dict[str, Any]) -> int:
    return int(notes["throughput"]["discarded"] + notes["latency"]["discarded"])
