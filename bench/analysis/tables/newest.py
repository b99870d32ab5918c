"""Which of several results for one thing counts: one rule for every table.

1. A measurement without a value never counts, so a later failure leaves an earlier number standing.
2. Accuracy on a whole set comes before accuracy on a part of it (``limit``), and of two parts the
   larger one counts. Costs and speeds do not depend on ``limit``.
3. Then the later ``finished`` counts. An unknown time is older than any known one, and of equal
   times the later row of the frame counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def oldest_first(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a value, sorted so that of any two the one that counts comes last.

    Columns: ``value``; of ``limit n measure finished`` those that there are.
    """
    rows = rows[rows["value"].notna()]
    rank = pd.DataFrame(index=rows.index)
    rank["whole"] = True
    if "limit" in rows:
        rank["whole"] = rows["limit"].isna()
        if "measure" in rows:
            rank["whole"] |= rows["measure"] != "evaluate"
    images = pd.to_numeric(rows["n"], errors="coerce").astype("float64") if "n" in rows else 0.0
    rank["n"] = pd.Series(images, index=rows.index).fillna(0.0).mask(rank["whole"], 0.0)
    rank["finished"] = rows["finished"].fillna("").astype(str) if "finished" in rows else ""
    place = rank.reset_index(drop=True).sort_values(["whole", "n", "finished"], kind="stable")
    return rows.iloc[place.index]


def newest(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The one row that counts for each value of the columns ``by``, oldest first.

    >>> rows = pd.DataFrame({"model": ["a", "a", "a"], "value": [70.0, 71.0, None]})
    >>> newest(rows.assign(finished=["2026-02", "2026-01", "2026-03"]), ["model"])["value"].tolist()
    [70.0]
    """
    return oldest_first(rows).drop_duplicates(list(by), keep="last")


def newest_job(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """All rows of the one job that counts for each value of the columns ``by``, oldest first.

    Numbers that belong together, such as a throughput and its latency, come from one job this way.
    Rows without a job, which are published ones, count as one job.
    """
    known = oldest_first(rows)
    job = known["job"].fillna("").astype(str)
    last = job.groupby([known[name] for name in by], dropna=False, observed=True).transform("last")
    return known[job == last]
