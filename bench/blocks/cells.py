"""Values as text: the one place where a number gets its digits. Formatting only, no arithmetic."""

from __future__ import annotations

import math
import unicodedata
from decimal import Decimal

from bench.blocks.blocks import Cell, Column, Form, Row

MISSING = "–"
_UNSAFE = frozenset({"Cc", "Cf", "Cs"})  # control, formatting (bidi overrides), lone surrogates


def plain(text: str) -> str:
    r"""One line of text that no terminal, parser or encoder trips over.

    >>> plain("two\nlines"), plain("\x1b[31mred")
    ('two lines', '�[31mred')
    """
    spaced = " ".join(text.split())
    return "".join("\ufffd" if unicodedata.category(c) in _UNSAFE else c for c in spaced)


def is_number(value: Cell) -> bool:
    """Whether the value is a finite number."""
    return not isinstance(value, str) and value is not None and math.isfinite(value)


def number(value: Cell, form: Form, digits: int) -> str:
    """One value; NaN, infinity and None are a dash.

    >>> number(62.149, Form.FIXED, 1), number(-0.04, Form.SIGNED, 1), number(2.5, Form.SIGNED, 1)
    ('62.1', '0.0', '+2.5')
    >>> [number(v, Form.SIGNIFICANT, 2) for v in (0.00032, 0.0003, 4.46, 1234.5)]
    ['0.00032', '0.00030', '4.5', '1,234']
    >>> number(float("nan"), Form.FIXED, 1)
    '–'
    """
    if value is None or (not isinstance(value, str) and not math.isfinite(value)):
        return MISSING
    if isinstance(value, str):
        return plain(value) or MISSING
    if form is Form.TEXT:
        return str(value)
    if form is Form.SIGNIFICANT:
        text = _significant(value, digits)
    else:
        text = f"{value:{'+' if form is Form.SIGNED else ''}.{digits}f}"
    if not any(c in "123456789" for c in text):
        text = text.lstrip("+-")  # a rounded zero has no sign
    return text.replace("-", "−")


def _significant(value: float, digits: int) -> str:
    """Digits that matter, written out: whole numbers are never rounded to tens.

    >>> _significant(0.0000123, 2), _significant(99.96, 3)
    ('0.000012', '100')
    """
    rounded = Decimal(f"{value:.{digits - 1}e}")
    if rounded.adjusted() >= digits - 1:
        return f"{value:,.0f}"
    return f"{rounded:f}"


def value(column: Column, row: Row) -> str:
    """The cell without its interval or mark."""
    return number(row.get(column.key), column.form, column.digits)


def interval(column: Column, row: Row) -> str:
    """``[60.0, 64.2]``, or nothing where none is known."""
    if column.low is None or column.high is None:
        return ""
    low, high = row.get(column.low), row.get(column.high)
    if not (is_number(low) and is_number(high)):
        return ""
    return (
        f"[{number(low, column.form, column.digits)}, {number(high, column.form, column.digits)}]"
    )


def mark(column: Column, row: Row) -> str:
    """The dagger of the cell, or nothing."""
    return plain(str(row.get(column.mark) or "")) if column.mark else ""


def cell(column: Column, row: Row) -> str:
    """All of the cell on one line: value, mark, interval.

    >>> top1 = Column(key="val", title="val", form=Form.FIXED, low="lo", high="hi", mark="m")
    >>> cell(top1, {"val": 62.11, "lo": 60.02, "hi": 64.2, "m": "†"})
    '62.1† [60.0, 64.2]'
    """
    around = interval(column, row)
    return value(column, row) + mark(column, row) + (f" {around}" if around else "")


def heading(column: Column, *, group: bool = False) -> str:
    """The title, with the group before it and the unit after it where wanted.

    >>> heading(Column(key="gmacs", title="MACs", unit="G", group="Cost"), group=True)
    'Cost: MACs (G)'
    """
    title = plain(column.title) + (f" ({plain(column.unit)})" if column.unit else "")
    return f"{plain(column.group)}: {title}" if group and column.group else title
