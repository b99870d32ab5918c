"""A leaderboard that says how sure it is of each place.

A model's rank is one more than the number of models that are surely better. Where the answers of
all are stored, that is decided image by image, by McNemar's tests of all pairs after Holm; else by
whole 95 % intervals above the model's own. What no test tells apart is tied.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.analysis.stats.ranking import Ranks, rank


class Ranked(Protocol):
    """Stored answers of one model, arrays of shape (images,)."""

    @property
    def target(self) -> NDArray[Any]:
        """The label."""

    @property
    def rank(self) -> NDArray[Any]:
        """Classes before a right one; 0 is right."""


Read = Callable[[str], Ranked | None]


@dataclass(frozen=True)
class Leaderboard:
    """Models by accuracy, best first, equal ones by name.

    ``rows`` are those of the frame with ``rank`` and ``tied``, whether one beside it in the list
    cannot be told apart; and if ``paired`` with ``place``, by accuracy alone, and its ends ``best``
    and ``worst``, which hold all true places at once with 95 % confidence.
    """

    rows: pd.DataFrame
    paired: bool

    @property
    def contenders(self) -> int:
        """Models besides the first that may be as good."""
        return int((self.rows["rank"] == 1).sum()) - 1


def leaderboard(part: pd.DataFrame, read: Read | None = None) -> Leaderboard:
    """Rank the rows of a frame, one a model, of one set, number of images and precision.

    ``read`` gives a job's stored answers; where it has none of one of them, or of other images,
    the rows' intervals decide.
    """
    part = part.sort_values(["value", "model"], ascending=[False, True], kind="stable")
    part = part.reset_index(drop=True)
    tested = _tested(part, read)
    if tested is None:
        return Leaderboard(_by_intervals(part), paired=False)
    tied = [any(tested.tied(i, j) for j in _beside(i, len(part))) for i in range(len(part))]
    places = {"place": tested.rank, "best": tested.best, "worst": tested.worst}
    return Leaderboard(part.assign(rank=tested.best, tied=tied, **places), paired=True)


def _tested(part: pd.DataFrame, read: Read | None) -> Ranks | None:
    """Places by tests of all pairs; None where answers to the same images are not at hand."""
    if read is None or part.empty or part["dataset_digest"].nunique() > 1:
        return None
    answers = [read(str(job)) for job in part["job"]]
    found = [given for given in answers if given is not None]
    if len(found) < len(answers):
        return None
    if any(not np.array_equal(given.target, found[0].target) for given in found):
        return None
    return rank(np.stack([given.rank == 0 for given in found]))


def _by_intervals(part: pd.DataFrame) -> pd.DataFrame:
    """Ranked by whether each model's own interval lies apart from another's."""
    low, high = part["low"].to_numpy(float), part["high"].to_numpy(float)
    places = [1 + int((low > top).sum()) for top in high]
    tied = [
        any(low[j] <= high[i] and low[i] <= high[j] for j in _beside(i, len(part)))
        for i in range(len(part))
    ]
    return part.assign(rank=places, tied=tied)


def _beside(i: int, n: int) -> list[int]:
    return [j for j in (i - 1, i + 1) if 0 <= j < n]
