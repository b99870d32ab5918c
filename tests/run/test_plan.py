"""A suite and choices to jobs: each number once, the cheap ones first, an honest estimate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.run.plan import (
    TYPICAL_SECONDS,
    TYPICAL_SECONDS_AN_IMAGE,
    Timing,
    estimate,
    images_of,
    plan,
)
from bench.spec import Job, Measure, Options, Suite, replace
from bench.spec.errors import UsageError
from tests import declared

SUITE = Suite(
    name="all",
    title="All",
    models=("all",),
    datasets=("*",),
    measures=(Measure.SPEED, Measure.EVALUATE, Measure.PROFILE),
    report="scaling",
)
SETS = (
    declared.dataset("glyphs-val", images=2000),
    declared.dataset("glyphs-c", images=5000),
    declared.dataset("glyphs-a", images=1200),
)
DIGESTS = {dataset.name: f"digest of {dataset.name}" for dataset in SETS}


def planned(*names: str, **options: int) -> list[Job]:
    models = [declared.model(name) for name in names]
    return plan(SUITE, models, SETS, Options(**options), DIGESTS)  # type: ignore[arg-type]


def test_every_model_meets_every_dataset_and_measure() -> None:
    jobs = planned("vit_m.g1k")
    assert [job.label for job in jobs] == [
        "profile vit_m.g1k",
        "evaluate vit_m.g1k glyphs-a",
        "evaluate vit_m.g1k glyphs-val",
        "evaluate vit_m.g1k glyphs-c",
        "speed vit_m.g1k",
    ]
    assert {job.dataset_digest for job in jobs if job.dataset} == set(DIGESTS.values())


def test_models_of_one_architecture_share_profile_and_speed() -> None:
    jobs = planned("vit_m.g1k", "vit_m.g22k", "vit_l.g1k")
    counts = {measure: sum(job.measure is measure for job in jobs) for measure in Measure}
    assert counts == {Measure.EVALUATE: 9, Measure.PROFILE: 2, Measure.SPEED: 2}
    assert len({job.id for job in jobs}) == len(jobs)
    order = [job.model.name for job in jobs]
    assert order == sorted(order, key=["vit_m.g1k", "vit_m.g22k", "vit_l.g1k"].index)


def test_a_repeated_model_or_dataset_changes_nothing() -> None:
    assert [job.id for job in planned("vit_m.g1k", "vit_m.g1k")] == [
        job.id for job in planned("vit_m.g1k")
    ]


def test_speed_alone_is_measured_under_each_condition() -> None:
    under = [Options(batch_size=0, compile=True), Options(batch_size=0, channels_last=True)]
    jobs = plan(SUITE, [declared.model()], SETS, Options(), DIGESTS, under)
    speeds = [job for job in jobs if job.measure is Measure.SPEED]
    assert [job.options for job in speeds] == under[::-1], "compiling takes longest"
    others = [job for job in jobs if job.measure is not Measure.SPEED]
    assert {job.options for job in others} == {Options()}
    assert len(others) == 4


def test_replicates_and_compiling_take_longer() -> None:
    plain, repeated, compiled = (
        declared.job(Measure.SPEED, **options)
        for options in ({}, {"replicates": 3}, {"compile": True})
    )
    past = [Timing.of(plain, 2.0)]
    seconds = [estimate([job], past).seconds for job in (plain, repeated, compiled)]
    assert seconds[:2] == pytest.approx([2.0, 6.0])
    assert seconds[2] > 20
    assert estimate([plain], [Timing.of(repeated, 6.0)]).seconds == pytest.approx(2.0)
    assert len({plain.id, repeated.id, compiled.id}) == 3


def test_models_meet_datasets_of_their_own_world_only() -> None:
    stranger = declared.dataset("glyphs-r", world="elsewhere")
    jobs = plan(SUITE, [declared.model()], [stranger], Options(), {})
    assert {job.measure for job in jobs} == {Measure.PROFILE, Measure.SPEED}


def test_nothing_to_do_is_a_mistake() -> None:
    only = Suite(
        name="only",
        title="",
        models=(),
        datasets=(),
        measures=(Measure.EVALUATE,),
        report="scaling",
    )
    with pytest.raises(UsageError, match="'only' has nothing to do"):
        plan(only, [declared.model()], [], Options(), {})
    mute = declared.model(name="big_xl.in22k", weights="")
    with pytest.raises(UsageError, match=r"big_xl\.in22k cannot be scored"):
        plan(only, [mute], SETS, Options(), {})


def test_data_that_was_never_digested_is_listed_set_by_set() -> None:
    jobs = plan(SUITE, [declared.model()], SETS, Options(), {})
    evaluations = [job for job in jobs if job.measure is Measure.EVALUATE]
    assert [job.dataset_digest for job in evaluations] == [None] * 3


def test_images_of_a_job_stop_at_the_limit() -> None:
    assert images_of(declared.job(Measure.PROFILE)) == 0
    assert images_of(declared.job()) == 2000
    assert images_of(declared.job(limit=50)) == 50
    assert images_of(declared.job(limit=10**6)) == 2000


def test_an_estimate_without_a_past_says_that_it_rests_on_none() -> None:
    jobs = planned("vit_m.g1k")
    expected = sum(
        TYPICAL_SECONDS[job.measure] + TYPICAL_SECONDS_AN_IMAGE[job.measure] * images_of(job)
        for job in jobs
    )
    found = estimate(jobs, [])
    assert found.seconds == pytest.approx(expected)
    assert (found.jobs, found.timed) == (5, 0)


def test_an_estimate_prefers_the_same_architecture_on_the_same_device() -> None:
    past = [
        Timing("evaluate", "vit_m", "cpu", 1000, 2.0),
        Timing("evaluate", "vit_m", "cpu", 100, 0.4),
        Timing("evaluate", "vit_m", "cpu", 1000, 3.0),
        Timing("evaluate", "swin_m", "cpu", 1000, 10.0),
        Timing("evaluate", "vit_m", "NVIDIA H200", 1000, 0.001),
        Timing("speed", "vit_m", "cpu", 0, 7.0),
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
    first = Timing("evaluate", "vit_m", "cpu", 3, 0.4)  # all of it the start
    assert estimate([declared.job()], [first]).seconds < 2


@given(st.lists(st.sampled_from([m.name for m in declared.ladder()]), min_size=1, max_size=12))
def test_a_plan_never_repeats_an_id_and_grows_with_the_models(names: list[str]) -> None:
    jobs = planned(*names)
    assert len({job.id for job in jobs}) == len(jobs)
    architectures = {name.split(".")[0] for name in names}
    assert len(jobs) == 3 * len(set(names)) + 2 * len(architectures)


def test_weights_that_are_not_fetched_yet_are_not_taken_for_one_another() -> None:
    """Published models of one architecture differ in nothing but weights, unknown at first."""
    tags = ("g1k", "g22k")
    unknown = [declared.model(f"swin_m.{tag}", weights_sha256="", resolution=32) for tag in tags]
    suite = replace(SUITE, measures=(Measure.EVALUATE,))
    jobs = plan(suite, unknown, [declared.dataset()], Options(), {"glyphs-val": "digest"})
    assert [job.model.name for job in jobs] == [one.name for one in unknown]
