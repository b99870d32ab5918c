"""How paired comparisons are written: p-values, intervals, sets in their order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from bench.analysis.tables.axes import ROLES
from bench.blocks import Column, Form
from bench.blocks.cells import number
from bench.report.common.shared import TITLES

#: Size of the tests that decide on words such as "better" and "tied".
ALPHA = 0.05
P_HOLM = Column(key="p_holm", title="p, Holm", form=Form.FIXED, digits=3)


def ordered(names: Sequence[str]) -> list[str]:
    """Roles in their order, then sets by name."""
    known = [role for role in ROLES if role in names]
    return [*known, *sorted(set(names) - set(known))]


def title(role: object) -> str:
    """What readers call a set."""
    return TITLES.get(str(role), str(role))


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


def interval(key: str, title: str, *, form: Form = Form.SIGNED, **more: Any) -> Column:
    """A column whose cells have an interval."""
    return Column(key=key, title=title, form=form, low=f"{key}_low", high=f"{key}_high", **more)


def p_cell(p: Any) -> str:
    """A p-value for a table's cell.

    >>> p_cell(0.0312), p_cell(None)
    ('0.031', '–')
    """
    return p_value(p).removeprefix("= ")


def detectable(about: str) -> Column:
    """The least difference that a test finds 4 times in 5."""
    return Column(
        key="detectable", title="Detectable", unit="points", form=Form.FIXED, digits=2, about=about
    )


def consistency(about: str) -> Column:
    """Cohen's kappa of being right."""
    return Column(key="kappa", title="Error consistency", form=Form.FIXED, digits=2, about=about)
