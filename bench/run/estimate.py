"""How long jobs may take: typical times, corrected by what jobs like them took on the device."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.spec import Job, Measure
from bench.store.timing import Timing

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
class Estimate:
    """Seconds for a list of jobs: an estimate, never a measurement.

    ``timed`` of ``jobs`` rest on jobs of the same kind that were timed on this device; the rest
    are `TYPICAL_SECONDS`.
    """

    seconds: float
    jobs: int
    timed: int


class Estimator:
    """The time that a shrinking list of jobs may take, kept up to date job by job.

    A job takes its typical time (a start, and something for each image) times the median pace of
    past jobs against theirs: of its measure and architecture on its device; failing that, of its
    measure on its device. So a set of three images says little of the start it shares with a
    large one, and does not multiply it.

    Each change costs the same however many jobs there are: sums are kept.
    """

    def __init__(self, jobs: Iterable[Job] = (), past: Iterable[Timing] = ()) -> None:
        self._kinds: dict[_Kind, _Pending] = defaultdict(_Pending)
        for timing in past:
            self.timed(timing)
        for job in jobs:
            self._change(job, 1)

    def expected(self, job: Job) -> Estimate:
        """Of one job."""
        kind, architecture = _group(job)
        pace = self._kinds[kind].pace(architecture)
        seconds = typical_seconds(job)
        return Estimate(seconds if pace is None else seconds * pace, 1, int(pace is not None))

    def left(self) -> Estimate:
        """Of all jobs that are left."""
        found = [pending.left() for pending in self._kinds.values()]
        return Estimate(
            seconds=sum((one.seconds for one in found), 0.0),
            jobs=sum(one.jobs for one in found),
            timed=sum(one.timed for one in found),
        )

    def finished(self, job: Job) -> None:
        """It is no longer left."""
        self._change(job, -1)

    def timed(self, timing: Timing) -> None:
        """A job took so long."""
        kind = (timing.measure, timing.device_name)
        self._kinds[kind].learn(timing.architecture, timing.seconds / _typical(timing))

    def _change(self, job: Job, count: int) -> None:
        kind, architecture = _group(job)
        self._kinds[kind].change(architecture, count, count * typical_seconds(job))


_Kind = tuple[str, str]  # measure, device


class _Pending:
    """Jobs left of one measure on one device, and the paces of those that are done."""

    def __init__(self) -> None:
        self._paces: list[float] = []  # sorted, of all architectures
        self._own: dict[str, list[float]] = {}  # sorted, by architecture
        self._jobs: dict[str, int] = defaultdict(int)
        self._typical: dict[str, float] = defaultdict(float)  # seconds, by architecture
        self._untimed = 0.0  # typical seconds of architectures without a pace of their own
        self._timed = 0.0  # seconds at their own pace of the others
        self._count = 0

    def pace(self, architecture: str) -> float | None:
        known = self._own.get(architecture) or self._paces
        return _middle(known) if known else None

    def learn(self, architecture: str, pace: float) -> None:
        self._take(architecture, -1)
        insort(self._paces, pace)
        insort(self._own.setdefault(architecture, []), pace)
        self._take(architecture, 1)

    def change(self, architecture: str, count: int, seconds: float) -> None:
        self._take(architecture, -1)
        self._jobs[architecture] += count
        self._count += count
        # None are none: what rounding left of a sum must not stay.
        left = self._typical[architecture] + seconds if self._jobs[architecture] else 0.0
        self._typical[architecture] = left
        self._take(architecture, 1)

    def left(self) -> Estimate:
        if not self._count:
            return Estimate(0.0, 0, 0)
        pace = _middle(self._paces) if self._paces else 1.0
        seconds = max(0.0, self._timed) + max(0.0, self._untimed) * pace
        return Estimate(seconds, self._count, self._count if self._paces else 0)

    def _take(self, architecture: str, sign: int) -> None:
        seconds = sign * self._typical[architecture]
        if own := self._own.get(architecture):
            self._timed += seconds * _middle(own)
        else:
            self._untimed += seconds


def estimate(jobs: Iterable[Job], past: Iterable[Timing]) -> Estimate:
    """Seconds that jobs may take one after another, from what past ones took; see `Estimator`.

    >>> estimate([], [])
    Estimate(seconds=0.0, jobs=0, timed=0)
    """
    return Estimator(jobs, past).left()


def typical_seconds(job: Job) -> float:
    """What such a job is taken to last before any like it was timed."""
    return _typical(Timing.of(job, 0.0))


def _group(job: Job) -> tuple[_Kind, str]:
    return (str(job.measure), job.options.device_name), job.model.architecture


def _middle(ordered: list[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


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
