"""A results store as lines of JSON: to read elsewhere, to send, to merge.

The first line says which version wrote it; then one line a run and one an outcome, with its
measurements and its predictions in base64. NaN and infinities are strings: JSON has none.
"""

from __future__ import annotations

import base64
import contextlib
import json
import math
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bench
from bench.spec import Measure, Status
from bench.spec.errors import StoreError
from bench.store import frame, sqlite

if TYPE_CHECKING:
    from bench.store import Store

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


def export(store: Store, path: Path) -> int:
    """Write the store to ``path``, which appears whole or not at all; returns outcomes written.

    Raises StoreError if it cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    outcomes = 0
    try:
        with partial.open("w", encoding="utf-8") as file:
            for kind, record in _records(store):
                outcomes += kind == "outcome"
                file.write(as_json({kind: record}) + "\n")
        partial.replace(path)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return outcomes


def merge(store: Store, path: Path) -> int:
    """Add the runs and outcomes of ``path`` to the store, all or nothing.

    A job that the store has a good outcome of keeps it; a failed one is replaced. Returns the
    number of outcomes taken. Raises StoreError if the file cannot be read or a line is damaged.
    """
    taken = 0
    try:
        with path.open("rb") as file, sqlite.transaction(store.connection, store.path):
            for number, line in enumerate(file, 1):
                try:
                    taken += _merge_line(store, number, line)
                except _DAMAGE as error:
                    reason = " ".join(f"{type(error).__name__}: {error}".split())
                    raise StoreError(f"{path} line {number} is damaged: {reason}") from error
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror or error}") from error
    return taken


def as_json(value: Any) -> str:
    """Strict JSON: what it has no word for, NaN and infinity included, becomes a string."""
    return json.dumps(_plain(value), default=str, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _records(store: Store) -> Iterator[tuple[str, dict[str, Any]]]:
    """All lines, as of one moment even while a run goes on."""
    with sqlite.snapshot(store.connection, store.path):
        yield "store", {"version": sqlite.VERSION, "bench": bench.__version__}
        for run in store.runs():
            yield "run", run
        for row in store.rows(_SELECT_OUTCOMES):
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
                        for measured in store.rows(_SELECT_MEASUREMENTS, job_id)
                    ],
                    "predictions": None if data is None else base64.b64encode(data).decode(),
                },
            )


def _merge_line(store: Store, number: int, line: bytes) -> bool:
    """Whether a line brought an outcome; anything of `_DAMAGE` if it is not one of ours."""
    ((kind, record),) = json.loads(line).items()
    if (kind == "store") != (number == 1):
        raise ValueError("the first line, and no other, names the store's version")
    if kind == "store":
        if _whole(record["version"]) > sqlite.VERSION:
            raise StoreError(
                f"written by bench {record['bench']!s:.20}; this is {bench.__version__}: upgrade"
            )
        return False
    if kind == "run":
        moment = datetime.fromisoformat(record["started"]).isoformat(timespec="milliseconds")
        row = (_text(record["id"]), moment, as_json(dict(record["env"])))
        store.connection.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?)", row)
        return False
    if kind != "outcome":
        raise ValueError("neither a run nor an outcome")
    return _merge_outcome(store, record)


def _merge_outcome(store: Store, record: dict[str, Any]) -> bool:
    job = record["job"]
    for name, value in frame.described(job).items():
        match frame.TYPES.get(name):
            case "bool":
                _flag(value)
            case _ if value is None:
                pass
            case None:
                _text(value)
            case "float64":
                _real(value)
            case _:
                _whole(value)
    _whole(job["images"])  # an estimate of the time left reads it
    data = record["predictions"]
    moment = datetime.fromisoformat(record["finished"]).isoformat(timespec="milliseconds")
    error = record["error"]
    return store.put(
        (
            *(_text(record["job_id"]), _text(record["run"]), str(Status(record["status"]))),
            *(as_json(job | {"measure": str(Measure(job["measure"]))}), float(record["seconds"])),
            *(as_json(dict(record["notes"])), None if error is None else _text(error), moment),
        ),
        [
            (
                *(_text(m["metric"]), _real(m["value"]), _text(m["unit"])),
                *(_real(m["low"]), _real(m["high"]), None if m["n"] is None else _whole(m["n"])),
            )
            for m in record["measurements"]
        ],
        None if data is None else base64.b64decode(data, validate=True),
    )


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
