"""Tables made ready for fitting: units, blanks, groups, and laws that are scaled back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.analysis.scaling.groups import MOST_DROPPED, fit_groups, summary
from bench.analysis.tables.axes import Quantity, Unit
from bench.analysis.tables.observations import observations, select

X = np.array([1.0, 2.0, 4.0, 8.0, 16.0])


def test_groups_keep_the_order_of_the_table_and_count_blanks() -> None:
    frame = pd.DataFrame(
        {"g": ["b", "a", "b", None], "h": ["1", "1", "1", "2"], "x": ["1", "2", "", "4"]}
    ).assign(y="0.5")
    found = observations(frame, "x", "y", ["g", "h"])
    assert found.groups == ("b, 1", "a, 1", "(blank), 2")
    assert found.missing == {"b, 1": 1, "a, 1": 0, "(blank), 2": 0}
    assert found.table.values.tolist() == [
        ["b, 1", 1, 0.5],
        ["a, 1", 2, 0.5],
        ["(blank), 2", 4, 0.5],
    ]


@given(st.lists(st.floats(0.001, 0.999), min_size=1), st.sampled_from(list(Unit)))
def test_units_and_accuracy_are_undone(rates: list[float], unit: Unit) -> None:
    factor = 100 if unit is Unit.PERCENT else 1
    frame = pd.DataFrame({"x": np.arange(1, len(rates) + 1), "y": np.array(rates) * factor})
    error = observations(frame, "x", "y", unit=unit)
    assert error.table["y"].to_numpy() == pytest.approx(np.array(rates), rel=1e-9)
    right = observations(frame, "x", "y", unit=unit, quantity=Quantity.ACCURACY)
    assert right.table["y"].to_numpy() == pytest.approx(1 - np.array(rates), rel=1e-9)


def test_a_loss_is_the_same_law_in_any_unit() -> None:
    """Bits or nats, with a floor above 1: floors scale, exponents and slopes do not change."""
    rows = {}
    for unit in (1.0, 1.4427, 1e-3):
        frame = pd.DataFrame({"x": X, "y": unit * (1.7 + 3 * X**-0.4)})
        given = observations(frame, "x", "y", quantity=Quantity.LOSS)
        rows[unit] = summary(fit_groups(given), given.factor).iloc[0]
        assert rows[unit]["floor"] == pytest.approx(1.7 * unit, rel=1e-4)
        assert rows[unit]["exponent"] == pytest.approx(0.4, rel=1e-4)
        assert rows[unit]["at_2x"] == pytest.approx(unit * rows[1.0]["at_2x"], rel=1e-4)


def test_many_sizes_are_not_dropped_in_turn() -> None:
    x = np.geomspace(10, 90, MOST_DROPPED + 1)
    frame = pd.DataFrame({"x": x, "y": 0.1 + 0.3 * x**-0.5})
    (group,) = fit_groups(observations(frame, "x", "y"))
    assert np.isnan(group.drop_one.low)
    assert group.held_out.ratio < 1
    (fewer,) = fit_groups(observations(frame[:5], "x", "y"))
    assert fewer.drop_one.low <= fewer.drop_one.high


def test_selected_rows_keep_their_number() -> None:
    frame = pd.DataFrame({"g": ["a", "b", "b"], "x": ["1", "1", "no"], "y": ["0.5"] * 3})
    with pytest.raises(ValueError, match="data row 3: x is 'no'"):
        observations(select(frame, {"g": "b"}), "x", "y")
    named = frame.set_index(pd.Index(["p", "q", "r"]))
    with pytest.raises(ValueError, match="row r: x is 'no'"):
        observations(named, "x", "y")


WORDS = ["None", "NA", "null", "nan", "n/a", "N/A", "NULL", "<NA>", "#N/A"]


def test_words_for_nothing_are_names_of_groups_and_no_numbers() -> None:
    names = [*WORDS, "", None]
    frame = pd.DataFrame({"g": names, "x": ["1"] * len(names), "y": ["0.5"] * len(names)})
    found = observations(frame, "x", "y", ["g"])
    assert found.groups == (*WORDS, "(blank)")
    assert found.table["group"].tolist() == [*WORDS, "(blank)", "(blank)"]
    for word in WORDS:
        assert select(frame, {"g": word})["g"].tolist() == [word]
    with pytest.raises(ValueError, match=r"there are 'None', 'NA'"):
        select(frame, {"g": "other"})
    blanks = pd.DataFrame({"x": [*WORDS, "2"], "y": ["0.5"] * (len(WORDS) + 1)})
    assert observations(blanks, "x", "y").missing == {"all": len(WORDS)}
