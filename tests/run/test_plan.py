"""A suite and choices to jobs: each number once, the cheap ones first, an honest estimate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.run.plan import plan
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
    with pytest.raises(UsageError, match="'only' has no jobs"):
        plan(only, [declared.model()], [], Options(), {})
    mute = declared.model(name="big_xl.in22k", weights="")
    with pytest.raises(UsageError, match=r"big_xl\.in22k cannot be scored"):
        plan(only, [mute], SETS, Options(), {})


def test_data_that_was_never_digested_is_listed_set_by_set() -> None:
    jobs = plan(SUITE, [declared.model()], SETS, Options(), {})
    evaluations = [job for job in jobs if job.measure is Measure.EVALUATE]
    assert [job.dataset_digest for job in evaluations] == [None] * 3


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
