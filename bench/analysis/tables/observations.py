"""Points of any table made ready for fitting: checked, in one unit, by group.

Every complaint is one line that names the row, what is wrong with it and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.tables import numerals
from bench.analysis.tables.axes import Quantity, Unit

#: How files write that a number is missing. In a column of names these are names.
_NO_NUMBER = frozenset({"", "na", "n/a", "#n/a", "<na>", "nan", "null", "none"})


@dataclass(frozen=True)
class Observations:
    """Points to fit: ``table`` has columns ``group x y``, and ``data`` where that was asked for.

    y is an error rate in 0..1, or a loss as given. ``missing`` counts, for each group, the rows
    that lack x or y; ``notes`` say how the columns were read.
    """

    table: pd.DataFrame
    x: str
    y: str
    quantity: Quantity
    missing: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def factor(self) -> float:
        """What gives back percent; 1 for a loss, which has no unit."""
        return 1.0 if self.quantity is Quantity.LOSS else 100.0

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups in the order of the table, those without a usable row included."""
        return tuple(self.missing)


def observations(
    frame: pd.DataFrame,
    x: str,
    y: str,
    by: Sequence[str] = (),
    *,
    quantity: Quantity = Quantity.ERROR,
    unit: Unit | None = None,
    data: str | None = None,
) -> Observations:
    """Read columns ``x`` and ``y`` of ``frame``, a group for each value of the columns ``by``.

    ``data`` is a column that belongs to x, as the amount of data to a size; it is read as x is.

    Cells may be text, of numbers as `numerals` reads them. In ``x`` and ``y`` an empty cell is
    blank, and so is a word such as NA or null, which in ``by`` is a name; blanks are counted and
    left out. Errors and accuracies may be percent or fractions: without ``unit``, percent if any
    is above 1. Anything else that no law can have raises `ValueError`: a column that is absent or
    there twice, text, x not > 0, an error rate not strictly between 0 and 1, a loss not > 0, or no
    row at all.

    >>> o = observations(pd.DataFrame({"g": ["1", "2"], "top1": ["80", "85"]}), "g", "top1",
    ...                  quantity=Quantity.ACCURACY)
    >>> o.table["y"].round(3).tolist(), o.notes
    ([0.2, 0.15], ("top1 taken as accuracy in percent, as it reaches 85; error is what's fitted",))
    """
    scales = [x] if data is None else [x, data]
    for name in (*scales, y, *by):
        _require(frame, name)
    if x == y:
        raise ValueError(f"x and y are one column, {x!r}")
    if data in (x, y):
        raise ValueError(f"{data!r} is given twice; size, data and y are three columns")
    if frame.empty:
        raise ValueError("the table has no rows")
    (xs, *others, ys), read = _numbers([frame[name] for name in (*scales, y)])
    if quantity is Quantity.LOSS and unit is not None:
        raise ValueError("a loss has no unit of percent or fraction")
    _refuse(xs, xs <= 0, x, "a log scale takes values above 0")
    ys, note = _errors(ys, y, quantity, unit)
    group = _labels(frame, by)
    columns = {"group": group, "x": xs, "y": ys}
    known = xs.notna() & ys.notna()
    if data is not None:
        columns["data"] = amounts = others[0]
        _refuse(amounts, amounts <= 0, data, "a log scale takes values above 0")
        known &= amounts.notna()
    if not known.any():
        raise ValueError(f"no row has both {x} and {y}")
    missing = (~known).groupby(group, sort=False).sum()
    table = pd.DataFrame(columns)[known].reset_index(drop=True)
    counts = {str(name): int(n) for name, n in missing.items()}
    return Observations(table, x, y, quantity, counts, (note, *read))


def select(frame: pd.DataFrame, conditions: Mapping[str, str]) -> pd.DataFrame:
    """Rows whose cells, as text, equal the ``conditions``; `ValueError` if none are left.

    >>> select(pd.DataFrame({"a": ["1", "2"], "b": ["x", "y"]}), {"a": "2"})["b"].tolist()
    ['y']
    """
    for name, wanted in conditions.items():
        _require(frame, name)
        cells = frame[name].astype("string").str.strip()
        kept = frame[(cells == wanted).fillna(False).astype(bool)]
        if kept.empty:
            known = [cell for cell in cells.dropna().unique() if cell]
            there = ", ".join(repr(cell) for cell in known[:5])
            raise ValueError(f"no row has {name} = {wanted!r}; there are {there or 'only blanks'}")
        frame = kept
    return frame


def _absent(name: str, columns: list[str]) -> str:
    by_case = {column.lower(): column for column in columns}
    near = get_close_matches(name.lower(), by_case, n=1, cutoff=0.5)
    hint = f", did you mean {by_case[near[0]]!r}?" if near else ";"
    there = ", ".join(columns[:12]) + (" …" if len(columns) > 12 else "")
    return f"no column {name!r}{hint} there are: {there}"


def _require(frame: pd.DataFrame, name: str) -> None:
    """ValueError unless there is one column of this name."""
    columns = [str(column) for column in frame.columns]
    if name not in columns:
        raise ValueError(_absent(name, columns))
    if columns.count(name) > 1:
        at = [str(i) for i, column in enumerate(columns, 1) if column == name]
        places = ", ".join(at[:-1]) + f" and {at[-1]}"
        times = "twice" if len(at) == 2 else f"{len(at)} times"
        raise ValueError(
            f"column {name!r} is there {times}, as columns {places}; rename all but one"
        )


def _numbers(columns: Sequence[pd.Series]) -> tuple[list[pd.Series], tuple[str, ...]]:
    """Columns as floats, blanks NaN, and how cells were read that were no plain numbers."""
    texts = [_numerals(column) for column in columns]
    pairs = list(zip(columns, texts, strict=True))
    marks = [_of(column, numerals.decimal_mark, text) for column, text in pairs]
    shown = {mark for mark in marks if mark}
    elsewhere = shown.pop() if len(shown) == 1 else None  # a column's own mark goes first
    found, notes = [], []
    for column, text in pairs:
        numbers, said = _of(column, numerals.numbers, text, elsewhere)
        found.append(numbers)
        notes += [f"{column.name}: {said}"] if said else []
    return found, tuple(notes)


def _numerals(column: pd.Series) -> pd.Series:
    """Stripped texts; "" where a number is blank."""
    text = column.astype("string").str.strip().fillna("")
    return text.where(~text.str.lower().isin(_NO_NUMBER), "")


def _of(column: pd.Series, read: Callable[..., Any], *given: Any) -> Any:
    """What ``read`` makes of it; where it cannot, a complaint that names the row and the column."""
    try:
        return read(*given)
    except numerals.NotANumberError as error:
        place = _place(column, error.row)
        raise ValueError(f"{place}: {column.name} {error}") from error


def _place(values: pd.Series, row: int) -> str:
    """Where a row was in the table before any were left out; the first below the header is 1."""
    label = values.index[row]
    return f"data row {label + 1}" if isinstance(label, int | np.integer) else f"row {label}"


def _refuse(values: pd.Series, bad: pd.Series, name: str, why: str) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad.to_numpy(bool))[0])
        more = int(bad.sum()) - 1
        others = f" and {more} more" if more else ""
        raise ValueError(f"{_place(values, row)}{others}: {name} is {values.iloc[row]:g}; {why}")


def _errors(
    given: pd.Series, name: str, quantity: Quantity, unit: Unit | None
) -> tuple[pd.Series, str]:
    """Error rates in 0..1, or losses, and how the column was read."""
    if quantity is Quantity.LOSS:
        _refuse(given, given <= 0, name, "a loss is fitted on a log scale, above 0")
        return given, f"{name} taken as a loss"
    top = float(given.max()) if given.notna().any() else 0.0
    read = unit or (Unit.PERCENT if top > 1 else Unit.FRACTION)
    why = "as said"
    if unit is None:
        why = f"as it reaches {top:g}" if read is Unit.PERCENT else "as none is above 1"
    most = 100 if read is Unit.PERCENT else 1
    mark = " %" if read is Unit.PERCENT else ""
    allowed = f"between 0 and {most}{mark}, both excluded"
    bad = (given <= 0) | (given >= most)
    _refuse(
        given,
        bad,
        name,
        f"{quantity} as a {read} lies {allowed}"
        if most == 1
        else f"{quantity} in {read} lies {allowed}",
    )
    rates = given / most
    if quantity is Quantity.ERROR:
        return rates, f"{name} taken as error in {_said(read)}, {why}"
    return 1 - rates, f"{name} taken as accuracy in {_said(read)}, {why}; error is what's fitted"


def _said(unit: Unit) -> str:
    return "percent" if unit is Unit.PERCENT else "fractions"


def _labels(frame: pd.DataFrame, by: Sequence[str]) -> pd.Series:
    """One name a row, the values of ``by`` with commas between; only an empty cell is blank."""
    if not by:
        return pd.Series("all", index=frame.index)
    cells = [
        frame[name].astype("string").str.strip().fillna("").replace("", "(blank)") for name in by
    ]
    joined = cells[0]
    for column in cells[1:]:
        joined = joined + ", " + column
    return joined.astype(object)
