"""A results store as lines of JSON: to read elsewhere, to send, to merge.

The first line has the version that wrote it. Then follows one line per run and one per outcome,
with measurements and base64-encoded predictions. The last line has the number of outcomes, so that
a truncated file is noticed. NaN and infinities are strings, as JSON does not have them.
"""

from __future__ import annotations

import base64
import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
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
#: Exceptions that a damaged line can raise.
_DAMAGE = (
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
    *(sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError),
)
_FIELDS = ("metric", "value", "unit", "low", "high", "n")


def export(connection: sqlite3.Connection, store: Path, path: Path) -> int:
    """Write the open ``store`` to ``path``, completely or not at all.

    Returns the number of outcomes written. Raises StoreError if ``path`` cannot be written.
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


def merge(
    connection: sqlite3.Connection,
    store: Path,
    path: Path,
    warn: Callable[[str], None] = lambda _text: None,
) -> int:
    """Add the runs and outcomes in ``path`` to the store, all or nothing.

    A successful outcome in the store is kept; a failed one is replaced. Returns the number of
    outcomes added. Warns of a file of the first version, which does not tell whether it is
    complete. Raises StoreError if the file cannot be read, a line is damaged, or the file is
    truncated.
    """
    importing = _Import(connection)
    try:
        with path.open("rb") as file, sqlite.transaction(connection, store):
            for number, line in enumerate(file, 1):
                try:
                    importing.line(number, line)
                except _DAMAGE as error:
                    raise StoreError(
                        f"{path} line {number} is damaged: {one_line(error)}"
                    ) from error
            if not importing.whole:
                raise StoreError(
                    f"{path} is truncated after {importing.outcomes} outcomes; export it again"
                )
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror or error}") from error
    if not importing.ended:
        warn(
            f"{path} is an export of an earlier version, which cannot tell whether it is complete; "
            f"{importing.outcomes} outcomes were read"
        )
    return importing.taken


class _Import:
    """Imports one file into a store, line by line."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._version = 0  #: of the exported store; 0 until the first line is read
        self.ended = False
        self.outcomes = self.taken = 0

    @property
    def whole(self) -> bool:
        """Whether the file is complete; files of version 1 have no last line to tell."""
        return self.ended or self._version == 1

    def line(self, number: int, line: bytes) -> None:
        """Import one line; raises one of `_DAMAGE` if it is damaged."""
        ((kind, record),) = json.loads(line).items()
        if (kind == "store") != (number == 1):
            raise ValueError("the store's version must be on the first line, and only there")
        if self.ended:
            raise ValueError("it follows the last line")
        if kind == "store":
            self._version = _checked_version(record)
        elif kind == "run":
            moment = _timestamp(record["started"])
            row = (_string(record["id"]), moment, rows.as_json(dict(record["env"])))
            self._connection.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?)", row)
        elif kind == "outcome":
            self.outcomes += 1
            self.taken += self._outcome(record)
        elif kind == "end":
            if _integer(record["outcomes"]) != self.outcomes:
                raise ValueError(
                    f"{record['outcomes']} outcomes were written, {self.outcomes} read"
                )
            self.ended = True
        else:
            raise ValueError("neither a run nor an outcome")

    def _outcome(self, record: dict[str, Any]) -> bool:
        job = record["job"]
        _check_job(job)
        job_id = _string(record["job_id"])
        if self._version == 1:
            job_id = migrate.present_id(job_id, job)
        data, error = record["predictions"], record["error"]
        return rows.put(
            self._connection,
            (
                job_id,
                _string(record["run"]),
                str(Status(record["status"])),
                rows.as_json(job | {"measure": str(Measure(job["measure"]))}),
                float(record["seconds"]),
                rows.as_json(dict(record["notes"])),
                None if error is None else _string(error),
                _timestamp(record["finished"]),
            ),
            [_measurement_row(one) for one in record["measurements"]],
            None if data is None else base64.b64decode(data, validate=True),
        )


def _checked_version(record: dict[str, Any]) -> int:
    """The version of the exported store; StoreError if it is later than ours."""
    version = _integer(record["version"])
    if version > sqlite.VERSION:
        raise StoreError(
            f"written by bench {record['bench']!s:.20}; this is {bench.__version__}: upgrade bench"
        )
    return version


def _check_job(job: dict[str, Any]) -> None:
    """Check that a job has everything that a frame needs, with the right types."""
    for name, value in frame.described(job).items():
        match frame.TYPES.get(name):
            case "bool":
                _boolean(value)
            case _ if value is None:
                pass
            case None:
                _string(value)
            case "boolean":
                _boolean(value)
            case "float64":
                _number(value)
            case _:
                _integer(value)
    _integer(job["images"])  # needed to estimate the time left


def _measurement_row(one: dict[str, Any]) -> tuple[Any, ...]:
    return (
        *(_string(one["metric"]), _number(one["value"]), _string(one["unit"])),
        *(_number(one["low"]), _number(one["high"])),
        None if one["n"] is None else _integer(one["n"]),
    )


def _timestamp(text: str) -> str:
    return datetime.fromisoformat(text).isoformat(timespec="milliseconds")


def _records(connection: sqlite3.Connection, store: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """All lines, as of one moment even if a run is writing."""
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


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is not text")
    value.encode()  # a lone surrogate cannot be stored
    return value


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        raise TypeError(f"{value!r} is not a number")
    return None if value is None else float(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r:.40} is neither true nor false")
    return value


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r:.40} is not an integer")
    return value
