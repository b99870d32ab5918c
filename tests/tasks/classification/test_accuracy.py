import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import top_k_accuracy_score
from statsmodels.stats.proportion import proportion_confint

from bench.tasks.classification import Outputs, accuracy

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_topk_is_sklearns(k: int) -> None:
    logits = RNG.normal(size=(400, 12))
    targets = RNG.integers(0, 12, 400)
    expected = top_k_accuracy_score(targets, logits, k=k, labels=range(12))
    assert (Outputs(logits, targets).rank < k).mean() == pytest.approx(expected)


def test_top1_and_top5_are_shares_of_ranks() -> None:
    outputs = Outputs(RNG.normal(size=(400, 12)), RNG.integers(0, 12, 400))
    for metric, k in ((accuracy.TOP1, 1), (accuracy.TOP5, 5)):
        found = metric.measurement(metric.rows(outputs))
        right = int((outputs.rank < k).sum())
        low, _ = proportion_confint(right, 400, method="wilson")
        assert (found.value, found.low) == pytest.approx((right / 4, 100 * low))
        assert (found.metric, found.unit, found.n) == (f"top{k}", "%", 400)


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_statsmodels(trials: tuple[int, int]) -> None:
    right, n = trials
    low, high = proportion_confint(right, n, alpha=0.05, method="wilson")
    found = accuracy.share(np.arange(n) < right)
    assert found.value == pytest.approx(100 * right / n)
    assert found.low == pytest.approx(100 * low, abs=1e-9)
    assert found.high == pytest.approx(100 * high, abs=1e-9)
    assert 0 <= found.low <= found.value <= found.high <= 100


def test_no_image_has_no_share() -> None:
    with pytest.raises(ValueError, match="got 0 of 0"):
        accuracy.share(np.zeros(0, dtype=bool))


@given(
    st.integers(1, 20).flatmap(
        lambda k: st.lists(
            st.tuples(st.lists(st.integers(-2, 2), min_size=k, max_size=k), st.integers(0, k - 1)),
            min_size=1,
            max_size=20,
        )
    )
)
def test_rank_is_the_place_in_a_stable_sort_even_in_ties(
    rows: list[tuple[list[int], int]],
) -> None:
    logits = np.array([row for row, _ in rows], dtype=np.float64)
    targets = np.array([target for _, target in rows])
    order = np.argsort(-logits, axis=1, kind="stable")
    places = [list(line).index(target) for line, target in zip(order, targets, strict=True)]
    outputs = Outputs(logits, targets)
    assert outputs.rank.tolist() == places
    assert ((outputs.rank == 0) == (outputs.prediction == targets)).all()


def test_a_network_that_says_the_same_of_all_classes_is_at_chance() -> None:
    targets = np.arange(100) % 10
    outputs = Outputs(np.zeros((100, 10)), targets)
    assert accuracy.share(accuracy.top1(outputs)).value == pytest.approx(10)
    assert accuracy.share(accuracy.top5(outputs)).value == pytest.approx(50)
