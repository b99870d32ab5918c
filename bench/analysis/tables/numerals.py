"""Numbers as people and spreadsheets write them: decimal commas, separators of thousands.

``1,014.45`` and ``30,2`` have one meaning. ``1,234`` has two: other cells decide, or it is refused.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

Flags = npt.NDArray[np.bool_]
#: What separates thousands and is never a decimal mark: blanks, apostrophes.
_BLANKS = " \u00a0\u2009\u202f'\u2019"
_BLANKED = rf"[+-]?\d{{1,3}}(?:[{_BLANKS}]\d{{3}})+(?:[.,]\d+)?"
_SHOWN = 40  # characters of a cell in a complaint
_POWER = r"(?:[eE][+-]?\d+)?"
#: Of each mark: what shows that it marks decimals, and what it may separate thousands in as well.
_CLEAR = {
    ".": rf"[+-]?(?:\d{{1,3}}(?:,\d{{3}}){{2,}}|\d{{1,3}}(?:,\d{{3}})+\.\d*|\d*\.\d*){_POWER}",
    ",": rf"[+-]?(?:\d{{1,3}}(?:\.\d{{3}}){{2,}}|\d{{1,3}}(?:\.\d{{3}})+,\d+|\d*,\d+){_POWER}",
}
_EITHER = {mark: rf"[+-]?[1-9]\d{{0,2}}{re.escape(mark)}\d{{3}}{_POWER}" for mark in ".,"}
_OTHER = {".": ",", ",": "."}
_NAMES = {".": "point", ",": "comma"}


class NotANumberError(ValueError):
    """A cell that is no number, or more than one: ``row`` counts from 0."""

    def __init__(self, row: int, why: str) -> None:
        super().__init__(why)
        self.row = row


def decimal_mark(cells: pd.Series) -> str | None:
    """``.`` or ``,``, whichever the texts show to be before decimals; None if none shows it.

    Raises `NotANumberError` where some show the one and some the other.

    >>> decimal_mark(pd.Series(["1,014.45", "3"])), decimal_mark(pd.Series(["1,234", "2,345"]))
    ('.', None)
    """
    text = _without_blanks(cells)
    first = {mark: row for mark in ".," if (row := _first(_clear(text, mark))) is not None}
    if len(first) < 2:
        return next(iter(first), None)
    (early, late) = sorted(first, key=first.__getitem__)
    raise NotANumberError(
        first[late],
        f"is {_short(cells, first[late])}, with a decimal {_NAMES[late]}, and "
        f"{_short(cells, first[early])} above has a decimal {_NAMES[early]}; write all alike",
    )


def numbers(cells: pd.Series, elsewhere: str | None = None) -> tuple[pd.Series, str]:
    """The texts as floats, NaN where blank (``""``), and what they were taken for.

    The second is "" where Python reads all of them so, else it has an example. ``elsewhere`` is the
    decimal mark of other columns, for those that show none. Raises `NotANumberError`.

    >>> numbers(pd.Series(["1,5", "12,0", ""]))[0].tolist()
    [1.5, 12.0, nan]
    >>> numbers(pd.Series(["5.70", "1,014.45"]))[1]
    "'1,014.45' taken as 1014.45"
    """
    plain = pd.to_numeric(cells.where(cells != ""), errors="coerce").astype("float64")
    blank = (cells == "").to_numpy(bool)
    odd = plain.isna().to_numpy(bool) & ~blank
    text = _without_blanks(cells)
    own = decimal_mark(cells) if odd.any() or elsewhere == "," else "."
    mark = own or elsewhere
    if mark is None:
        _refuse_doubtful(cells, text, ",")
    elif own is None and mark == ",":  # other columns alone speak for decimal commas
        _refuse_doubtful(cells, text, ".")
    found, changed = _by_convention(text, mark or ".")
    found = found.where(odd | changed, plain)
    wrong = _first(~blank & ~np.isfinite(found.to_numpy(float)))
    if wrong is not None:
        raise NotANumberError(wrong, f"is {_short(cells, wrong)}, no finite number")
    changed = changed | (text != cells).to_numpy(bool)
    doubtful = _first(changed & (_matches(text, _EITHER[","]) | _matches(text, _EITHER["."])))
    example = _first(changed) if doubtful is None else doubtful
    if example is None:
        return found, ""
    return found, f"{_short(cells, example)} taken as {found.iloc[example]:.15g}"


def _refuse_doubtful(cells: pd.Series, text: pd.Series, mark: str) -> None:
    """NotANumberError for a cell whose mark may separate thousands or be before three decimals."""
    row = _first(_matches(text, _EITHER[mark]))
    if row is not None:
        cell = str(text.iloc[row])
        thousands, decimals = cell.replace(mark, ""), cell.replace(mark, ".")
        why = f"is {_short(cells, row)}, which may be {thousands} or {decimals}; "
        others = ", as decimals of the other column have commas"
        why += (
            f"write {thousands} or {decimals}"
            if mark == ","
            else (f"write {thousands} or {cell.replace(mark, ',')}{others}")
        )
        raise NotANumberError(row, why)


def _by_convention(text: pd.Series, mark: str) -> tuple[pd.Series, Flags]:
    """The numbers, with this mark before decimals and the other between thousands.

    The second is where that is not as Python reads it.
    """
    other = _OTHER[mark]
    meant = _matches(text, _CLEAR[mark]) | _matches(text, _EITHER[other])
    bare = text.str.replace(other, "", regex=False).str.replace(mark, ".", regex=False)
    python = text.where(~meant, bare)
    changed = (python != text).to_numpy(bool)
    return pd.to_numeric(python, errors="coerce").astype("float64"), changed


def _without_blanks(cells: pd.Series) -> pd.Series:
    blanked = _matches(cells, _BLANKED)
    if not blanked.any():
        return cells
    return cells.where(~blanked, cells.str.replace(rf"[{_BLANKS}]", "", regex=True))


def _clear(text: pd.Series, mark: str) -> Flags:
    """Where the mark is surely before decimals."""
    return _matches(text, _CLEAR[mark]) & ~_matches(text, _EITHER[mark])


def _matches(text: pd.Series, pattern: str) -> Flags:
    return np.asarray(text.str.fullmatch(pattern), dtype=bool)


def _first(found: Flags) -> int | None:
    return int(np.argmax(found)) if found.any() else None


def _short(cells: pd.Series, row: int) -> str:
    cell = str(cells.iloc[row])
    return repr(cell if len(cell) <= _SHOWN else cell[:_SHOWN] + "…")
