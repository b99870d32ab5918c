from __future__ import annotations

import math
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bench.blocks import Column, Form, cells

finite = st.floats(-1e9, 1e9, allow_nan=False)


def read(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


@given(finite, st.integers(0, 4))
def test_fixed_is_the_nearest_with_so_many_decimals(value: float, digits: int) -> None:
    text = cells.number(value, Form.FIXED, digits)
    assert len(text.partition(".")[2]) == digits
    assert abs(Decimal(text.replace("−", "-")) - Decimal(value)) <= Decimal(10) ** -digits / 2


@given(finite)
def test_signed_differs_from_fixed_only_by_the_plus(value: float) -> None:
    signed, fixed = (cells.number(value, form, 1) for form in (Form.SIGNED, Form.FIXED))
    assert signed.removeprefix("+") == fixed
    assert signed.startswith("+") == (read(fixed) > 0)


@given(st.floats(1e-12, 1e12), st.integers(1, 4))
def test_significant_keeps_the_digits_and_no_exponent(value: float, digits: int) -> None:
    text = cells.number(value, Form.SIGNIFICANT, digits)
    assert "e" not in text.lower()
    bound = max(value * 10.0 ** (1 - digits), 1e-300) * 0.5000001
    assert abs(read(text) - value) <= max(bound, 0.5 if value >= 10 ** (digits - 1) else 0)


def test_small_costs_are_written_out_and_large_ones_not_rounded() -> None:
    assert cells.number(0.00032, Form.SIGNIFICANT, 2) == "0.00032"
    assert cells.number(17.58, Form.SIGNIFICANT, 3) == "17.6"
    assert cells.number(12345.6, Form.SIGNIFICANT, 3) == "12,346"


def test_what_is_no_number_is_a_dash() -> None:
    for value in (None, math.nan, math.inf, -math.inf, ""):
        assert cells.number(value, Form.FIXED, 1) == "–"


def test_an_interval_needs_both_ends() -> None:
    column = Column(key="v", title="v", form=Form.FIXED, low="lo", high="hi")
    assert cells.cell(column, {"v": 62.1, "lo": 60.0, "hi": 64.2}) == "62.1 [60.0, 64.2]"
    assert cells.cell(column, {"v": 62.1, "lo": 60.0, "hi": math.nan}) == "62.1"
    assert cells.cell(column, {"v": math.nan}) == "–"


@given(st.text())
def test_plain_text_is_one_line_that_encodes(text: str) -> None:
    plain = cells.plain(text)
    assert plain == cells.plain(plain)
    assert len(plain.splitlines()) <= 1
    assert plain.encode("utf-8").decode() == plain
    assert not any(ord(c) < 32 or ord(c) == 127 for c in plain)
