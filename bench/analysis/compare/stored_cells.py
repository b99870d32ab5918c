"""Which corruption each stored answer is to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.analysis.compare.pairing import common_jobs
from bench.analysis.robustness.corruption import Cells
from bench.analysis.tables.image_sets import groups


class Grouped(Protocol):
    """Stored answers, arrays of shape (images,); None where no group was stored."""

    def __len__(self) -> int:
        """Images."""

    @property
    def group(self) -> NDArray[Any] | None:
        """Place in ``group_names``."""

    @property
    def group_names(self) -> Sequence[str]:
        """Corruptions at a severity."""

    @property
    def base(self) -> NDArray[Any] | None:
        """The image that was corrupted; None where each is another."""


def stored_cells(frame: pd.DataFrame, read: Callable[[str], Grouped | None]) -> Cells | None:
    """Those of the corrupted set that most models of ``frame`` saw; None where they are unknown.

    ``read`` gives a job's answers. Answers stored without groups are of sets whose image i is in
    group i modulo their number.
    """
    jobs = common_jobs(frame)
    for row in jobs[jobs["role"] == "c"].to_dict("records"):
        answers = read(row["job"])
        if answers is None:
            continue
        image = np.arange(len(answers)) if answers.base is None else answers.base
        if answers.group is not None:
            return Cells.of_groups(answers.group_names, answers.group, image)
        names = groups(frame, row["dataset"])
        return Cells.of_groups(names, image % len(names), image) if names else None
    return None
