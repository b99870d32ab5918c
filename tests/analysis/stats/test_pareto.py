"""Fronts and frontier laws, each worked out by another route."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.analysis.stats.pareto import pareto_front, standings

AXES = {"gmacs": "lower", "top1": "higher", "latency": "lower"}


def test_front_of_three_axes_is_who_is_not_beaten() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.integers(0, 9, (60, 3)), columns=list(AXES), dtype=float)
    signed = table.assign(top1=-table["top1"]).to_numpy()
    expected = [
        not any((other <= own).all() and (other < own).any() for other in signed) for own in signed
    ]
    found = pareto_front(table, AXES)  # type: ignore[arg-type]
    assert found.tolist() == expected
    assert found.name == "front"
    assert 2 <= sum(expected) < 60


def test_an_interval_decides_who_is_surely_beaten() -> None:
    table = pd.DataFrame(
        {
            "gmacs": [1.0, 2.0, 2.0, 2.0, 3.0],
            "top1": [70.0, 69.0, 69.0, 69.0, np.nan],
            "top1_low": [69.5, np.nan, 68.0, 68.9, np.nan],
            "top1_high": [70.5, np.nan, 69.6, 69.4, np.nan],
        },
        index=[*"abcde"],
    )
    found = standings(table, {"gmacs": "lower", "top1": "higher"})
    assert found["front"].tolist() == [True, False, False, False, False]
    # b is exactly 69 and a surely above; c may reach 69.6, above a's 69.5; d ends below a
    assert found["tied"].tolist() == [False, False, True, False, False]
    assert found.index.tolist() == [*"abcde"]


def test_on_the_front_and_perhaps_beaten_is_tied() -> None:
    table = pd.DataFrame(
        {"gmacs": [1.0, 2.0], "top1": [69.9, 70.0], "top1_low": [69.0, 69.0]}
    ).assign(top1_high=71.0)
    found = standings(table, {"gmacs": "lower", "top1": "higher"})
    assert found.to_numpy().tolist() == [[True, False], [True, True]]


def test_columns_of_any_kind() -> None:
    whole = pd.array([1, 2, None, 3], dtype="Int64")
    table = pd.DataFrame({"gmacs": whole, "top1": pd.Series([70, 69, 99, 71], dtype=object)})
    assert pareto_front(table, {"gmacs": "lower", "top1": "higher"}).tolist() == [
        *(True, False, False, True)
    ]
