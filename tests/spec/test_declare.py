"""What follows from a declaration's fields."""

from __future__ import annotations

from typing import Any

import pytest

from bench.spec import (
    MEASURE_VERSION,
    AmpDtype,
    CropMode,
    Interpolation,
    Measure,
    Measurement,
    Options,
    Outcome,
    Status,
    Suite,
    Transform,
    replace,
)
from tests.declared import dataset, job, model


@pytest.mark.parametrize(
    ("changes", "scorable"),
    [
        ({}, True),
        ({"weights": ""}, False),
        ({"source": "timm", "classes": 1000}, True),
        ({"source": "timm", "classes": 1001}, False),
        ({"source": "timm", "classes": 999}, False),
        ({"source": "timm", "classes": 21_841}, False),
        ({"source": "timm", "classes": 1000, "weights": ""}, False),
        ({"source": "zoo", "classes": 10}, True),
    ],
)
def test_who_can_be_evaluated(changes: dict[str, Any], scorable: bool) -> None:
    assert model(**changes).scorable is scorable


def test_a_transform_is_the_models() -> None:
    given: dict[str, Any] = {
        "resolution": 288,
        "crop_pct": 0.95,
        "interpolation": Interpolation.BILINEAR,
    }
    own = model(**given, crop_mode=CropMode.SQUASH, mean=(0.1, 0.5, 1.0))
    assert own.transform == Transform(
        size=288,
        crop_pct=0.95,
        crop_mode=CropMode.SQUASH,
        interpolation=Interpolation.BILINEAR,
        fill=(0, 0, 0),
    )
    border = replace(own, crop_mode=CropMode.BORDER).transform
    assert border == replace(own.transform, crop_mode=CropMode.BORDER, fill=(26, 128, 255))


def test_an_architecture_is_the_name_without_its_tag() -> None:
    assert model("convnext_m.g22k").architecture == "convnext_m"
    assert replace(model(), name="net").architecture == "net"
    assert replace(model(), name="net.a.b").architecture == "net"


@pytest.mark.parametrize(
    ("options", "precision", "condition"),
    [
        (Options(), "float32", "float32"),
        (Options(amp_dtype=AmpDtype.BFLOAT16), "float32", "float32"),
        (Options(amp=True), "float16", "float16"),
        (
            Options(amp=True, amp_dtype=AmpDtype.BFLOAT16, channels_last=True),
            "bfloat16",
            "bfloat16+channels_last",
        ),
        (Options(compile=True), "float32", "float32+compile"),
        (
            Options(amp=True, channels_last=True, compile=True),
            "float16",
            "float16+channels_last+compile",
        ),
    ],
)
def test_conditions_in_words(options: Options, precision: str, condition: str) -> None:
    assert (options.precision, options.condition) == (precision, condition)


def test_what_is_not_said() -> None:
    """Defaults decide numbers: a whole set, float32, the centre of bicubic images."""
    plain = Options()
    assert (plain.device, plain.device_name, plain.batch_size, plain.workers) == (
        "cpu",
        "cpu",
        256,
        2,
    )
    assert (plain.amp, plain.channels_last, plain.compile, plain.cache) == (
        False,
        False,
        False,
        True,
    )
    assert (plain.limit, plain.replicates, plain.amp_dtype) == (None, 1, AmpDtype.FLOAT16)
    own = model()
    assert (own.crop_pct, own.crop_mode, own.interpolation) == (1.0, "center", "bicubic")
    assert (own.source, own.changed, own.images_seen, own.revision) == ("zoo", "", None, None)
    assert Transform(size=32) == own.transform
    assert (dataset().place, dataset().digest, dict(dataset().options)) == ("", None, {})
    suite = Suite(name="s", title="", models=(), datasets=(), measures=(), report="r")
    assert (suite.world, suite.conditions, suite.replicates, suite.train_size) == ("", "", 1, False)


def test_an_outcome_that_says_nothing() -> None:
    given = Outcome(job=job(), status=Status.OK)
    assert (given.seconds, given.measurements, given.error, given.predictions) == (
        0.0,
        (),
        None,
        None,
    )
    assert dict(given.notes) == {}
    number = Measurement(metric="top1", value=1.0, unit="%")
    assert (number.low, number.high, number.n) == (None, None, None)


def test_versions_only_rise() -> None:
    """Each stands in the id of every row that was ever stored under it."""
    least = {Measure.EVALUATE: 1, Measure.PROFILE: 3, Measure.SPEED: 2}
    assert all(MEASURE_VERSION[measure] >= version for measure, version in least.items())
    assert set(MEASURE_VERSION) == set(Measure)
