"""Comparisons of two models and matched families against brute force and known libraries."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.analysis.compare.gap import (
    compare_confidence,
    compare_parts,
    compare_sets,
    mean_interval,
)
from bench.analysis.compare.matching import Matched, match
from bench.analysis.compare.pairing import common_jobs, shared_jobs
from bench.analysis.tables.axes import MatchBy
from tests.said import Said


def said(n: int, skill: float, seed: int, sure: float = 0.8) -> Said:
    rng = np.random.default_rng(seed)
    target = np.arange(n) % 10
    right = rng.random(n) < skill
    guess = np.where(right, target, (target + 1) % 10)
    confidence = np.clip(rng.normal(sure, 0.05, n), 0.1, 0.999)
    return Said(target, guess, confidence, np.log(np.where(right, confidence, 0.01)))


def test_widening_is_the_change_of_the_gap_with_honest_coverage() -> None:
    """True gaps 10 on val, 20 on R: the interval of their difference covers 10 nearly always."""
    hits = 0
    for seed in range(150):
        pairs = {
            "val": (said(600, 0.8, 4 * seed), said(600, 0.7, 4 * seed + 1)),
            "r": (said(600, 0.6, 4 * seed + 2), said(600, 0.4, 4 * seed + 3)),
        }
        found: Any = compare_sets(pairs).set_index("role").to_dict("index")
        assert math.isnan(found["val"]["widening"])
        widening = found["r"]["gap"] - found["val"]["gap"]
        assert found["r"]["widening"] == pytest.approx(widening)
        hits += found["r"]["widening_low"] < 0.1 < found["r"]["widening_high"]
    assert 0.90 <= hits / 150 <= 0.99


def test_other_labels_are_refused() -> None:
    one, two = said(20, 0.5, 0), said(20, 0.5, 1)
    shuffled = Said(one.target[::-1], two.prediction, two.confidence, two.target_logp)
    with pytest.raises(ValueError, match="labels differ"):
        compare_sets({"val": (one, shuffled)})


def test_overconfidence_is_a_paired_mean() -> None:
    one, two = said(500, 0.8, 0, 0.9), said(500, 0.8, 1, 0.6)
    row = compare_confidence({"val": (one, two)}).iloc[0]
    over = [s.confidence - (s.prediction == s.target) for s in (one, two)]
    paired = stats.ttest_rel(*over).confidence_interval(0.95)
    assert row["over_gap"] == pytest.approx(over[0].mean() - over[1].mean())
    assert (row["over_gap_low"], row["over_gap_high"]) == pytest.approx((paired.low, paired.high))
    assert row["nll_gap"] == pytest.approx(two.target_logp.mean() - one.target_logp.mean())


def test_a_mean_has_its_t_interval() -> None:
    values = np.random.default_rng(0).normal(size=12)
    found = mean_interval(values, 0.9)
    low, high = stats.t.interval(0.9, 11, values.mean(), stats.sem(values))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert math.isnan(mean_interval([1.0]).low)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 4)), min_size=1))
def test_parts_add_up_to_the_whole(rows: list[tuple[bool, bool, int]]) -> None:
    first, second, part = (np.array(column) for column in zip(*rows, strict=True))
    found = compare_parts(first, second, part)
    assert found["n"].sum() == len(rows)
    whole = (found["n"] * found["gap"]).sum() / len(rows)
    assert whole == pytest.approx(first.mean() - second.mean(), abs=1e-12)
    assert (found["only_first"] - found["only_second"] == (found["n"] * found["gap"]).round()).all()
    assert (found["p_holm"] >= found["p"]).all()
    assert found["gap"].abs().is_monotonic_decreasing


def table(prefix: str, gmacs: Iterable[float], **more: Any) -> pd.DataFrame:
    rows = [{"model": f"{prefix}{i}", "gmacs": g} for i, g in enumerate(gmacs)]
    default: dict[str, Any] = {"trained_on": "1k", "resolution": 224, "params": 1.0, "latency": 1.0}
    columns = ["model", "gmacs", *default, "device"]
    return pd.DataFrame(rows, columns=columns).assign(**(default | {"device": "cpu"} | more))


costs_of = st.lists(st.floats(1, 50), max_size=4)


@given(costs_of, costs_of, st.floats(1, 4))
def test_as_many_pairs_as_possible_and_the_closest(
    first: list[float], second: list[float], band: float
) -> None:
    found = match(table("a", first), table("b", second), band=band)
    assert all(1 / band - 1e-6 <= pair.ratio <= band + 1e-6 for pair in found.pairs)
    names = [p.first for p in found.pairs] + [p.second for p in found.pairs]
    names += [u.model for u in found.unmatched]
    assert sorted(names) == sorted([*table("a", first)["model"], *table("b", second)["model"]])
    most, least = _brute(first, second, band)
    assert len(found.pairs) == most
    assert sum(abs(math.log(p.ratio)) for p in found.pairs) == pytest.approx(least, abs=0.02)


def _brute(first: list[float], second: list[float], band: float) -> tuple[int, float]:
    """Every way to pair, the best by number and then by distance."""
    short, long = sorted((first, second), key=len)
    best = (0, 0.0)
    for chosen in permutations(range(len(long)), len(short)):
        gaps = [abs(math.log(a / long[j])) for a, j in zip(short, chosen, strict=True)]
        able = [gap for gap in gaps if gap <= math.log(band) * (1 + 1e-9) + 1e-12]
        best = max(best, (len(able), -sum(able)))
    return best[0], -best[1]


def test_what_must_be_equal() -> None:
    a, b = table("a", [1.0]), table("b", [1.0])
    other = match(a, b.assign(trained_on="22k"))
    assert other.pairs == ()
    assert {u.reason for u in other.unmatched} == {"no model there has its pretraining"}
    resized = match(a, b.assign(resolution=384))
    assert resized.pairs[0].remark == "resolutions differ: 224 and 384"
    assert match(a, b.assign(resolution=384), MatchBy.RESOLUTION).pairs == ()
    assert len(match(a, b.assign(gmacs=9.0), MatchBy.RESOLUTION).pairs) == 1
    elsewhere = match(a, b.assign(device="H200"), MatchBy.LATENCY)
    assert elsewhere.pairs == ()
    assert elsewhere.unmatched[0].reason.endswith("and device")
    unknown = match(a.assign(params=math.nan), b, MatchBy.PARAMS)
    assert unknown.unmatched[0].reason == "parameters not measured"


def test_of_equal_resolutions_the_closest_gmacs_are_paired() -> None:
    found: Matched = match(table("a", [1, 4]), table("b", [4.1, 1.1]), MatchBy.RESOLUTION)
    assert {(p.first, p.second) for p in found.pairs} == {("a0", "b1"), ("a1", "b0")}


@pytest.mark.parametrize("band", [0.9, math.nan, math.inf])
def test_a_band_is_a_factor(band: float) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        match(table("a", [1]), table("b", [1]), band=band)


def test_a_model_is_on_one_side() -> None:
    with pytest.raises(ValueError, match="both sides"):
        match(table("a", [1]), table("a", [1]))


def evaluated(*rows: tuple[str, str, str, float | None, str, str]) -> pd.DataFrame:
    columns = ["model", "job", "dataset_digest", "limit", "precision", "finished"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(
        metric="top1", value=50.0, role="val", dataset="val", n=frame["limit"].fillna(2000)
    )


def test_whole_sets_come_before_limited_ones_and_new_before_old() -> None:
    frame = evaluated(
        ("a", "a1", "d", None, "float32", "1"),
        ("a", "a2", "d", 100, "float32", "3"),
        ("b", "b1", "d", 100, "float32", "4"),
        ("b", "b2", "d", None, "float32", "1"),
        ("c", "c1", "d", 100, "float32", "4"),
    )
    assert shared_jobs(frame, "a", "b")[["job_first", "job_second"]].values.tolist() == [
        ["a1", "b2"]
    ]
    assert shared_jobs(frame, "a", "c")[["job_first", "job_second"]].values.tolist() == [
        ["a2", "c1"]
    ]


def test_only_what_most_models_saw_is_common() -> None:
    frame = evaluated(
        ("a", "a1", "d", None, "float32", "1"),
        ("b", "b1", "d", None, "float32", "1"),
        ("c", "c1", "other", None, "float32", "9"),
        ("d", "d1", "d", None, "float16", "9"),
    )
    assert common_jobs(frame)["job"].tolist() == ["a1", "b1"]
    assert common_jobs(frame[:0]).empty
    assert shared_jobs(frame, "a", "c").empty
    assert shared_jobs(frame, "a", "d").empty
