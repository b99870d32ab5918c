"""Chance level against the binomial tests that its docstring names, image by image."""

from __future__ import annotations

import pytest
from scipy.stats import binom, binomtest

from bench.analysis.stats.chance import chance_level


def by_hand(hits: int, images: int, classes: int) -> bool:
    """As likely by six lucky classes as by none, and not what a model right on a tenth gives."""
    lucky = binomtest(hits, images, 6 / classes, alternative="greater").pvalue >= 0.001
    return bool(lucky and binom.cdf(hits, images, 0.1) <= 0.001)


@pytest.mark.parametrize(("images", "classes"), [(50_000, 1000), (2000, 1000), (2000, 100)])
def test_the_bound_is_that_of_the_two_tests(images: int, classes: int) -> None:
    flags = [
        chance_level(100 * hits / images, images, classes) is not None
        for hits in range(0, images // 8, max(1, images // 2000))
    ]
    expected = [
        by_hand(hits, images, classes) for hits in range(0, images // 8, max(1, images // 2000))
    ]
    assert flags == expected
    assert any(flags) != all(flags)


def test_where_nothing_can_be_said() -> None:
    assert chance_level(0.0, 0, 1000) is None
    assert chance_level(0.0, 1, 1000) is None  # any model may miss one image
    assert chance_level(0.0, 500, 49) is None
    assert chance_level(0.0, 500, 50) is not None
    assert chance_level(0.0, 60, 1000) is None
    assert chance_level(0.0, 66, 1000) is not None  # 0.9**66 < 0.001


def test_the_line_names_the_numbers() -> None:
    assert chance_level(0.4, 2000, 500) == (
        "top-1 0.40 % of 2000 images is chance level for 500 classes (0.20 %): labels and model "
        "disagree on the order of classes; `bench data check` looks at the folders"
    )
