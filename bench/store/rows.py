"""Rows of the results file: writing the rows of one job, reading rows, values as JSON."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.spec import Status
from bench.store import sqlite

_INSERT_OUTCOME = "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_MEASUREMENT = "INSERT INTO measurements VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


def put(
    connection: sqlite3.Connection,
    outcome: Sequence[Any],
    measurements: Sequence[Sequence[Any]],
    predictions: bytes | None,
) -> bool:
    """Within a transaction: write the rows of one job unless a successful outcome is stored.

    ``outcome`` is a row of the table ``outcomes``, starting with the job's id; each of
    ``measurements`` is metric, value, unit, low, high, n. Returns whether it was written.
    """
    job_id, execute = outcome[0], connection.execute
    before = execute("SELECT status FROM outcomes WHERE job_id = ?", (job_id,)).fetchone()
    if before is not None and before[0] == Status.OK:
        return False
    execute("DELETE FROM outcomes WHERE job_id = ?", (job_id,))
    execute(_INSERT_OUTCOME, outcome)
    numbered = [(job_id, position, *row) for position, row in enumerate(measurements)]
    connection.executemany(_INSERT_MEASUREMENT, numbered)
    if predictions is not None:
        execute("INSERT INTO predictions VALUES (?, ?)", (job_id, predictions))
    return True


def select(
    connection: sqlite3.Connection, path: Path, query: str, *values: Any
) -> Iterator[tuple[Any, ...]]:
    """Rows of a query; StoreError if the file at ``path`` is damaged or locked."""
    with sqlite.as_store_errors(path):
        yield from connection.execute(query, values)


def runs(connection: sqlite3.Connection, path: Path) -> list[dict[str, Any]]:
    """All runs, oldest first: ``id``, ``started``, ``env``."""
    query = "SELECT id, started, env FROM runs ORDER BY started, id"
    found = select(connection, path, query)
    return [{"id": name, "started": at, "env": json.loads(env)} for name, at, env in found]


def as_json(value: Any) -> str:
    """Strict JSON: values that JSON does not have, such as NaN and infinity, become strings."""
    return json.dumps(_plain(value), default=str, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
