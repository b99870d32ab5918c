"""A user's table from the bytes of a file, whatever a spreadsheet or a script wrote it with.

Cells stay text. Commas, semicolons, tabs and bars separate; which one is seen from the header and
the rows. What cannot be read raises `ValueError`, one line with what is wrong and where.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from bench.spec.errors import visible

_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SHOWN = 40  # characters of a line in a complaint
_SEP = re.compile(r"sep=(.)", re.IGNORECASE)  # a first line that spreadsheets write and obey
_NUMBER = re.compile(r"[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class _Row:
    line: int  #: of the file, from 1
    cells: list[str]
    hashed: bool  #: its line begins with ``#``, outside of quotes


def table(data: bytes) -> tuple[pd.DataFrame, tuple[str, ...]]:
    r"""The table, every cell text, and how it was read where that is not as a plain CSV.

    Names of columns are stripped; one without name is ``Unnamed: <position>``. Cells that a short
    row lacks are "". Lines that begin with ``#`` are comments. Blank lines are left out.

    >>> table(b"# from a sheet\na;b\n1,5;x\n")[0].to_dict("records")
    [{'a': '1,5', 'b': 'x'}]
    """
    lines = list(io.StringIO(_text(data), newline=""))
    start = 0
    while start < len(lines) and not lines[start].strip():
        start += 1
    told = _SEP.fullmatch(lines[start].strip("\r\n")) if start < len(lines) else None
    start += told is not None
    separator, rows = _separated(lines, start, told[1] if told else None)
    header, body, notes = _header(rows)
    body, dropped = _without_comments(body, len(header.cells))
    width = len(header.cells)
    for row in body:
        if len(row.cells) > width:
            raise ValueError(
                f"line {row.line} has {len(row.cells)} cells and the header has {width} (separated "
                f"by {_NAMES.get(separator, repr(separator))}); quote cells that hold a separator"
            )
    if short := [row.line for row in body if len(row.cells) < width]:
        rows_end = "1 row ends" if len(short) == 1 else f"{len(short)} rows end"
        notes.append(f"{rows_end} early, line {short[0]} first: cells that lack are blank")
    if dropped:
        notes.append(f"{dropped} comment {'line' if dropped == 1 else 'lines'} among the rows")
    names = [name.strip() or f"Unnamed: {i}" for i, name in enumerate(header.cells)]
    cells = [row.cells + [""] * (width - len(row.cells)) for row in body]
    return pd.DataFrame(cells, columns=names, dtype=str), tuple(notes)


def _text(data: bytes) -> str:
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        if wide:
            raise ValueError("it begins as UTF-16 and is not; save it as UTF-8") from None
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        raise ValueError(
            f"line {line} is no UTF-8 text (byte 0x{byte:02x}); save it as UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValueError(f"line {line} has a NUL character: it is no text file")
    return text


def _separated(lines: list[str], start: int, told: str | None) -> tuple[str, list[_Row]]:
    """The separator that fits header and rows best, and what it makes of them."""
    head = next((line for line in lines[start:] if line.strip() and not _comment(line)), None)
    if head is None:
        raise ValueError("it has no header: there is nothing in it but blanks or comments")
    found: dict[str, list[_Row]] = {}
    failed: list[str] = []
    for separator in [told] if told else [s for s in _NAMES if s in head]:
        try:
            found[separator] = list(_rows(lines, start, separator))
        except csv.Error as error:
            failed.append(str(error))
    if not found:
        if failed:
            raise ValueError(failed[0])
        head = head.strip()
        head = head if len(head) <= _SHOWN else head[:_SHOWN] + "…"
        raise ValueError(f"its header {head!r} has no comma, semicolon, tab or bar between columns")
    misfit = {separator: _misfit(rows) for separator, rows in found.items()}
    best = [separator for separator in found if misfit[separator] == min(misfit.values())]
    if len(best) > 1:
        names = " and ".join(_NAMES[separator] for separator in best)
        raise ValueError(f"its header and rows can be split at {names}; quote cells that hold them")
    return best[0], found[best[0]]


def _misfit(rows: list[_Row]) -> int:
    """0 if all rows are as long as the header, 1 if some are shorter, 2 otherwise."""
    widths = [len(row.cells) for row in rows if not row.hashed]
    if not widths or widths[0] < 2:
        return 3
    return 2 if max(widths) > widths[0] else int(min(widths) < widths[0])


def _rows(lines: Sequence[str], start: int, separator: str) -> Iterator[_Row]:
    """Rows of cells; a comment is one line, whatever quotes it has."""
    at = start
    while at < len(lines):
        line = lines[at]
        hashed = _comment(line)
        last = at + 1 if hashed or '"' not in line else len(lines)
        source = (lines[i] for i in range(at, last))
        reader = csv.reader(source, delimiter=separator, strict=not hashed)
        if line.strip("\r\n"):
            try:
                yield _Row(at + 1, next(reader), hashed)
            except csv.Error as error:
                raise csv.Error(
                    f"line {at + 1}: {visible(str(error))}; see to its quotes"
                ) from None
        at += max(1, reader.line_num)


def _comment(line: str) -> bool:
    """A line that begins with ``#``, but not a header whose first column is called so."""
    return line.startswith("#") and not re.match(r"#\s*[,;\t|]", line)


def _header(rows: list[_Row]) -> tuple[_Row, list[_Row], list[str]]:
    """The header and what is below; ``# a,b`` above rows of numbers is one, as numpy writes it."""
    above = 0
    while above < len(rows) and rows[above].hashed:
        above += 1
    notes: list[str] = []
    if above and len(rows[above].cells) > 1:
        said, first = rows[above - 1], rows[above]
        cells = [said.cells[0].lstrip("#").strip(), *said.cells[1:]]
        if len(cells) == len(first.cells) and _numeric(first.cells) and not _numeric(cells):
            notes.append(f"the comment of line {said.line} taken as the header")
            return _Row(said.line, cells, False), rows[above:], notes
    if above:
        notes.append(f"{above} comment {'line' if above == 1 else 'lines'} above the header")
    return rows[above], rows[above + 1 :], notes


def _numeric(cells: list[str]) -> bool:
    return any(_NUMBER.fullmatch(cell.strip()) for cell in cells)


def _without_comments(body: list[_Row], width: int) -> tuple[list[_Row], int]:
    """The rows, and how many comments were among them; where all begin with # they are data."""
    if body and all(row.hashed and len(row.cells) == width for row in body):
        return body, 0
    kept = [row for row in body if not row.hashed]
    if like := [row.line for row in body if row.hashed and len(row.cells) == width]:
        raise ValueError(
            f"line {like[0]} begins with # and has as many cells as a row: delete it, or quote its "
            "first cell if it is no comment"
        )
    return kept, len(body) - len(kept)
