"""From a store, or from published figures, to a report: the one way for every command.

``build`` is a report's own function, as `bench.registry.report` finds it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from bench.published import figures
from bench.published.ladders import ladders
from bench.spec import Job, Model
from bench.spec.errors import UsageError
from bench.store import Store, predictions
from bench.store.predictions import Read

if TYPE_CHECKING:
    import pandas as pd

    from bench.blocks import Report

Build = Callable[..., Any]
#: What models of one architecture may differ in.
_OF_WEIGHTS = (
    *("scale", "trained_on", "pretrain_images", "images_seen"),
    *("crop_pct", "crop_mode", "interpolation", "changed"),
)


def made(
    build: Build, frame: pd.DataFrame, env: Any, read: Read | None = None, **choices: Any
) -> Report:
    """What a report makes of a frame and its provenance.

    ``read`` gives a report that takes it the predictions of a job. ``choices`` are the report's
    own; those that are None say nothing, and UsageError says that a report has no such choice.
    """
    given = {name: value for name, value in choices.items() if value is not None}
    known = inspect.signature(build).parameters
    if unknown := [name for name in given if name not in known]:
        raise UsageError(f"this report has no --{unknown[0]}")
    if read is not None and "read" in known:
        given["read"] = read
    found: Report = build(frame, env, **given)
    return found


def results(store: Store) -> pd.DataFrame:
    """The frame of an open store; UsageError if the store is empty."""
    frame = store.frame()
    if frame.empty:
        raise UsageError(f"no results in {store.path} yet; run `bench run SUITE` first")
    return frame


def of_store(
    build: Build, store: Store, jobs: Iterable[Job] | None = None, **choices: Any
) -> Report:
    """The report of everything that an open store holds, or of some jobs alone; see `made`.

    Raises UsageError for an empty store.
    """
    frame = results(store)
    if jobs is not None:
        frame = of_jobs(frame, jobs)
    return made(build, frame, store.env(), predictions.reader(store), **choices)


def of_figures(
    build: Build, models: str | None = None, pretrain: str | None = None, **choices: Any
) -> Report:
    """The report of published figures; what they cite stands where provenance would."""
    frame = ladders(models, pretrain)
    return made(build, frame, figures.cited(frame), **choices)


def of_jobs(frame: pd.DataFrame, jobs: Iterable[Job]) -> pd.DataFrame:
    """The rows of these jobs, under the names of these jobs' models.

    Models of one architecture share its cost and speed, so another of them may have measured it.
    """
    models: dict[str, Model] = {}
    for job in jobs:
        models.setdefault(job.id, job.model)
    frame = frame[frame["job"].isin(models)].copy()
    for column, attribute in (("model", "name"), *((same, same) for same in _OF_WEIGHTS)):
        own = {job: getattr(model, attribute) for job, model in models.items()}
        frame[column] = frame["job"].map(own).astype(frame[column].dtype)
    return frame
