"""Per-image answers of stored jobs, read when asked for: what paired comparisons rest on."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from bench.metrics.stored import Predictions, unpack

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from bench.store import Store

#: The answers of a job by its id; None where none were stored.
Read = Callable[[str], Predictions | None]


def reader(store: Store) -> Read:
    """Reads answers from an open store, each job's once.

    What it returns raises DataError for damaged answers, StoreError for a damaged store.
    """

    @lru_cache(maxsize=1024)
    def read(job: str) -> Predictions | None:
        data = store.predictions(job)
        return None if data is None else unpack(data)

    return read


def correct(frame: pd.DataFrame, read: Read) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """Per-image correctness by (model, role), of models that saw the same images of one world.

    ``frame`` is of one world. All entries of one role are of equal shape (images,) and in the
    order of one data set; models that were measured on other images are left out.
    """
    from bench.analysis.pairing import common_jobs

    found = {}
    for row in common_jobs(frame).to_dict("records"):
        answers = read(row["job"])
        if answers is not None:
            found[str(row["model"]), str(row["role"])] = answers.prediction == answers.target
    return found
