"""Numbers of spreadsheets: one meaning is taken, two are refused."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.analysis.tables.numerals import NotANumberError, decimal_mark, numbers
from bench.analysis.tables.observations import observations


def read(*cells: str, elsewhere: str | None = None) -> list[float]:
    return list(numbers(pd.Series(cells, dtype="string"), elsewhere)[0])


@pytest.mark.parametrize(
    ("cells", "meant"),
    [
        (["5.70", "1,014.45"], [5.7, 1014.45]),
        (["1,234,567"], [1234567]),
        (["1,5", "12,0", "-0,25"], [1.5, 12, -0.25]),
        (["0,123"], [0.123]),  # no group of thousands begins with 0
        (["1234,567"], [1234.567]),  # nor has four digits
        (["1.234,5", "1.234"], [1234.5, 1234]),
        (["5.70", "1,014"], [5.7, 1014]),  # a point before decimals leaves the comma one meaning
        (["1.234.567"], [1234567]),
        (["1 234,5", "1\u00a0234\u202f567"], [1234.5, 1234567]),
        (["1'234.5", "1\u2019234"], [1234.5, 1234]),
        (["1.234", "70.123"], [1.234, 70.123]),  # three decimals, as ever
        (["1e-3", "2,5e3"], [0.001, 2500]),
        (["1e6", ".5", "5."], [1e6, 0.5, 5]),
    ],
)
def test_what_has_one_meaning(cells: list[str], meant: list[float]) -> None:
    assert read(*cells) == pytest.approx(meant)


@pytest.mark.parametrize(
    ("cells", "row", "why"),
    [
        (["1,234"], 0, "is '1,234', which may be 1234 or 1.234; write 1234 or 1.234"),
        (["30", "1,234", "2,500"], 1, "may be 1234 or 1.234"),
        (["1.234", "1,234"], 1, "may be 1234 or 1.234"),
        (["1.5", "1,5"], 1, "has a decimal point; write all alike"),
        (["1,5", "", "1.5"], 2, "'1.5', with a decimal point, and '1,5' above has a decimal comma"),
        (["1,23,456"], 0, "no finite number"),
        (["1,2345.6"], 0, "no finite number"),
        (["12 34"], 0, "no finite number"),
        (["1,5", "x"], 1, "is 'x', no finite number"),
        (["5,"], 0, "no finite number"),
        (["1,014.45 M"], 0, "no finite number"),
        (["50%"], 0, "no finite number"),
        (["inf"], 0, "no finite number"),
    ],
)
def test_what_has_two_or_none(cells: list[str], row: int, why: str) -> None:
    with pytest.raises(NotANumberError) as caught:
        read(*cells)
    assert (caught.value.row, why in str(caught.value)) == (row, True), caught.value


def test_another_column_may_decide_and_may_cast_doubt() -> None:
    assert read("1,234", elsewhere=".") == [1234]
    assert read("1,234", elsewhere=",") == [1.234]
    with pytest.raises(NotANumberError, match=r"may be 1234 or 1\.234; write 1234 or 1,234"):
        read("1.234", elsewhere=",")
    frame = pd.DataFrame({"x": ["1,234", "2,345"], "y": ["30,2", "25,1"]})
    given = observations(frame, "x", "y")
    assert given.table["x"].tolist() == [1.234, 2.345]
    assert given.notes[1:] == ("x: '1,234' taken as 1.234", "y: '30,2' taken as 30.2")
    with pytest.raises(ValueError, match="data row 1: x is '1,234', which may be"):
        observations(frame.assign(y=["30", "25"]), "x", "y")


@pytest.mark.parametrize("columns", [["x", "y", "y"], ["x", "y", "x"]])
def test_a_column_that_is_there_twice(columns: list[str]) -> None:
    frame = pd.DataFrame([["1", "30", "2"]], columns=columns)
    with pytest.raises(ValueError, match=r"is there twice, as columns \d and 3"):
        observations(frame, "x", "y")
    others = pd.DataFrame([["1", "30", "a", "b"]], columns=["x", "y", "note", "note"])
    assert len(observations(others, "x", "y").table) == 1
    with pytest.raises(ValueError, match="'note' is there twice"):
        observations(others, "x", "y", by=["note"])


@settings(max_examples=80)
@given(st.lists(st.floats(0.01, 1e9), min_size=1, max_size=6), st.sampled_from([".", ","]))
def test_what_is_written_is_read_or_refused(values: list[float], mark: str) -> None:
    """Thousands and two decimals, in both conventions: never another number."""
    english = [f"{value:,.2f}" for value in values]
    swap = {",": ".", ".": ","}
    texts = ["".join(swap.get(c, c) for c in text) for text in english] if mark == "," else english
    assert decimal_mark(pd.Series(texts, dtype="string")) == mark
    assert read(*texts) == pytest.approx([round(value, 2) for value in values])


@given(st.lists(st.text("0123456789.,+-eE '", max_size=9), max_size=5))
def test_a_plain_number_is_never_changed_by_others(cells: list[str]) -> None:
    """What Python reads stays so unless commas show another convention; else one complaint."""
    column = pd.Series([*(cell.strip() for cell in cells), "7", "2.5"], dtype="string")
    try:
        found, _ = numbers(column)
    except NotANumberError:
        return
    assert list(found[-2:]) == [7, 2.5]
    for cell, number in zip(column, found, strict=True):
        try:
            assert float(cell) == number or not math.isfinite(float(cell))
        except ValueError:
            assert cell == "" or "," in cell or " " in cell or "'" in cell
