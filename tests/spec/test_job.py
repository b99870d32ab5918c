"""A job's id: every field that changes a number changes it, no other field does."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.spec import (
    MEASURE_VERSION,
    AmpDtype,
    CropMode,
    Dataset,
    Interpolation,
    Job,
    Kind,
    Measure,
    Model,
    Options,
    Role,
    Scale,
    replace,
    to_json,
)
from bench.spec.job import DATASET, MODEL, OPTIONS
from tests import declared

DRAWN = declared.dataset("glyphs-c", options={"groups": ("fog-1",), "stream": 3})
READ = replace(DRAWN, name="imagenet-val", draw="", place="/data/val")
#: A job of each kind whose id follows other rules.
KINDS = {
    "drawn": declared.job(on=DRAWN),
    "read": declared.job(on=READ),
    "drawn+amp": declared.job(on=DRAWN, amp=True),
    "read+amp": declared.job(on=READ, amp=True),
    "profile": declared.job(Measure.PROFILE),
    "speed": declared.job(Measure.SPEED),
    "speed+amp": declared.job(Measure.SPEED, amp=True),
}
EVERY = set(KINDS)
SCORED = {"drawn", "read", "drawn+amp", "read+amp"}
FILES = {"read", "read+amp"}
TIMED = {"speed", "speed+amp"}
IN_AMP = {"drawn+amp", "read+amp"}
NEVER: set[str] = set()

#: Written by hand, not read from the rules: another value, and the kinds of jobs whose number it
#: changes.
MODELS: dict[str, tuple[Any, set[str]]] = {
    "name": ("vit_m.g1k", NEVER),
    "family": ("vit", NEVER),
    "kind": (Kind.HYBRID, NEVER),
    "size": ("xl", NEVER),
    "arch": ("timm:create_model", EVERY),
    "kwargs": ({"depth": 3}, EVERY),
    "resolution": (48, EVERY),
    "classes": (600, EVERY),
    "mean": ((0.1, 0.5, 0.5), SCORED),
    "std": ((0.2, 0.2, 0.3), SCORED),
    "world": ("imagenet", NEVER),
    "scale": (Scale.WEB, NEVER),
    "trained_on": ("elsewhere", NEVER),
    "pretrain_images": (7, NEVER),
    "images_seen": (7, NEVER),
    "weights": ("other.safetensors", NEVER),
    "weights_sha256": ("another digest", SCORED),
    "weights_path": ("/elsewhere/model.safetensors", NEVER),
    "revision": ("abc", NEVER),
    "source": ("timm", NEVER),
    "crop_pct": (0.875, FILES),
    "crop_mode": (CropMode.SQUASH, FILES),
    "interpolation": (Interpolation.BOX, FILES),
    "changed": ("crop-pct=0.875", NEVER),
}
DATASETS: dict[str, tuple[Any, set[str]]] = {
    "name": ("glyphs-v2", NEVER),
    "world": ("elsewhere", NEVER),
    "role": (Role.R, NEVER),
    "images": (12, NEVER),
    "classes": (20, SCORED),
    "resolution": (48, NEVER),
    "place": ("/elsewhere", NEVER),
    "options": ({"groups": ("snow-1",), "stream": 3}, SCORED),
    "twin": ("glyphs-1k", NEVER),
    "digest": ("published", NEVER),
    "about": ("words", NEVER),
}
OPTION: dict[str, tuple[Any, set[str]]] = {
    "device": ("cuda:1", NEVER),
    "device_name": ("NVIDIA H100", IN_AMP | TIMED),
    "batch_size": (8, IN_AMP | TIMED),
    "amp_dtype": (AmpDtype.BFLOAT16, IN_AMP | {"speed+amp"}),
    "channels_last": (True, IN_AMP | TIMED),
    "compile": (True, IN_AMP | TIMED),
    "workers": (9, NEVER),
    "limit": (5, SCORED),
    "cache": (False, NEVER),
    "replicates": (3, TIMED),
    "folders": (("/mine",), NEVER),
}


def changed(job: Job, record: str, name: str, value: Any) -> Job:
    old = getattr(job, record)
    assert getattr(old, name) != value, "no change at all"
    return replace(job, **{record: replace(old, **{name: value})})


@pytest.mark.parametrize(
    ("kind", "record", "name", "value", "counts"),
    [
        (kind, record, name, value, counts)
        for record, table in (("model", MODELS), ("dataset", DATASETS), ("options", OPTION))
        for name, (value, counts) in table.items()
        for kind, job in KINDS.items()
        if getattr(job, record) is not None
    ],
)
def test_a_field_changes_the_id_exactly_where_it_changes_the_number(
    kind: str, record: str, name: str, value: Any, counts: set[str]
) -> None:
    job = KINDS[kind]
    assert (changed(job, record, name, value).id != job.id) == (kind in counts)


def test_mixed_precision_is_another_number_than_float32_but_costs_the_same() -> None:
    for kind in ("drawn", "read", "speed"):
        assert KINDS[kind].id != KINDS[f"{kind}+amp"].id
    assert declared.job(Measure.PROFILE, amp=True).id == KINDS["profile"].id


def test_which_images_they_are_is_in_the_digest_alone() -> None:
    job = KINDS["drawn"]
    assert replace(job, dataset_digest="other").id != job.id
    elsewhere = replace(DRAWN, draw="mine:draw", options={**DRAWN.options, "stream": 4})
    assert replace(job, dataset=elsewhere).id == job.id


def test_sets_of_equal_images_are_judged_by_their_own_classes() -> None:
    """Two drawn sets of equal pixels, of which one is judged over some classes only."""
    job = KINDS["drawn"]
    for name, value in (("classes", [0, 3]), ("subsets", {"a": [0, 3]})):
        other = replace(DRAWN, options={**DRAWN.options, name: value})
        assert replace(job, dataset=other).id != job.id
        another = replace(DRAWN, options={**DRAWN.options, name: [1]})
        assert replace(job, dataset=other).id != replace(job, dataset=another).id


def test_every_field_of_every_declaration_has_a_rule_and_is_tested() -> None:
    """A new field fails here until somebody has said what it changes."""
    for kind, rules, table, besides in (
        (Model, MODEL, MODELS, set()),
        (Dataset, DATASET, DATASETS, {"draw"}),
        (Options, OPTIONS, OPTION, {"amp"}),
    ):
        names = {field.name for field in fields(kind)}
        assert set(rules) == names
        assert set(table) | besides == names


@pytest.mark.parametrize("measure", Measure)
def test_another_definition_of_a_measure_is_another_number(measure: Measure) -> None:
    job = declared.job(measure)
    assert job.id == job.id_of(MEASURE_VERSION[measure]) != job.id_of(MEASURE_VERSION[measure] + 1)


def test_definitions_have_the_numbers_that_stores_know() -> None:
    """Raised by hand with the definition, never by accident: stored rows are measured again."""
    assert dict(MEASURE_VERSION) == {
        Measure.EVALUATE: 1,
        Measure.PROFILE: 3,
        Measure.SPEED: 2,
    }


def test_measures_differ() -> None:
    assert len({job.id for job in KINDS.values()}) == len(KINDS)


@given(st.sampled_from(sorted(KINDS)), st.permutations(["a", "b", "c"]))
def test_the_order_of_keyword_arguments_is_not_part_of_it(kind: str, order: list[str]) -> None:
    job = KINDS[kind]
    one = replace(job, model=replace(job.model, kwargs=dict.fromkeys("abc", 1)))
    two = replace(job, model=replace(job.model, kwargs=dict.fromkeys(order, 1)))
    assert one.id == two.id


def test_ids_are_the_same_on_every_machine() -> None:
    """Pinned: if one of these changes, stores of before are measured anew; see `store.migrate`."""
    assert {kind: job.id_of(1) for kind, job in KINDS.items()} == PINNED


def test_a_job_as_json_says_nothing_of_this_disk() -> None:
    options = Options(folders=("/mine",))
    assert "/data/val" not in str(to_json(KINDS["read"]))
    assert "/mine" not in str(to_json(replace(KINDS["read"], options=options)))
    assert "/mine" not in str(to_json(options))
    found = replace(KINDS["read"].model, weights_path="/mine/model.safetensors")
    assert "/mine" not in str(to_json(replace(KINDS["read"], model=found)))
    assert KINDS["read"].dataset is not None
    assert KINDS["read"].dataset.place == "/data/val"


PINNED = {
    "drawn": "add67477cdf7eda7",
    "read": "791c177edb3d650a",
    "drawn+amp": "718f9a304ddea222",
    "read+amp": "3f7de29d873389b9",
    "profile": "4db4d27004772ae7",
    "speed": "b116da9432f9c9cc",
    "speed+amp": "7472bbe41f218c60",
}
