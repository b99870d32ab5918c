"""Estimates of the time left: typical times, corrected by what was timed, the same job by job."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.run.estimate import (
    TYPICAL_SECONDS,
    TYPICAL_SECONDS_AN_IMAGE,
    Estimator,
    estimate,
    typical_seconds,
)
from bench.spec import Job, Measure
from bench.store.durations import JobDuration
from tests import declared


def test_an_estimate_without_a_past_says_that_it_rests_on_none() -> None:
    jobs = [declared.job(m) for m in Measure] + [declared.job(limit=n) for n in (5, 50)]
    expected = sum(
        TYPICAL_SECONDS[job.measure] + TYPICAL_SECONDS_AN_IMAGE[job.measure] * job.images
        for job in jobs
    )
    found = estimate(jobs, [])
    assert found.seconds == pytest.approx(expected)
    assert (found.jobs, found.timed) == (5, 0)


def test_an_estimate_prefers_the_same_architecture_on_the_same_device() -> None:
    past = [
        JobDuration("evaluate", "vit_m", "cpu", 1000, 2.0),
        JobDuration("evaluate", "vit_m", "cpu", 100, 0.4),
        JobDuration("evaluate", "vit_m", "cpu", 1000, 3.0),
        JobDuration("evaluate", "swin_m", "cpu", 1000, 10.0),
        JobDuration("evaluate", "vit_m", "NVIDIA H200", 1000, 0.001),
        JobDuration("speed", "vit_m", "cpu", 0, 7.0),
    ]
    same, other, unseen, speed = (
        estimate([job], past)
        for job in (
            declared.job(of=declared.model("vit_m.g22k")),
            declared.job(of=declared.model("convnext_m.g1k"), limit=500),
            declared.job(device_name="Apple M9"),
            declared.job(Measure.SPEED),
        )
    )
    # Typically 0.2 s and 0.2 ms an image: 0.4 s for 1000 images, 0.22 s for 100, 0.6 s for 2000.
    assert same.seconds == pytest.approx(0.6 * 5.0)  # median pace of 5, 0.4 / 0.22 and 7.5
    assert other.seconds == pytest.approx(0.3 * 6.25)  # of those and 25
    assert speed.seconds == pytest.approx(7.0)
    assert (same.timed, other.timed, speed.timed, unseen.timed) == (1, 1, 1, 0)


def test_a_tiny_set_does_not_inflate_the_estimate_of_large_ones() -> None:
    first = JobDuration("evaluate", "vit_m", "cpu", 3, 0.4)  # all of it the start
    assert estimate([declared.job()], [first]).seconds < 2


def test_replicates_and_compiling_take_longer() -> None:
    plain, repeated, compiled = (
        declared.job(Measure.SPEED, **options)
        for options in ({}, {"replicates": 3}, {"compile": True})
    )
    past = [JobDuration.of(plain, 2.0)]
    seconds = [estimate([job], past).seconds for job in (plain, repeated, compiled)]
    assert seconds[:2] == pytest.approx([2.0, 6.0])
    assert seconds[2] > 20
    assert estimate([plain], [JobDuration.of(repeated, 6.0)]).seconds == pytest.approx(2.0)
    assert len({plain.id, repeated.id, compiled.id}) == 3


JOBS = [
    declared.job(measure, of=declared.model(name), device_name=device)
    for measure in Measure
    for name in ("vit_m.g1k", "swin_m.g1k", "swin_l.g1k")
    for device in ("cpu", "NVIDIA H200")
]


def by_definition(jobs: Sequence[Job], past: Sequence[tuple[Job, float]]) -> float:
    """The estimate, worked out from nothing: each job's typical time at the median pace."""
    total = 0.0
    for job in jobs:
        alike = [
            (other.model.architecture == job.model.architecture, s / typical_seconds(other))
            for other, s in past
            if (other.measure, other.options.device_name) == (job.measure, job.options.device_name)
        ]
        own = [pace for same, pace in alike if same] or [pace for _, pace in alike] or [1.0]
        total += typical_seconds(job) * median(own)
    return total


@given(st.lists(st.tuples(st.sampled_from(JOBS), st.floats(0.001, 100), st.booleans())))
def test_kept_up_to_date_it_is_the_estimate_from_nothing(
    events: list[tuple[Job, float, bool]],
) -> None:
    left, past, clock = list(JOBS), list[tuple[Job, float]](), Estimator(JOBS)
    for job, seconds, in_this_run in events:
        if in_this_run and job in left:
            left.remove(job)
            clock.finished(job)
        past.append((job, seconds))
        clock.learn(JobDuration.of(job, seconds))
        assert clock.expected(job).seconds == pytest.approx(by_definition([job], past))
        assert clock.left().seconds == pytest.approx(by_definition(left, past), abs=1e-6)
        assert clock.left().jobs == len(left)
