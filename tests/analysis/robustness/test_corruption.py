"""Corruption errors against loops, statsmodels' clustered errors and simulated images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.analysis.robustness.corruption import (
    Cells,
    MeanError,
    corruption_errors,
    mean_corruption_error_of_cells,
    mean_error_in,
)
from bench.analysis.robustness.published_errors import ALEXNET
from bench.analysis.robustness.published_errors import SEVERITIES as PUBLISHED_SEVERITIES
from bench.analysis.tables.corruption import corruption_table, left_out, missing_cells

KINDS = ("fog", "jpeg", "snow")
SEVERITIES = 5
RATES = np.linspace(0.1, 0.7, len(KINDS) * SEVERITIES).reshape(len(KINDS), SEVERITIES)


def mce(
    wrong: Any, kind: Any, severity: Any, image: Any, reference: Any = None, **more: Any
) -> MeanError:
    return mean_error_in(Cells.of(kind, severity, image), wrong, reference, **more)


def answers(
    rng: np.random.Generator, images: int, shared: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Every image in every cell, hard in all of them or in none by ``shared``; errors as RATES."""
    hard = np.sqrt(shared) * rng.standard_normal(images)
    own = np.sqrt(1 - shared) * rng.standard_normal((len(KINDS), SEVERITIES, images))
    edge = np.quantile(np.random.default_rng(0).standard_normal(200_000), 1 - RATES)
    wrong = own + hard > edge[..., None]
    kind = np.broadcast_to(np.array(KINDS)[:, None, None], wrong.shape)
    severity = np.broadcast_to(np.arange(1, SEVERITIES + 1)[None, :, None], wrong.shape)
    image = np.broadcast_to(np.arange(images), wrong.shape)
    return wrong.ravel(), kind.ravel(), severity.ravel(), image.ravel()


def test_corruption_errors_are_ratios_of_sums() -> None:
    other = RATES[::-1] + 0.05
    expected = [100 * sum(a) / sum(b) for a, b in zip(RATES, other, strict=True)]
    assert corruption_errors(RATES, other) == pytest.approx(expected)
    assert corruption_errors(RATES, other.mean(axis=1)) == pytest.approx(expected)


def test_alexnet_is_one_hundred_of_itself() -> None:
    kinds = [kind for kind in ALEXNET if kind != "clean"]
    assert len(kinds) == 15
    errors = [[ALEXNET[kind]] * 5 for kind in kinds]
    assert corruption_errors(errors, [ALEXNET[k] for k in kinds]) == pytest.approx([100.0] * 15)


def test_mce_is_the_published_formula() -> None:
    rng = np.random.default_rng(1)
    wrong, kind, severity, image = answers(rng, 40, 0.5)
    clean_wrong = rng.random(40) < 0.05
    all_wrong = np.append(wrong, clean_wrong)
    all_kind = np.append(kind, np.full(40, "none"))
    all_severity = np.append(severity, np.zeros(40, dtype=int))
    all_image = np.append(image, np.arange(40))
    known = {"fog": 0.5, "jpeg": 0.6, "snow": 0.8, "clean": 0.3}
    plain, relative = [], []
    for name in KINDS:
        total = sum(wrong[(kind == name) & (severity == s)].mean() for s in range(1, 6))
        plain.append(total / (5 * known[name]))
        relative.append((total - 5 * clean_wrong.mean()) / (5 * known[name] - 5 * 0.3))
    data = (all_wrong, all_kind, all_severity, all_image)
    assert mce(*data, known).interval.value == pytest.approx(100 * np.mean(plain))
    found = mce(*data, known, relative=True)
    assert found.interval.value == pytest.approx(100 * np.mean(relative))
    assert found.clusters == 40


def test_standard_error_is_that_of_a_regression_with_clusters() -> None:
    wrong, kind, severity, image = answers(np.random.default_rng(2), 60, 0.5)
    keep = np.random.default_rng(3).random(wrong.size) < 0.8  # cells of unequal size
    wrong, kind, severity, image = (a[keep] for a in (wrong, kind, severity, image))
    cells = pd.get_dummies(pd.Series(kind) + "-" + pd.Series(severity).astype(str)).astype(float)
    ols = sm.OLS(wrong.astype(float), cells).fit(
        cov_type="cluster", cov_kwds={"groups": image, "use_correction": False}
    )
    known = {"fog": 0.5, "jpeg": 0.6, "snow": 0.8}
    weight = np.array([100 / (15 * known[name.rpartition("-")[0]]) for name in cells.columns])
    expected = float(np.sqrt(weight @ ols.cov_params().to_numpy() @ weight * 60 / 59))
    found = mce(wrong, kind, severity, image, known)
    assert found.interval.value == pytest.approx(float(weight @ ols.params))
    assert found.standard_error == pytest.approx(expected)
    half = 1.959964 * expected
    assert found.interval.high - found.interval.value == pytest.approx(half, rel=1e-6)


def test_paired_ratio_agrees_with_the_jackknife_over_images() -> None:
    rng = np.random.default_rng(4)
    wrong, kind, severity, image = answers(rng, 80, 0.6)
    other = np.where(rng.random(wrong.size) < 0.8, wrong, rng.random(wrong.size) < 0.5)
    found = mce(wrong, kind, severity, image, other)

    def without(left_out: int) -> float:
        keep = image != left_out
        cell = [(kind == k) & keep for k in KINDS]
        return 100 * float(np.mean([wrong[c].mean() / other[c].mean() for c in cell]))

    each = np.array([without(i) for i in range(80)])
    jackknife = np.sqrt(79 / 80 * ((each - each.mean()) ** 2).sum())
    assert found.standard_error == pytest.approx(jackknife, rel=0.03)
    same = mce(wrong, kind, severity, image, wrong)
    assert (same.interval.value, same.standard_error) == pytest.approx((100.0, 0.0))


def test_intervals_cover_where_images_repeat_and_unclustered_ones_do_not() -> None:
    rng = np.random.default_rng(5)
    truth, hits, naive = 100 * float(RATES.mean()), 0, 0
    for _ in range(200):
        data = answers(rng, 40, 0.5)
        clustered = mce(*data).interval
        hits += clustered.low <= truth <= clustered.high
        loose = mce(*data[:3], np.arange(data[0].size)).interval
        naive += loose.low <= truth <= loose.high
    assert hits / 200 >= 0.90
    assert naive / 200 <= 0.7


def test_counts_of_distinct_images_give_what_their_answers_do() -> None:
    rng = np.random.default_rng(6)
    wrong, kind, severity, _ = answers(rng, 200, 0.0)
    own = wrong.reshape(len(KINDS), SEVERITIES, 200).mean(axis=2)
    known = {"fog": 0.5, "jpeg": 0.6, "snow": 0.8}
    whole = mce(wrong, kind, severity, np.arange(wrong.size), known)
    counts = mean_corruption_error_of_cells(own, np.full(own.shape, 200), list(known.values()))
    assert counts.interval.value == pytest.approx(whole.interval.value)
    assert counts.standard_error == pytest.approx(whole.standard_error, rel=0.002)


def test_independent_reference_of_counts_as_simulated() -> None:
    rng, n, other = np.random.default_rng(7), 300, RATES[::-1]
    draws = rng.binomial(n, RATES, (4000, *RATES.shape)) / n
    bases = rng.binomial(n, other, (4000, *RATES.shape)) / n
    spread = (100 * (draws.mean(axis=2) / bases.mean(axis=2)).mean(axis=1)).std()
    full = np.full(RATES.shape, n)
    found = mean_corruption_error_of_cells(RATES, full, other, full)
    assert found.standard_error == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize(
    ("kind", "severity", "reference", "why"),
    [
        (["fog", "fog"], [0, 0], None, "no corrupted"),
        (["fog", "snow"], [1, 2], None, "lacks a severity"),
        (["fog", "snow"], [1, 1], {"fog": 0.5}, "no error for snow"),
        (["fog", "snow"], [1, 1], [0, 0], "makes no errors"),
        (["fog", "snow"], [1, 1], [1], "1 reference answers for 2"),
        (["fog"], [1, 1], None, "one length"),
    ],
)
def test_what_cannot_be_is_one_line(
    kind: list[str], severity: list[int], reference: object, why: str
) -> None:
    with pytest.raises(ValueError, match=rf"^[^\n]*{why}[^\n]*$"):
        mce([1, 0], kind, severity, [0, 1], reference)


def test_relative_errors_need_clean_images() -> None:
    with pytest.raises(ValueError, match="clean"):
        mce([1, 0], ["fog", "fog"], [1, 2], [0, 1], relative=True)


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from(KINDS), st.integers(0, 2), st.integers(0, 5)),
        max_size=40,
    ),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_any_answers_give_a_number_or_a_reason(
    rows: list[tuple[bool, str, int, int]], relative: bool
) -> None:
    columns = [np.array(column) for column in zip(*rows, strict=True)] or [np.array([])] * 4
    try:
        found = mce(*columns, relative=relative)
    except ValueError:
        return  # what is refused has tests of its own
    assert (-100 if relative else 0) <= found.interval.value <= 100


def long(model: str, rates: np.ndarray, n: int = 100, **more: object) -> pd.DataFrame:
    rows = [
        {"model": model, "role": "c", "metric": f"top1/{kind}-{s + 1}", "n": n}
        | {"value": 100 * (1 - rate), "limit": None, "finished": "1"}
        | more
        for kind, row in zip(KINDS, rates, strict=True)
        for s, rate in enumerate(row)
    ]
    return pd.DataFrame(rows)


def test_table_reads_the_cells_of_whole_models() -> None:
    top1 = pd.DataFrame([{"model": "a", "role": "c", "metric": "top1", "value": 50.0, "n": 1500}])
    parts = [long("a", RATES), long("ref", RATES * 0.5 + 0.1), long("part", RATES).iloc[:-1], top1]
    one, ref = corruption_table(pd.concat(parts), "ref", distinct=True).to_dict("records")
    assert (one["model"], ref["model"]) == ("a", "ref")
    assert [one[kind] for kind in KINDS] == pytest.approx(100 * RATES.mean(axis=1))
    assert one["error"] == pytest.approx(100 * RATES.mean())
    ratio = RATES.sum(axis=1) / (RATES * 0.5 + 0.1).sum(axis=1)
    assert one["mce"] == pytest.approx(100 * ratio.mean())
    assert one["mce_low"] < one["mce"] < one["mce_high"]
    assert ref["mce"] == pytest.approx(100.0)
    assert np.isnan(ref["mce_low"])  # the reference itself is 100, whatever it errs


def test_answers_of_both_models_give_a_paired_interval() -> None:
    rng = np.random.default_rng(8)
    groups = [f"{kind}-{s}" for kind in KINDS for s in range(1, 6)]
    cell = np.arange(3000) % len(groups)
    ref = rng.random(3000) < 1 - RATES.ravel()[cell]
    own = np.where(rng.random(3000) < 0.8, ref, rng.random(3000) < 0.6)
    rates = {
        name: [1 - a[cell == i].mean() for i in range(15)] for name, a in (("a", own), ("ref", ref))
    }
    frame = pd.concat([long(m, np.reshape(r, RATES.shape), n=200) for m, r in rates.items()])
    cells = Cells.of_groups(groups, cell, np.arange(3000))
    plain, paired = (
        corruption_table(frame, "ref", distinct=True, correct=answered, cells=cells).iloc[0]
        for answered in ({}, {"a": own, "ref": ref})
    )
    assert (plain["paired"], paired["paired"]) == (False, True)
    assert paired["mce"] == pytest.approx(plain["mce"])
    kinds, severity = zip(*(groups[i].split("-") for i in cell), strict=True)
    ranks = [int(s) for s in severity]
    expected = mce(~own, kinds, ranks, np.arange(3000), ~ref).interval
    assert (paired["mce_low"], paired["mce_high"]) == pytest.approx((expected.low, expected.high))
    assert paired["mce_high"] - paired["mce_low"] < 0.9 * (plain["mce_high"] - plain["mce_low"])
    stale = {"a": ~own, "ref": ref}  # not what was counted
    other = corruption_table(frame, "ref", distinct=True, correct=stale, cells=cells).iloc[0]
    assert not other["paired"]
    assert other["mce_low"] == plain["mce_low"]


def test_repeated_images_have_intervals_where_answers_are_at_hand() -> None:
    """As ImageNet-C: every image in every cell, errors relative to published constants."""
    groups = [f"{kind}-{s}" for kind in KINDS for s in range(1, 6)]
    wrong, kind, severity, image = answers(np.random.default_rng(9), 400, 0.5)
    group = np.array([groups.index(f"{k}-{s}") for k, s in zip(kind, severity, strict=True)])
    rates = [wrong[group == i].mean() for i in range(15)]
    frame = pd.concat([long(m, np.reshape(rates, RATES.shape), n=400) for m in ("a", "b")])
    known = {"fog": 0.5, "jpeg": 0.6, "snow": 0.8}
    cells = Cells.of_groups(groups, group, image.astype(np.uint32) * 1000)
    with_answers, without = corruption_table(
        frame, known, correct={"a": ~wrong}, cells=cells
    ).to_dict("records")
    for name, reference in (("error", None), ("mce", known)):
        expected = mce(wrong, kind, severity, image, reference).interval
        assert with_answers[name] == pytest.approx(expected.value)
        assert with_answers[f"{name}_low"] == pytest.approx(expected.low)
        assert with_answers[f"{name}_high"] == pytest.approx(expected.high)
        assert without[name] == pytest.approx(expected.value)
        assert np.isnan(without[f"{name}_low"])
    assert not with_answers["paired"]
    few = corruption_table(frame, known, correct={"a": ~wrong[:-1]}, cells=cells).iloc[0]
    assert np.isnan(few["mce_low"])  # answers to other images


def test_cells_of_groups_are_cells_of_names_and_severities() -> None:
    wrong, kind, severity, image = answers(np.random.default_rng(10), 30, 0.5)
    keep = np.random.default_rng(11).permutation(wrong.size)[:400]
    wrong, kind, severity, image = (a[keep] for a in (wrong, kind, severity, image))
    groups = ["other-1", *(f"{k}-{s}" for s in range(5, 0, -1) for k in KINDS)]  # one is not there
    group = [groups.index(f"{k}-{s}") for k, s in zip(kind, severity, strict=True)]
    found = mean_error_in(Cells.of_groups(groups, group, image), wrong)
    expected = mce(wrong, kind, severity, image)
    assert found.interval.value == pytest.approx(expected.interval.value)
    assert found.standard_error == pytest.approx(expected.standard_error)
    assert found.clusters == expected.clusters == 30


def test_table_without_its_reference_or_of_repeated_images() -> None:
    alone = corruption_table(long("a", RATES), "ref")
    assert alone["mce"].isna().all()
    assert alone["error"].notna().all()
    assert alone["error_low"].isna().all()  # counts of repeated images give no interval
    constants = dict(zip(KINDS, (0.5, 0.6, 0.8), strict=True))
    known = corruption_table(long("a", RATES), constants)
    expected = 100 * np.mean(RATES.mean(axis=1) / [0.5, 0.6, 0.8])
    assert known["mce"].item() == pytest.approx(expected)
    assert corruption_table(long("a", RATES).iloc[:0], "ref").empty


def test_whole_sets_come_before_limited_ones() -> None:
    limited = long("a", np.zeros(RATES.shape), n=2, limit=30, finished="2")
    table = corruption_table(pd.concat([long("a", RATES), limited]))
    assert table["error"].item() == pytest.approx(100 * RATES.mean())
    assert table["images"].item() == 1500


@pytest.mark.parametrize("lost", ["fog-1", "snow-5"])
def test_no_mce_of_a_part_of_what_was_published(lost: str) -> None:
    """One cell less, and the mean over severities that it is divided by is of other images."""
    constants = dict(zip(KINDS, (0.5, 0.6, 0.8), strict=True)) | {"clean": 0.4}
    assert PUBLISHED_SEVERITIES == SEVERITIES
    whole = long("a", RATES)
    assert missing_cells(whole, constants) == ()
    part = whole[whole["metric"] != f"top1/{lost}"]
    assert missing_cells(part, constants) == (lost,)
    assert corruption_table(part, constants).empty
    assert left_out(part) == {"a": (lost,)}
    assert left_out(pd.concat([whole, part.assign(model="b")])) == {"b": (lost,)}
    kind = whole[~whole["metric"].str.contains("fog")]
    found = corruption_table(kind, constants)
    assert found["mce"].isna().all()
    assert found["error"].item() == pytest.approx(100 * RATES[1:].mean())
    assert left_out(kind) == {}
    assert missing_cells(kind, constants) == tuple(f"fog-{s}" for s in range(1, 6))
    assert missing_cells(kind, "ref") == missing_cells(kind) == ()


def test_intervals_stay_within_what_is_possible() -> None:
    few = mce([1, 1, 0, 1], ["fog"] * 4, [1] * 4, range(4)).interval
    assert (few.value, few.high) == (75.0, 100.0)
    low = mce([0, 0, 0, 1], ["fog"] * 4, [1] * 4, range(4), {"fog": 0.8}).interval
    assert (low.value, low.low) == (31.25, 0.0)
    top = mce([1, 1, 1, 0], ["fog"] * 4, [1] * 4, range(4), {"fog": 0.8}).interval
    assert top.high == pytest.approx(125.0)  # all wrong
    counted = mean_corruption_error_of_cells([[0.25]], [[4]]).interval
    assert counted.low == 0.0
    assert counted.high == pytest.approx(67.43, abs=0.01)
    drop = mce([1, 0, 0, 1], ["fog"] * 4, [1, 1, 0, 0], [0, 1, 0, 1], relative=True).interval
    assert drop.low < 0  # a model may err less on corrupted images
