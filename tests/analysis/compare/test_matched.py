"""Pairs of models on the same images: every number is that of the two models' own comparison."""

from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.compare.gap import compare_sets, mean_interval
from bench.analysis.compare.matched import compare_pairs
from bench.analysis.compare.matching import Pair
from bench.analysis.stats.proportions import holm
from tests.said import Said


def said(right: int, n: int = 200) -> Said:
    """The first ``right`` images are right."""
    target = np.arange(n) % 10
    guess = np.where(np.arange(n) < right, target, (target + 1) % 10)
    return Said(target, guess, np.full(n, 0.8), np.full(n, -0.5))


def pair(name: str) -> Pair:
    return Pair(f"{name}1", f"{name}2", 2.0, 1.6)


SETS = {"val": (said(160), said(150)), "r": (said(90), said(60))}


def test_a_row_is_in_percent_and_points() -> None:
    found = compare_pairs([(pair("a"), "1k", SETS)])
    (row,) = found.pairs
    of = compare_sets(SETS).set_index("role").to_dict("index")
    assert (row["first"], row["second"], row["scale"]) == ("a1", "a2", "1k")
    assert (row["cost_first"], row["cost_second"], row["ratio"]) == (
        pair("a").cost_first,
        pair("a").cost_second,
        pair("a").ratio,
    )
    for role in ("val", "r"):
        for end in ("", "_low", "_high"):
            assert row[f"{role}{end}"] == pytest.approx(100 * of[role][f"gap{end}"])
    assert row["ratio"] == 1.25
    assert row["val"] == pytest.approx(5.0)
    assert row["r"] == pytest.approx(15.0)
    for name, column in (
        ("detectable", "detectable"),
        ("discordance", "discordance"),
        ("accuracy_first", "first"),
        ("accuracy_second", "second"),
    ):
        assert row[name] == pytest.approx(100 * of["val"][column])
    assert (row["n"], row["p"]) == (200, of["val"]["p"])
    assert row["kappa"] == pytest.approx(of["val"]["kappa"])
    assert found.lost == ()


def test_verdicts_are_on_val_after_holm() -> None:
    weak = {"val": (said(148), said(145))}
    back = {"val": (said(130), said(150))}
    given = [(pair("a"), "1k", SETS), (pair("b"), "1k", weak), (pair("c"), "22k", back)]
    found = compare_pairs([*given, (pair("d"), "1k", {}), (pair("e"), "1k", {"r": SETS["r"]})])
    rows = {row["first"]: row for row in found.pairs}
    p = [rows[name]["p"] for name in ("a1", "b1", "c1")]
    assert [rows[name]["p_holm"] for name in ("a1", "b1", "c1")] == pytest.approx(holm(p).tolist())
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "a1": "first",
        "b1": "tied",
        "c1": "second",
        "d1": "not compared",
        "e1": "not compared",
    }
    assert [lost.first for lost in found.lost] == ["d1"]


def test_means_are_over_pairs_that_saw_the_same_images() -> None:
    given = [(pair("a"), "1k", SETS), (pair("b"), "1k", {"val": (said(120), said(140))})]
    other = (pair("c"), "22k", {"r": (said(9, 20), said(4, 20))})
    odd = (pair("d"), "22k", {"r": (said(9, 30), said(4, 30))})
    means = {(m["scale"], m["role"]): m for m in compare_pairs([*given, other]).means}
    assert set(means) == {("1k", "val"), ("1k", "r"), ("22k", "r")}
    gaps = [
        (one.rank == 0).astype(float) - (two.rank == 0)
        for one, two in (SETS["val"], (said(120), said(140)))
    ]
    found = means["1k", "val"]
    expected = mean_interval(np.mean(gaps, axis=0)).scaled(100)
    assert (found["pairs"], found["n"]) == (2, 200)
    assert found["mean"] == pytest.approx((5.0 - 10.0) / 2)
    assert (found["mean_low"], found["mean_high"]) == (expected.low, expected.high)
    assert (means["22k", "r"]["n"], means["22k", "r"]["mean"]) == (20, pytest.approx(25.0))
    unequal = compare_pairs([*given, other, odd]).means
    assert {(m["scale"], m["role"]) for m in unequal} == {("1k", "val"), ("1k", "r")}
