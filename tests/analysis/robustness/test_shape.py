"""Shape bias against a loop over images, and what says nothing of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from bench.analysis.robustness.shape import shape_bias

LABELS = st.lists(st.tuples(*[st.integers(0, 4)] * 3), max_size=60)


@given(LABELS)
def test_as_counted_image_by_image(rows: list[tuple[int, int, int]]) -> None:
    said, shape, texture = (np.array([r[i] for r in rows], dtype=int) for i in range(3))
    found = shape_bias(said, shape, texture)
    counts = {"shape": 0, "texture": 0, "neither": 0, "agreeing": 0}
    for answer, one, other in rows:
        if one == other:
            counts["agreeing"] += 1
        elif answer == one:
            counts["shape"] += 1
        elif answer == other:
            counts["texture"] += 1
        else:
            counts["neither"] += 1
    assert counts == {key: getattr(found, key) for key in counts}
    decided = counts["shape"] + counts["texture"]
    if not decided:
        assert math.isnan(found.share.value)
        return
    low, high = proportion_confint(counts["shape"], decided, method="wilson")
    assert found.share.value == counts["shape"] / decided
    assert (found.share.low, found.share.high) == pytest.approx((low, high), abs=1e-9)


def test_swapping_the_cues_mirrors_the_bias() -> None:
    rng = np.random.default_rng(0)
    said, shape, texture = rng.integers(0, 16, (3, 1280))
    one, other = shape_bias(said, shape, texture), shape_bias(said, texture, shape)
    assert one.share.value == pytest.approx(1 - other.share.value)
    assert one.neither == other.neither > 0


def test_unequal_lengths_are_one_line() -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        shape_bias([1, 2], [1], [2])
