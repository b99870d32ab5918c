"""A results store as lines of JSON: to read elsewhere, to send, to merge.

The first line says which version wrote it; then one line a run and one an outcome, with its
measurements and its predictions in base64; the last says how many outcomes there are, so that a
file that was cut is noticed. NaN and infinities are strings: JSON has none.
"""

from __future__ import annotations

import base64
import contextlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import bench
from bench.spec import Measure, Status
from bench.spec.errors import StoreError, one_line
from bench.store import frame, migrate, rows, sqlite

_SELECT_OUTCOMES = """
SELECT job_id, run_id, status, job, seconds, notes, error, finished, data
FROM outcomes LEFT JOIN predictions USING (job_id) ORDER BY outcomes.rowid
"""
_SELECT_MEASUREMENTS = """
SELECT metric, value, unit, low, high, n FROM measurements WHERE job_id = ? ORDER BY position
"""
#: What reading a line that is not ours can raise.
_DAMAGE = (
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
    *(sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError),
)
_FIELDS = ("metric", "value", "unit", "low", "high", "n")


def export(connection: sqlite3.Connection, store: Path, path: Path) -> int:
    """Write the open ``store`` to ``path``, which appears whole or not at all.

    Returns how many outcomes were written. Raises StoreError if it cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    outcomes = 0
    try:
        with partial.open("w", encoding="utf-8") as file:
            for kind, record in _records(connection, store):
                outcomes += kind == "outcome"
                file.write(rows.as_json({kind: record}) + "\n")
        partial.replace(path)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return outcomes


def merge(connection: sqlite3.Connection, store: Path, path: Path) -> int:
    """Add the runs and outcomes of ``path`` to the store, all or nothing.

    A job that the store has a good outcome of keeps it; a failed one is replaced. Returns the
    number of outcomes taken. Raises StoreError if the file cannot be read, a line is damaged, or
    lines are missing at its end.
    """
    merging = _Merging(connection)
    try:
        with path.open("rb") as file, sqlite.transaction(connection, store):
            for number, line in enumerate(file, 1):
                try:
                    merging.line(number, line)
                except _DAMAGE as error:
                    raise StoreError(
                        f"{path} line {number} is damaged: {one_line(error)}"
                    ) from error
            if not merging.whole:
                raise StoreError(
                    f"{path} is cut: {merging.outcomes} outcomes and no end; export it again"
                )
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror or error}") from error
    return merging.taken


class _Merging:
    """One file on its way into a store, line by line."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._version = 0  #: of the store that was exported; 0 before it is known
        self._ended = False
        self.outcomes = self.taken = 0

    @property
    def whole(self) -> bool:
        """Whether nothing is missing, as far as the file can tell: the first version had no end."""
        return self._ended or self._version == 1

    def line(self, number: int, line: bytes) -> None:
        """Take one line; anything of `_DAMAGE` if it is not one of ours."""
        ((kind, record),) = json.loads(line).items()
        if (kind == "store") != (number == 1):
            raise ValueError("the first line, and no other, names the store's version")
        if self._ended:
            raise ValueError("it comes after the end")
        if kind == "store":
            self._version = _readable(record)
        elif kind == "run":
            moment = _moment(record["started"])
            row = (_text(record["id"]), moment, rows.as_json(dict(record["env"])))
            self._connection.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?)", row)
        elif kind == "outcome":
            self.outcomes += 1
            self.taken += self._outcome(record)
        elif kind == "end":
            if _whole(record["outcomes"]) != self.outcomes:
                raise ValueError(
                    f"{record['outcomes']} outcomes were written, {self.outcomes} read"
                )
            self._ended = True
        else:
            raise ValueError("neither a run nor an outcome")

    def _outcome(self, record: dict[str, Any]) -> bool:
        job = record["job"]
        _check(job)
        job_id = _text(record["job_id"])
        if self._version == 1:
            job_id = migrate.present_id(job_id, job)
        data, error = record["predictions"], record["error"]
        return rows.put(
            self._connection,
            (
                job_id,
                _text(record["run"]),
                str(Status(record["status"])),
                rows.as_json(job | {"measure": str(Measure(job["measure"]))}),
                float(record["seconds"]),
                rows.as_json(dict(record["notes"])),
                None if error is None else _text(error),
                _moment(record["finished"]),
            ),
            [_measured(one) for one in record["measurements"]],
            None if data is None else base64.b64decode(data, validate=True),
        )


def _readable(record: dict[str, Any]) -> int:
    """The version that wrote it; StoreError for a later one."""
    version = _whole(record["version"])
    if version > sqlite.VERSION:
        raise StoreError(
            f"written by bench {record['bench']!s:.20}; this is {bench.__version__}: upgrade"
        )
    return version


def _check(job: dict[str, Any]) -> None:
    """That a job has what a frame is made of, each of its kind."""
    for name, value in frame.described(job).items():
        match frame.TYPES.get(name):
            case "bool":
                _flag(value)
            case _ if value is None:
                pass
            case None:
                _text(value)
            case "boolean":
                _flag(value)
            case "float64":
                _real(value)
            case _:
                _whole(value)
    _whole(job["images"])  # an estimate of the time left reads it


def _measured(one: dict[str, Any]) -> tuple[Any, ...]:
    return (
        *(_text(one["metric"]), _real(one["value"]), _text(one["unit"])),
        *(_real(one["low"]), _real(one["high"])),
        None if one["n"] is None else _whole(one["n"]),
    )


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).isoformat(timespec="milliseconds")


def _records(connection: sqlite3.Connection, store: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """All lines, as of one moment even while a run goes on."""
    with sqlite.snapshot(connection, store):
        yield "store", {"version": sqlite.VERSION, "bench": bench.__version__}
        for run in rows.runs(connection, store):
            yield "run", run
        outcomes = 0
        for row in rows.select(connection, store, _SELECT_OUTCOMES):
            outcomes += 1
            job_id, run_id, status, job, seconds, notes, error, finished, data = row
            yield (
                "outcome",
                {
                    "job_id": job_id,
                    "run": run_id,
                    "status": status,
                    "job": json.loads(job),
                    "seconds": seconds,
                    "notes": json.loads(notes),
                    "error": error,
                    "finished": finished,
                    "measurements": [
                        dict(zip(_FIELDS, measured, strict=True))
                        for measured in rows.select(connection, store, _SELECT_MEASUREMENTS, job_id)
                    ],
                    "predictions": None if data is None else base64.b64encode(data).decode(),
                },
            )
        yield "end", {"outcomes": outcomes}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    value.encode()  # a lone surrogate cannot be stored
    return value


def _real(value: Any) -> float | None:
    if isinstance(value, bool):
        raise TypeError(f"{value!r} is no number")
    return None if value is None else float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r:.40} is neither true nor false")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r:.40} is no whole number")
    return value
