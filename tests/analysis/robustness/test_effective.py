"""Lines in logits against statsmodels, and what must be refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from bench.analysis.robustness.effective import (
    Line,
    NoLine,
    absolute_drop,
    fit_line,
    from_logit,
    relative_drop,
    to_logit,
)
from bench.analysis.robustness.published_lines import PUBLISHED, Twin, against_published


def population(n: int = 30) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    a = rng.uniform(0, 2, n)
    return 100 * expit(a), 100 * expit(0.9 * a - 1.2 + 0.05 * rng.standard_normal(n))


def test_line_is_ordinary_least_squares_in_logits() -> None:
    val, shift = population()
    line = fit_line(val, shift)
    assert isinstance(line, Line)
    ols = sm.OLS(np.log(shift / (100 - shift)), sm.add_constant(np.log(val / (100 - val)))).fit()
    assert (line.intercept, line.slope) == pytest.approx(tuple(ols.params), abs=1e-10)
    assert line.r2 == pytest.approx(ols.rsquared)
    assert (line.n, line.low, line.high) == (30, val.min(), val.max())


def test_effective_robustness_is_points_above_the_line() -> None:
    val, shift = population()
    line = fit_line(val, shift)
    assert isinstance(line, Line)
    assert line.effective(val, line.predict(val)) == pytest.approx(np.zeros(30), abs=1e-9)
    assert line.effective(val, line.predict(val) + 3.0) == pytest.approx(np.full(30, 3.0))
    assert line.covers([val.min(), val.max()]).all()
    assert not line.covers([val.min() - 1, val.max() + 1]).any()


def test_models_without_a_logit_are_left_out() -> None:
    val, shift = population()
    plain = fit_line(val, shift)
    odd = fit_line([*val, 70.0, 60.0, np.nan], [*shift, 0.0, 100.0, 50.0])
    assert odd == plain


def test_too_few_or_too_similar_models_give_a_reason() -> None:
    few = fit_line([50.0, 60.0, 70.0], [30.0, 40.0, 50.0])
    assert isinstance(few, NoLine)
    assert "3 models" in few.reason
    alike = fit_line([70.0, 70.1, 70.2, 70.3], [30.0, 35.0, 40.0, 45.0])
    assert isinstance(alike, NoLine)
    assert alike.n == 4
    flat = fit_line([50.0, 60, 70, 80], [30.0] * 4)
    assert isinstance(flat, Line)
    assert (flat.slope, flat.r2, flat.n, flat.low, flat.high) == (0, 0.0, 4, 50.0, 80.0)
    assert flat.predict(99.0) == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("val", "shift"), [([50.0, 60.0], [40.0]), ([101.0], [40.0]), ([50.0], [-1.0])]
)
def test_wrong_input_is_one_line(val: list[float], shift: list[float]) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        fit_line(val, shift)


@given(st.floats(0.01, 99.99))
def test_logits_invert(percent: float) -> None:
    assert float(from_logit(to_logit(percent))) == pytest.approx(percent)


def test_drops() -> None:
    assert absolute_drop(80, 60) == 20
    assert relative_drop(80, 60) == 25
    assert np.isnan(relative_drop(0, 0))


@pytest.mark.parametrize("key", list(PUBLISHED))
def test_published_lines_are_those_of_the_population(
    reference: Callable[[str], pd.DataFrame], key: tuple[str, Twin]
) -> None:
    accuracy = reference("imagenet_testbed.csv").set_index("model")
    column, twin = key
    x = "val" if twin == "val" else f"val_{column}"
    models = accuracy[accuracy[x] >= (55 if twin == "val" else 75)]
    parting = models[x].get("resnet50") if column == "a" else None
    parts = (
        [models] if parting is None else [models[models[x] < parting], models[models[x] > parting]]
    )
    for shipped, part in zip(PUBLISHED[key], parts, strict=True):
        line = fit_line(part[x], part[column])
        assert isinstance(line, Line)
        assert line.n == shipped.n
        found = (line.slope, line.intercept, line.r2)
        assert found == pytest.approx((shipped.slope, shipped.intercept, shipped.r2), abs=1e-4)
        assert (line.low, line.high) == pytest.approx((shipped.low, shipped.high), abs=0.01)


def test_against_the_published_population() -> None:
    low = against_published("a", 76.0, 3.0, world="imagenet")
    high = against_published("a", 80.0, 10.0, world="imagenet")
    assert low is not None
    assert high is not None
    assert (low.line.n, high.line.n) == (33, 51)
    assert not low.covered  # between the segments, where ResNet-50 lies
    assert high.covered
    assert high.points == pytest.approx(10.0 - high.expected)
    assert against_published("c", 80.0, 50.0, world="imagenet") is None


@pytest.mark.parametrize("key", list(PUBLISHED))
def test_published_lines_judge_imagenet_alone(key: tuple[str, Twin]) -> None:
    assert against_published(key[0], 80.0, 50.0, key[1], world="imagenet") is not None
    for world in ("glyphs", "mine", "", "nan"):
        assert against_published(key[0], 80.0, 50.0, key[1], world=world) is None
