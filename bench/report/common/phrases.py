"""How differences, intervals and p-values are written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from bench.blocks import Form
from bench.blocks.cells import number


def points(value: float) -> str:
    """A signed number of points.

    >>> points(1.234)
    '+1.23'
    """
    return number(value, Form.SIGNED, 2)


def ends(row: Mapping[str, Any], name: str) -> str:
    """The interval of ``name`` in brackets.

    >>> ends({"gap_low": 0.5, "gap_high": 1.0}, "gap")
    '[+0.50, +1.00]'
    """
    return f"[{points(row[f'{name}_low'])}, {points(row[f'{name}_high'])}]"


def p_value(p: float | None) -> str:
    """A p-value in words.

    >>> p_value(0.0312), p_value(1e-9)
    ('= 0.031', '< 0.001')
    """
    if p is None or not math.isfinite(p):
        return number(p, Form.FIXED, 3)
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def p_cell(p: Any) -> str:
    """A p-value for a table's cell.

    >>> p_cell(0.0312), p_cell(None)
    ('0.031', '–')
    """
    return p_value(p).removeprefix("= ")


def in_words(items: Sequence[str]) -> str:
    """A list of at least one thing.

    >>> in_words(["a", "b", "c"]), in_words(["a"])
    ('a, b and c', 'a')
    """
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else items[0]
