"""Per-image answers of stored jobs, read when asked for: what paired comparisons rest on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bench.tasks.classification.predictions import Predictions, unpack

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from bench.store import Store

#: The answers of a job by its id; None where none were stored.
Read = Callable[[str], Predictions | None]

#: Images of the sets whose answers stay in memory: ImageNet-C's are 75 MB a model.
_LARGEST_KEPT = 200_000


def reader(store: Store) -> Read:
    """Reads answers from an open store; each job's once, but for those of very large sets.

    What it returns raises DataError for damaged answers, StoreError for a damaged store.
    """
    kept: dict[str, Predictions | None] = {}

    def read(job: str) -> Predictions | None:
        if job in kept:
            return kept[job]
        data = store.predictions(job)
        answers = None if data is None else unpack(data)
        if answers is None or len(answers) <= _LARGEST_KEPT:
            kept[job] = answers
        return answers

    return read


def correct(frame: pd.DataFrame, read: Read) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """Per-image correctness by (model, role), of models that saw the same images of one world.

    ``frame`` is of one world. All entries of one role are of equal shape (images,) and in the
    order of one data set; models that were measured on other images are left out.
    """
    from bench.analysis.compare.pairing import common_jobs

    found = {}
    for row in common_jobs(frame).to_dict("records"):
        answers = read(row["job"])
        if answers is not None:
            found[str(row["model"]), str(row["role"])] = answers.rank == 0
    return found


def pairs(
    frame: pd.DataFrame, read: Read, first: str, second: str
) -> dict[str, tuple[Predictions, Predictions]]:
    """Answers of two models to the same images, by role; the data set's name where roles repeat.

    Only sets for which the store has both. Empty where there are none.
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
    """Why two models cannot be compared image by image, and the command that mends it."""
    scored = frame[(frame["metric"] == "top1") & frame["value"].notna()]
    lacking = [m for m in (first, second) if m not in set(scored["model"])]
    models = ",".join(lacking or (first, second))
    if lacking:
        why, where = f"no stored predictions of {' and '.join(lacking)}", ""
    else:
        why = f"{first} and {second} have no stored predictions of the same images at one precision"
        where = " --output results-of-both"
    return f"{why}; `bench run scaling --models {models}{where}` makes them"
