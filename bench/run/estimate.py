"""How long jobs may take: typical times, corrected by similar jobs' times on the device."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.spec import Job, Measure
from bench.store.durations import JobDuration

#: Seconds of one job, assumed until similar jobs were timed on the device: round guesses for the
#: zoo on two CPU cores. They are used only for the time left of a first run.
TYPICAL_SECONDS: Mapping[Measure, float] = {
    Measure.PROFILE: 0.3,
    Measure.EVALUATE: 0.2,
    Measure.SPEED: 1.5,
}
#: Added by compilation in each process that times a network, including the start of that process.
TYPICAL_SECONDS_TO_COMPILE = 30.0
#: Added by each image.
TYPICAL_SECONDS_AN_IMAGE: Mapping[Measure, float] = {
    Measure.PROFILE: 0.0,
    Measure.EVALUATE: 0.0002,
    Measure.SPEED: 0.0,
}


@dataclass(frozen=True)
class Estimate:
    """Estimated seconds for a list of jobs, never a measurement.

    For ``timed`` of the ``jobs`` the estimate is based on similar jobs timed on this device; for
    the rest on `TYPICAL_SECONDS`.
    """

    seconds: float
    jobs: int
    timed: int


class Estimator:
    """Estimates the time for a shrinking list of jobs, updated job by job.

    A job's estimate is its typical time (a constant, plus a time per image) times the median pace
    of past jobs relative to their typical times: those of its measure and architecture on its
    device or, if there are none, of its measure on its device. So a job of three images, which
    mostly measures the constant, does not distort the estimate for a large one.

    An update takes the same time however many jobs there are, because running sums are kept.
    """

    def __init__(self, jobs: Iterable[Job] = (), past: Iterable[JobDuration] = ()) -> None:
        self._kinds: dict[_Kind, _Pending] = defaultdict(_Pending)
        for duration in past:
            self.learn(duration)
        for job in jobs:
            self._change(job, 1)

    def expected(self, job: Job) -> Estimate:
        """Estimate for one job."""
        kind, architecture = _group(job)
        pace = self._kinds[kind].pace(architecture)
        seconds = typical_seconds(job)
        return Estimate(seconds if pace is None else seconds * pace, 1, int(pace is not None))

    def left(self) -> Estimate:
        """Estimate for all remaining jobs."""
        found = [pending.left() for pending in self._kinds.values()]
        return Estimate(
            seconds=sum((one.seconds for one in found), 0.0),
            jobs=sum(one.jobs for one in found),
            timed=sum(one.timed for one in found),
        )

    def finished(self, job: Job) -> None:
        """Remove a job from the remaining ones."""
        self._change(job, -1)

    def learn(self, duration: JobDuration) -> None:
        """Correct the estimates by a job's actual duration."""
        kind = (duration.measure, duration.device_name)
        self._kinds[kind].learn(duration.architecture, duration.seconds / _typical(duration))

    def _change(self, job: Job, count: int) -> None:
        kind, architecture = _group(job)
        self._kinds[kind].change(architecture, count, count * typical_seconds(job))


_Kind = tuple[str, str]  # measure, device


class _Pending:
    """Remaining jobs of one measure on one device, and the paces of finished ones."""

    def __init__(self) -> None:
        self._paces: list[float] = []  # sorted, of all architectures
        self._own: dict[str, list[float]] = {}  # sorted, by architecture
        self._jobs: dict[str, int] = defaultdict(int)
        self._typical: dict[str, float] = defaultdict(float)  # seconds, by architecture
        self._untimed = 0.0  # typical seconds of architectures without a pace of their own
        self._timed = 0.0  # seconds of the other architectures, at their own pace
        self._count = 0

    def pace(self, architecture: str) -> float | None:
        known = self._own.get(architecture) or self._paces
        return _median(known) if known else None

    def learn(self, architecture: str, pace: float) -> None:
        self._take(architecture, -1)
        insort(self._paces, pace)
        insort(self._own.setdefault(architecture, []), pace)
        self._take(architecture, 1)

    def change(self, architecture: str, count: int, seconds: float) -> None:
        self._take(architecture, -1)
        self._jobs[architecture] += count
        self._count += count
        # Without jobs the sum is exactly 0, whatever rounding left of it.
        left = self._typical[architecture] + seconds if self._jobs[architecture] else 0.0
        self._typical[architecture] = left
        self._take(architecture, 1)

    def left(self) -> Estimate:
        if not self._count:
            return Estimate(0.0, 0, 0)
        pace = _median(self._paces) if self._paces else 1.0
        seconds = max(0.0, self._timed) + max(0.0, self._untimed) * pace
        return Estimate(seconds, self._count, self._count if self._paces else 0)

    def _take(self, architecture: str, sign: int) -> None:
        seconds = sign * self._typical[architecture]
        if own := self._own.get(architecture):
            self._timed += seconds * _median(own)
        else:
            self._untimed += seconds


def estimate(jobs: Iterable[Job], past: Iterable[JobDuration]) -> Estimate:
    """Seconds that jobs may take one after another, given past durations; see `Estimator`.

    >>> estimate([], [])
    Estimate(seconds=0.0, jobs=0, timed=0)
    """
    return Estimator(jobs, past).left()


def typical_seconds(job: Job) -> float:
    """Seconds assumed for a job until similar ones were timed."""
    return _typical(JobDuration.of(job, 0.0))


def _group(job: Job) -> tuple[_Kind, str]:
    return (str(job.measure), job.options.device_name), job.model.architecture


def _median(ordered: list[float]) -> float:
    """Of sorted values; that of the standard library would sort them again for every job."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _typical(duration: JobDuration) -> float:
    """Seconds assumed for such a job, whatever it actually took.

    The guesses are for the zoo's 32 x 32 pixels. A network's work grows about in proportion to the
    pixels; the time of a speed job grows less, as sampling also stops by the clock.
    """
    measure = Measure(duration.measure)
    larger = duration.resolution / 32
    seconds = TYPICAL_SECONDS[measure]
    if measure is not Measure.SPEED:
        return seconds + TYPICAL_SECONDS_AN_IMAGE[measure] * duration.images * larger**2
    seconds *= larger
    return (seconds + TYPICAL_SECONDS_TO_COMPILE * duration.compiled) * duration.replicates
