"""Migrates stores of earlier versions: gives their jobs the ids that they have today.

Version 1 computed ids differently from `bench.spec.job`. A row gets its new id only if its old one
can be reproduced from the stored job, so that no result is mistaken for another; any other row
stays readable under its old id and is measured again when requested.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from bench.spec import (
    AmpDtype,
    CropMode,
    Dataset,
    Interpolation,
    Job,
    Kind,
    Measure,
    Model,
    Options,
    Role,
    Scale,
)

#: Versions of the measures when store version 1 was current.
_MEASURES_THEN = {Measure.EVALUATE: 1, Measure.PROFILE: 2, Measure.SPEED: 2}
#: Functions that build networks and have moved since.
_MOVED = {"bench.models._build:basic_resnet": "bench.checkpoints.build:basic_resnet"}
_WORDS: Mapping[str, type] = {
    "kind": Kind,
    "scale": Scale,
    "crop_mode": CropMode,
    "interpolation": Interpolation,
    "role": Role,
    "amp_dtype": AmpDtype,
}


def from_version_1(connection: sqlite3.Connection) -> None:
    """Within a transaction: give every job, and all its rows, its present id."""
    connection.execute("PRAGMA defer_foreign_keys = ON")
    taken = {name for (name,) in connection.execute("SELECT job_id FROM outcomes")}
    for old, text in connection.execute("SELECT job_id, job FROM outcomes").fetchall():
        new = present_id(old, json.loads(text))
        if new in taken:
            continue
        taken.add(new)
        for table in ("outcomes", "measurements", "predictions"):
            connection.execute(
                f"UPDATE {table} SET job_id = ? WHERE job_id = ?",  # noqa: S608 - three fixed names
                (new, old),
            )


def present_id(old: str, stored: Mapping[str, Any]) -> str:
    """The present id of a job of version 1; the old id if it cannot be reproduced from the job."""
    try:
        job = _job(stored)
        if _id_then(job) != old:
            return old
    except (AttributeError, KeyError, TypeError, ValueError):
        return old
    moved = replace(job.model, arch=_MOVED.get(job.model.arch, job.model.arch))
    return replace(job, model=moved).id_of(_MEASURES_THEN[job.measure])


def _job(stored: Mapping[str, Any]) -> Job:
    dataset = stored["dataset"]
    return Job(
        measure=Measure(stored["measure"]),
        model=_record(Model, stored["model"]),
        options=_record(Options, stored["options"]),
        dataset=None if dataset is None else _record(Dataset, dataset),
        dataset_digest=stored["dataset_digest"],
    )


def _record(kind: type[Any], stored: Mapping[str, Any]) -> Any:
    """A declaration from its JSON; fields that did not exist then have their defaults."""
    known = {field.name for field in fields(kind)}
    given = {name: value for name, value in stored.items() if name in known}
    for name, word in _WORDS.items():
        if name in given:
            given[name] = word(given[name])
    for name in ("mean", "std"):
        if name in given:
            given[name] = tuple(given[name])
    return kind(**given)


def _id_then(job: Job) -> str:
    """The id as version 1 computed it."""
    model, options = job.model, job.options
    key: dict[str, Any] = {
        "measure": job.measure,
        "version": _MEASURES_THEN[job.measure],
        "arch": model.arch,
        "kwargs": dict(model.kwargs),
        "classes": model.classes,
        "resolution": model.resolution,
    }
    if job.measure is Measure.EVALUATE:
        key |= {
            "weights": model.weights_sha256,
            "mean": model.mean,
            "std": model.std,
            "data": job.dataset_digest,
            "limit": options.limit,
            "precision": options.precision,
        }
        if job.dataset is not None and not job.dataset.draw:
            key["transform"] = asdict(model.transform)
        if options.amp:
            key["batch_size"] = options.batch_size
    if job.measure is Measure.SPEED:
        key |= {
            "device": options.device_name,
            "precision": options.precision,
            "batch_size": options.batch_size,
            "channels_last": options.channels_last,
            "compile": options.compile,
        }
        if options.replicates != 1:
            key["replicates"] = options.replicates
    text = json.dumps(key, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
