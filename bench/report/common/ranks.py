"""Places in a leaderboard that say how sure they are, from stored predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.analysis.stats.ranking import Ranks, rank

if TYPE_CHECKING:
    import pandas as pd

    from bench.store.predictions import Read


def ranks(part: pd.DataFrame, read: Read | None) -> Ranks | None:
    """Places of the jobs of ``part``, in its order, by McNemar tests of all pairs.

    None where ``read`` has no answers for one of them, or they are not of the same images: then
    only the intervals of each can be compared.
    """
    if read is None or part.empty or part["dataset_digest"].nunique() > 1:
        return None
    answers = [read(str(job)) for job in part["job"]]
    found = [given for given in answers if given is not None]
    if len(found) < len(answers):
        return None
    if any(not np.array_equal(given.target, found[0].target) for given in found):
        return None
    return rank(np.stack([given.rank == 0 for given in found]))
