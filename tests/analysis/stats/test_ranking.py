"""Ranks, error consistency and ratios against scikit-learn, brute force and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from bench.analysis.stats.proportions import holm, mcnemar_midp
from bench.analysis.stats.ranking import error_consistency, error_ratio, rank


def drawn(accuracies: list[float], n: int, rng: np.random.Generator) -> np.ndarray:
    """Correctness of models that find the same images hard."""
    hard = rng.random(n)
    return np.stack([0.8 * hard + 0.2 * rng.random(n) < a for a in accuracies])


def test_ranks_follow_all_pairs() -> None:
    correct = drawn([0.8, 0.5, 0.79, 0.6], 1000, np.random.default_rng(0))
    ranks = rank(correct)
    accuracy = correct.mean(axis=1)
    assert ranks.rank.tolist() == [1 + int((accuracy > a).sum()) for a in accuracy]
    pairs = [(i, j) for i in range(4) for j in range(i + 1, 4)]
    p = [
        mcnemar_midp(int((correct[i] & ~correct[j]).sum()), int((~correct[i] & correct[j]).sum()))
        for i, j in pairs
    ]
    for (i, j), adjusted in zip(pairs, holm(p), strict=True):
        assert ranks.p[i, j] == ranks.p[j, i] == pytest.approx(adjusted)
        assert ranks.tied(i, j) == (adjusted > 0.05)
    assert (ranks.best <= ranks.rank).all()
    assert (ranks.rank <= ranks.worst).all()


def test_rank_intervals_hold_the_true_places() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        ranks = rank(drawn([0.72, 0.70, 0.68, 0.5], 500, rng))
        places = np.arange(1, 5)
        held += bool(((ranks.best <= places) & (places <= ranks.worst)).all())
    assert held / 200 >= 0.95


def test_equal_models_tie() -> None:
    one = np.random.default_rng(2).random(300) < 0.7
    ranks = rank([one, one])
    assert ranks.rank.tolist() == [1, 1]
    assert ranks.tied(0, 1)


def test_kappa_is_scikit_learns() -> None:
    a, b = drawn([0.7, 0.6], 500, np.random.default_rng(3))
    assert error_consistency(a, b) == pytest.approx(cohen_kappa_score(a, b))
    assert error_consistency(a, a) == pytest.approx(1.0)
    assert np.isnan(error_consistency([True] * 5, [True] * 5))


def test_error_ratio_covers() -> None:
    rng = np.random.default_rng(4)
    n, truth = 500, 0.2 / 0.3
    cells = np.array([0.15, 0.05, 0.15, 0.65])  # both wrong, first, second, none
    inside = 0
    for _ in range(200):
        first, second = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])[rng.choice(4, n, p=cells)].T
        r = error_ratio(first, second, draws=500)
        inside += r.low <= truth <= r.high
    assert 0.90 <= inside / 200 <= 0.99
    assert np.isnan(error_ratio([1, 0], [1, 1]).value)


@pytest.mark.parametrize(
    "call", [rank, lambda x: error_ratio(x, x), lambda x: error_consistency(x, x)]
)
def test_nothing_is_refused(call: object) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        call([])  # type: ignore[operator]
