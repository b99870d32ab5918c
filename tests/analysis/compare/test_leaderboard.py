"""Ranks and ties of a leaderboard, counted again by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from bench.analysis.compare.leaderboard import leaderboard


def frame(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    names = ["model", "value", "low", "high"]
    return pd.DataFrame(rows, columns=names).assign(
        job=lambda f: "job of " + f["model"], dataset_digest="d"
    )


PART = frame(("c", 70.0, 68.0, 72.0), ("a", 80.0, 78.0, 82.0), ("b", 79.0, 77.0, 81.0))


def test_intervals_rank_where_no_answers_are_at_hand() -> None:
    found = leaderboard(PART)
    assert not found.paired
    assert found.rows["model"].tolist() == ["a", "b", "c"]
    assert found.rows["rank"].tolist() == [1, 1, 3]
    assert found.rows["tied"].tolist() == [True, True, False]
    assert found.contenders == 1


def test_intervals_that_touch_are_tied() -> None:
    found = leaderboard(frame(("a", 80.0, 78.0, 82.0), ("b", 76.0, 74.0, 78.0)))
    assert (found.rows["rank"].tolist(), found.rows["tied"].tolist()) == ([1, 1], [True, True])


def test_equal_accuracies_go_by_name() -> None:
    found = leaderboard(frame(("b", 80.0, 79.0, 81.0), ("a", 80.0, 79.0, 81.0)))
    assert found.rows["model"].tolist() == ["a", "b"]


def answers(n: int = 600) -> dict[str, Any]:
    """Three models on the same images: b a little below a, c far below."""
    rng = np.random.default_rng(0)
    hard = rng.random(n)
    skill = {"a": 0.80, "b": 0.79, "c": 0.6}
    return {
        f"job of {name}": SimpleNamespace(
            target=np.arange(n) % 10, rank=(hard + rng.normal(0, 0.1, n) > s).astype(int)
        )
        for name, s in skill.items()
    }


def test_answers_rank_by_tests_of_all_pairs() -> None:
    given = answers()
    found = leaderboard(PART, given.get)
    assert found.paired
    right = [given[f"job of {name}"].rank == 0 for name in found.rows["model"]]
    pairs = [(0, 1), (0, 2), (1, 2)]
    raw = [_midp(right[i], right[j]) for i, j in pairs]
    p = dict(zip(pairs, multipletests(raw, method="holm")[1], strict=True))
    beside = [p[0, 1] > 0.05, p[1, 2] > 0.05]
    assert beside == [True, False]
    assert found.rows["tied"].tolist() == [True, True, False]
    assert found.rows["best"].tolist() == [1, 1, 1 + (p[0, 2] <= 0.05) + (p[1, 2] <= 0.05)]
    assert found.rows["rank"].tolist() == found.rows["best"].tolist()


def _midp(one: Any, two: Any) -> float:
    b, c = int((one & ~two).sum()), int((~one & two).sum())
    table = [[0, b], [c, 0]]
    from scipy import stats

    return float(mcnemar(table, exact=True).pvalue - stats.binom.pmf(min(b, c), b + c, 0.5))


@pytest.mark.parametrize("what", ["one is missing", "other labels", "other pixels"])
def test_answers_to_other_images_do_not_count(what: str) -> None:
    given, part = answers(), PART
    if what == "one is missing":
        del given["job of b"]
    elif what == "other labels":
        given["job of b"].target = given["job of b"].target[::-1]
    else:
        part = PART.assign(dataset_digest=["d", "d", "e"])
    assert not leaderboard(part, given.get).paired
