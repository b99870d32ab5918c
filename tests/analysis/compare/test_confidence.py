"""How sure two models are, each number of both sides by another route."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from bench.analysis.compare.gap import compare_confidence, compare_parts


def said(seed: int, skill: float, sure: float) -> Any:
    rng = np.random.default_rng(seed)
    target = np.arange(300) % 10
    right = rng.random(300) < skill
    return SimpleNamespace(
        target=target,
        prediction=np.where(right, target, (target + 1) % 10),
        rank=(~right).astype(int),
        confidence=np.clip(rng.normal(sure, 0.1, 300), 0.05, 1.0),
        target_logp=-rng.exponential(1.0, 300),
    )


def test_both_sides() -> None:
    sides = {"first": said(0, 0.8, 0.9), "second": said(1, 0.6, 0.5)}
    pair = (sides["first"], sides["second"])
    table = compare_confidence({"val": pair, "r": pair[::-1]})
    assert table["role"].tolist() == ["val", "r"]
    row, back = table.to_dict("records")
    assert row["n"] == 300
    for name, side in sides.items():
        right = side.rank == 0
        assert row[f"confidence_{name}"] == pytest.approx(side.confidence.mean())
        assert row[f"over_{name}"] == pytest.approx(side.confidence.mean() - right.mean())
        assert row[f"nll_{name}"] == pytest.approx(-side.target_logp.mean())
        place = np.digitize(side.confidence, np.linspace(0, 1, 16), right=True)
        ece = sum(
            abs((right[place == b] - side.confidence[place == b]).sum()) for b in range(1, 16)
        )
        assert row[f"ece_{name}"] == pytest.approx(ece / 300)
    over = [s.confidence - (s.rank == 0) for s in pair]
    for name, values in (("over", over), ("nll", [-s.target_logp for s in pair])):
        paired = stats.ttest_rel(*values).confidence_interval(0.95)
        found = [row[f"{name}_gap{end}"] for end in ("", "_low", "_high")]
        assert found == pytest.approx(
            [values[0].mean() - values[1].mean(), paired.low, paired.high]
        )
        assert back[f"{name}_gap"] == pytest.approx(-found[0])


def test_parts_of_a_set() -> None:
    first = np.r_[np.ones(8), np.zeros(2), np.ones(5)].astype(bool)
    second = np.r_[np.ones(6), np.zeros(4), np.zeros(1), np.ones(4)].astype(bool)
    found = compare_parts(first, second, ["b"] * 10 + ["a"] * 5).to_dict("records")
    table = compare_parts(first, second, ["a"] * 10 + ["b"] * 5)
    assert table.index.tolist() == [0, 1]
    larger = compare_parts(first, ~first, np.r_[["a"] * 3, ["b"] * 12])
    assert larger[["part", "gap"]].values.tolist() == [["a", 1.0], ["b", pytest.approx(8 / 12)]]
    assert larger.index.tolist() == [0, 1]
    turned = compare_parts(first, ~first, np.r_[["a"] * 12, ["b"] * 3])
    assert (turned["part"].tolist(), turned.index.tolist()) == (["b", "a"], [0, 1])
    rows = {r["part"]: r for r in found}
    assert [(r["n"], r["first"], r["second"]) for r in (rows["a"], rows["b"])] == [
        (5, 1.0, 0.8),
        (10, 0.8, 0.6),
    ]
    assert (rows["b"]["only_first"], rows["b"]["only_second"]) == (2, 0)
    assert rows["a"]["gap"] == pytest.approx(0.2)
    for wrong in (first[:-1], first[None]):
        with pytest.raises(ValueError, match="three rows of one length"):
            compare_parts(wrong, second, ["b"] * 15)
    assert compare_parts([], [], []).empty
