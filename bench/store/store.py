"""Results on disk: one SQLite file to which each finished job is appended durably, at once.

A successful job is stored once and never replaced; a failed one is replaced by the next attempt.
Each row has its whole declaration, so a file can be read without the models in it being declared.
Readers and a second writer are safe at any time; a second *run* on the same file is refused, as
it would measure the same jobs and disturb the first one's timings.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from bench.spec import Job, Outcome, Status, to_json
from bench.store import frame, rows, sqlite, transfer
from bench.store.durations import JobDuration
from bench.store.rows import as_json

if TYPE_CHECKING:
    import pandas as pd

FILE_NAME = "results.db"


class Store:
    """The results at ``path``: a file ``*.db``, or a folder that holds ``results.db``.

    Created if missing, unless ``readonly``. Use it as a context manager, or close it.

    All methods raise StoreError if the file cannot be opened, read or written.
    """

    def __init__(self, path: str | Path, *, readonly: bool = False) -> None:
        self.path = _file(path)
        self.connection = sqlite.connect(self.path, readonly=readonly)

    @staticmethod
    def exists(path: str | Path) -> bool:
        """Whether there are results at ``path``, a file or folder as for `Store`."""
        return _file(path).is_file()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing is lost if you forget."""
        self.connection.close()

    def driver(self) -> AbstractContextManager[None]:
        """Lock held by the one run that writes here; StoreError if another run holds it."""
        return sqlite.exclusive(self.path)

    def begin_run(self, env: Mapping[str, Any]) -> str:
        """Record a run and its provenance, `bench.run.provenance.snapshot`; returns its id."""
        now = datetime.now(UTC)
        run_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"  # sorts by time
        with sqlite.transaction(self.connection, self.path):
            row = (run_id, _iso(now), as_json(env))
            self.connection.execute("INSERT INTO runs VALUES (?, ?, ?)", row)
        return run_id

    def append(self, outcome: Outcome, run_id: str) -> bool:
        """Store an outcome durably, all or nothing; False if a successful one is stored already.

        Raises StoreError if it cannot be written.
        """
        failed = outcome.status is Status.FAILED
        error = outcome.error
        if error is not None:  # may quote a file name that is not UTF-8
            error = " ".join(error.encode("utf-8", "replace").decode().split())
        outcome_row = (
            *(outcome.job.id, run_id, str(outcome.status), as_json(_as_stored(outcome.job))),
            *(float(outcome.seconds), as_json(outcome.notes), error, _iso(datetime.now(UTC))),
        )
        measurements = [
            (
                m.metric,
                _float(m.value),
                m.unit,
                _float(m.low),
                _float(m.high),
                _int(m.n),
            )
            for m in (() if failed else outcome.measurements)
        ]
        with sqlite.transaction(self.connection, self.path):
            return rows.put(self.connection, outcome_row, measurements, outcome.predictions)

    def done(self) -> set[str]:
        """Ids of the successful jobs."""
        query = "SELECT job_id FROM outcomes WHERE status = ?"
        return {job_id for (job_id,) in self._rows(query, Status.OK)}

    def predictions(self, job_id: str) -> bytes | None:
        """Per-image predictions of a job as stored, None if there are none.

        `bench.tasks.classification.predictions` defines their format.
        """
        found = self._rows("SELECT data FROM predictions WHERE job_id = ?", job_id)
        return next((bytes(data) for (data,) in found), None)

    def notes(self, job_id: str) -> dict[str, Any]:
        """Notes of a job: raw samples, uncounted operations; empty if there are none."""
        found = self._rows("SELECT notes FROM outcomes WHERE job_id = ?", job_id)
        return next((json.loads(text) for (text,) in found), {})

    def runs(self) -> list[dict[str, Any]]:
        """All runs, oldest first: ``id``, ``started``, ``env``."""
        return rows.runs(self.connection, self.path)

    def env(self) -> dict[str, Any]:
        """Provenance of the latest run that has an outcome in the store.

        ``runs`` is the number of such runs; ``differing`` maps each entry that differs between
        them, such as ``packages.torch``, to all its values, oldest first, except the command line.
        Empty for an empty store.
        """
        query = "SELECT env FROM runs WHERE id IN (SELECT run_id FROM outcomes) ORDER BY started"
        envs = [json.loads(text) for (text,) in self._rows(query)]
        if not envs:
            return {}
        values: dict[str, list[Any]] = {}
        for env in envs:
            for name, value in _leaves({**env, "command": None}):
                seen = values.setdefault(name, [])
                seen += [] if value in seen else [value]
        differing = {name: seen for name, seen in values.items() if len(seen) > 1}
        return {**envs[-1], "runs": len(envs), "differing": differing}

    def durations(self) -> list[JobDuration]:
        """How long each successful job took, oldest first."""
        query = "SELECT job, seconds FROM outcomes WHERE status = ? ORDER BY rowid"
        found = self._rows(query, Status.OK)
        return [JobDuration.stored(json.loads(text), seconds) for text, seconds in found]

    def frame(self) -> pd.DataFrame:
        """One row per measurement, with the columns of `bench.store.frame.COLUMNS`, oldest first.

        A failed job is one row without a metric. ``source`` is ``measured`` in all rows.
        """
        return frame.build(self._rows(frame.QUERY))

    def _rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        return rows.select(self.connection, self.path, query, *values)

    def export_jsonl(self, path: str | Path) -> int:
        """Write all runs and outcomes with their predictions; returns the number of outcomes."""
        return transfer.export(self.connection, self.path, Path(path))

    def import_jsonl(
        self, path: str | Path, warn: Callable[[str], None] = lambda _text: None
    ) -> int:
        """Merge a file of `export_jsonl`, all or nothing; returns the number of new outcomes."""
        return transfer.merge(self.connection, self.path, Path(path), warn)


def _file(path: str | Path) -> Path:
    given = Path(path).expanduser()
    is_file = not given.is_dir() and (given.suffix == ".db" or given.is_file())
    return given if is_file else given / FILE_NAME


def _as_stored(job: Job) -> dict[str, Any]:
    """A job as stored: its declaration and what is derived from it."""
    return to_json(job) | {
        "architecture": job.model.architecture,
        "precision": job.options.precision,
        "images": job.images,
    }


def _leaves(env: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in env.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield above + name, value


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)  # NumPy scalars would be stored as bytes


def _int(value: int | None) -> int | None:
    return None if value is None else int(value)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
