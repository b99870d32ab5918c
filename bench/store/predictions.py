"""Per-image predictions of stored jobs, read on demand: the basis of paired comparisons."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bench.tasks.classification.predictions import Predictions, unpack

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from bench.store import Store

#: The predictions of a job by its id; None if none are stored.
Read = Callable[[str], Predictions | None]

#: Predictions for more images than this do not stay in memory: ImageNet-C's take 75 MB per model.
_LARGEST_KEPT = 200_000


def reader(store: Store) -> Read:
    """A function that reads predictions from an open store and caches them, except very large ones.

    It raises DataError for damaged predictions, StoreError for a damaged store.
    """
    kept: dict[str, Predictions | None] = {}

    def read(job: str) -> Predictions | None:
        if job in kept:
            return kept[job]
        data = store.predictions(job)
        predictions = None if data is None else unpack(data)
        if predictions is None or len(predictions) <= _LARGEST_KEPT:
            kept[job] = predictions
        return predictions

    return read


def correct(frame: pd.DataFrame, read: Read) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """Per-image correctness by (model, role), for models evaluated on the same images.

    ``frame`` is of one world. All arrays of one role have the same shape (images,) and order;
    models that were evaluated on other images are left out.
    """
    from bench.analysis.compare.pairing import common_jobs

    found = {}
    for row in common_jobs(frame).to_dict("records"):
        predictions = read(row["job"])
        if predictions is not None:
            found[str(row["model"]), str(row["role"])] = predictions.rank == 0
    return found


def pairs(
    frame: pd.DataFrame, read: Read, first: str, second: str
) -> dict[str, tuple[Predictions, Predictions]]:
    """Predictions of two models for the same images, by role, or by dataset where roles repeat.

    Only datasets for which the store has both; possibly empty.
    """
    from bench.analysis.compare.pairing import shared_jobs

    jobs = shared_jobs(frame, first, second)
    repeated = set(jobs.loc[jobs["role"].duplicated(keep=False), "role"])
    found = {}
    for row in jobs.to_dict("records"):
        one, two = read(row["job_first"]), read(row["job_second"])
        if one is not None and two is not None:
            found[row["dataset"] if row["role"] in repeated else row["role"]] = one, two
    return found


def missing(frame: pd.DataFrame, first: str, second: str) -> str:
    """Why two models cannot be compared image by image, and the command that helps."""
    scored = frame[(frame["metric"] == "top1") & frame["value"].notna()]
    lacking = [m for m in (first, second) if m not in set(scored["model"])]
    models = ",".join(lacking or (first, second))
    if lacking:
        why, where = f"no stored predictions of {' and '.join(lacking)}", ""
    else:
        why = f"{first} and {second} have no stored predictions of the same images at one precision"
        where = " --output results-of-both"
    return f"{why}; run `bench run scaling --models {models}{where}` first"
