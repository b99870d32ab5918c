"""The SQLite file: opening, schema, transactions, and errors in plain words.

WAL lets readers read while a run writes; ``synchronous=FULL`` makes a commit durable before it
returns, so that a finished job is on disk even after a power cut.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bench
from bench.spec.errors import StoreError
from bench.store import disk, migrate

#: Raise this when the tables change; newer files are refused, never misread.
VERSION = 2
_APPLICATION_ID = 0x62656E63  # "benc", to recognise our own files
_PATIENCE = 30.0  # seconds to wait for another process's transaction

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    started TEXT NOT NULL,          -- UTC, ISO 8601
    env TEXT NOT NULL               -- JSON, see bench.run.provenance
);
CREATE TABLE outcomes (
    job_id TEXT PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs (id),
    status TEXT NOT NULL,
    job TEXT NOT NULL,              -- JSON of the whole declaration: reading needs no registry
    seconds REAL NOT NULL,
    notes TEXT NOT NULL,            -- JSON
    error TEXT,
    finished TEXT NOT NULL          -- UTC, ISO 8601
);
CREATE TABLE measurements (
    job_id TEXT NOT NULL REFERENCES outcomes (job_id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    metric TEXT NOT NULL,
    value REAL,                     -- NULL is NaN
    unit TEXT NOT NULL,
    low REAL,
    high REAL,
    n INTEGER,
    PRIMARY KEY (job_id, metric)
);
CREATE TABLE predictions (
    job_id TEXT PRIMARY KEY REFERENCES outcomes (job_id) ON DELETE CASCADE,
    data BLOB NOT NULL
);
"""

#: Messages by the first part of SQLite's error name.
_MEANING = {
    "SQLITE_NOTADB": "is not a results store; give another path",
    "SQLITE_CORRUPT": "is damaged; move it away and run `bench run` again",
    "SQLITE_READONLY": "cannot be written: no permission, or a read-only disk",
    "SQLITE_PERM": "cannot be opened: no permission",
    "SQLITE_AUTH": "cannot be opened: no permission",
    "SQLITE_CANTOPEN": "cannot be opened or created: no permission, or no such folder",
    "SQLITE_BUSY": "is locked by another process; try again when it has finished",
    "SQLITE_LOCKED": "is locked by another process; try again when it has finished",
    "SQLITE_FULL": "cannot grow: the disk is full; free some space and run the same command again, "
    "finished jobs are kept",
    "SQLITE_IOERR": "cannot be read or written: the disk reports an error, or is full",
}


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """Open the results file, creating it and its folder unless ``readonly``.

    Raises StoreError if it is missing (``readonly``), not a results store, of a later version,
    damaged or not accessible.
    """
    if readonly and not path.is_file():
        raise _absent(path)
    if not readonly:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot create folder {path.parent}: {error.strerror}") from error
        if missing := disk.lacks(path.parent):
            raise StoreError(_no(missing, path))
    with as_store_errors(path):
        connection = _open(path, readonly)
        try:
            if not readonly:
                _create(connection, path)
            _check(connection, path)
            if not readonly:
                _bring_up_to_date(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """All or nothing, durable when the block ends; waits for other writers."""
    with as_store_errors(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # after some errors SQLite has rolled back already
                connection.execute("ROLLBACK")
            raise


@contextmanager
def snapshot(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Within it, all reads see the file at one moment, whatever others write."""
    with as_store_errors(path):
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold ``<path>.lock``; StoreError at once if this or another process holds it already.

    It is an SQLite lock on an empty file: it is released when the process ends, however that
    happens, and forked workers do not inherit it.
    """
    lock = path.with_name(path.name + ".lock")
    with as_store_errors(lock):
        connection = sqlite3.connect(lock, timeout=0, isolation_level=None)
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if not _name(error).startswith("SQLITE_BUSY"):
                raise StoreError(_explain(lock, error)) from error
            raise StoreError(
                f"another `bench run` is writing {path}; wait for it, or give another --output"
            ) from error
        yield
    finally:
        connection.close()


@contextmanager
def as_store_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about the file at ``path`` into a StoreError of one line."""
    try:
        yield
    except sqlite3.Error as error:
        if not _name(error):  # a mistake in the code, not the file
            raise
        raise StoreError(_explain(path, error)) from error


def _open(path: Path, readonly: bool) -> sqlite3.Connection:
    uri = path.absolute().as_uri() + ("?mode=ro" if readonly else "")
    missing = disk.lacks(path.parent) if readonly else None
    if missing:
        if _unmerged(path):
            raise StoreError(_no(missing, path))
        return sqlite3.connect(uri + "&immutable=1", uri=True, isolation_level=None)
    connection = sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)
    try:
        if readonly:
            connection.execute("PRAGMA schema_version").fetchone()
        else:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.DatabaseError as error:
        connection.close()
        unreadable = isinstance(error, sqlite3.OperationalError)
        if not (readonly and unreadable) or _unmerged(path):
            raise
        # A WAL database in a folder that cannot be written, so no other process is writing it.
        connection = sqlite3.connect(uri + "&immutable=1", uri=True, isolation_level=None)
    return connection


def _unmerged(path: Path) -> bool:
    """Whether part of the store is in the file beside it, as while a run writes."""
    wal = path.with_name(path.name + "-wal")
    return wal.exists() and wal.stat().st_size > 0


def _create(connection: sqlite3.Connection, path: Path) -> None:
    """Create the tables in an empty file; two processes may try at once."""
    if _pragma(connection, "user_version") or connection.execute(_TABLES).fetchone():
        return
    deadline = time.monotonic() + _PATIENCE
    while True:  # for this lock SQLite does not wait by itself
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    with transaction(connection, path):
        if connection.execute(_TABLES).fetchone():
            return
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('bench', ?)", (bench.__version__,))
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if not connection.execute(_TABLES).fetchone():  # another process is just creating it
        raise _absent(path)
    if _pragma(connection, "application_id") != _APPLICATION_ID:
        raise StoreError(f"{path} is not a results store; give another path")
    version = _pragma(connection, "user_version")
    if version > VERSION:
        try:
            writer = connection.execute("SELECT value FROM meta WHERE key = 'bench'").fetchone()[0]
        except (sqlite3.Error, TypeError):
            writer = "a later version"
        raise StoreError(
            f"{path} was written by bench {writer} (store version {version}); this is bench "
            f"{bench.__version__}, which reads versions up to {VERSION}: upgrade bench"
        )


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Migrate, all or nothing. Only for writing: all versions can be read as they are."""
    if _pragma(connection, "user_version") == VERSION:
        return
    with transaction(connection, path):
        if _pragma(connection, "user_version") == 1:  # no other process was faster
            migrate.from_version_1(connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")


_TABLES = "SELECT 1 FROM sqlite_master LIMIT 1"


def _absent(path: Path) -> StoreError:
    return StoreError(f"no results at {path}; run `bench run SUITE` first")


def _no(missing: str, path: Path) -> str:
    return (
        f"{path.parent} is on a disk without {missing}, as some network disks are: give --output "
        "in a folder of a local disk, or copy the results there to read them"
    )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", None) or ""


def _explain(path: Path, error: sqlite3.Error) -> str:
    kind = "_".join(_name(error).split("_")[:2])  # SQLITE_IOERR_WRITE is an SQLITE_IOERR
    return f"{path} {_MEANING.get(kind, f'cannot be used: {error}')}"
