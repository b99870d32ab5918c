"""Which stored jobs can be compared image by image: those that saw the same images.

Two jobs are comparable when they agree on data set, digest of its pixels and labels, limit and
precision. Columns are those of the store's frame.
"""

from __future__ import annotations

import pandas as pd

from bench.analysis.tables.newest import oldest_first

_SAME = ["dataset", "dataset_digest", "limit", "precision"]


def shared_jobs(frame: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Comparable jobs of two models: one row a data set, empty where there are none.

    Columns ``dataset role n limit``, ``job_first`` and ``job_second``.

    >>> rows = [("a", "j1", 10, "float32"), ("b", "j2", 10, "float32"), ("b", "j3", 10, "bfloat16")]
    >>> columns = ["model", "job", "n", "precision"]
    >>> frame = pd.DataFrame(rows, columns=columns).assign(metric="top1", value=50.0, role="val")
    >>> frame = frame.assign(dataset="d", dataset_digest="0", limit=None, finished="")
    >>> shared_jobs(frame, "a", "b")[["job_first", "job_second"]].values.tolist()
    [['j1', 'j2']]
    """
    known = _ordered(frame)
    one = known.loc[known["model"] == first, [*_SAME, "role", "n", "job", "order"]]
    two = known.loc[known["model"] == second, [*_SAME, "job", "order"]]
    both = one.merge(two, on=_SAME, suffixes=("_first", "_second"))
    both["older"] = both[["order_first", "order_second"]].min(axis=1)
    both = both.sort_values(["older", "order_first"], kind="stable")
    both = both.drop_duplicates("dataset", keep="last")
    both["limit"] = both["limit"].where(both["limit"] >= 0)
    names = ["dataset", "role", "n", "limit", "job_first", "job_second"]
    return both[names].reset_index(drop=True)


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """Evaluations that gave a top-1, with the ``order`` in which they count, the newest last.

    No ``limit`` is -1, as missing values never merge.
    """
    known = oldest_first(frame[(frame["metric"] == "top1") & frame["role"].notna()])
    whole = pd.to_numeric(known["limit"], errors="coerce").astype("float64").fillna(-1.0)
    return known.assign(order=range(len(known)), limit=whole)


def common_jobs(frame: pd.DataFrame) -> pd.DataFrame:
    """The job that counts for each model and role, where it saw what most models saw there.

    Columns ``model role dataset job n``. Models whose newest whole measurement is of other images,
    or of another precision, are left out: no pair with them is of the same images.
    """
    kept = _ordered(frame).drop_duplicates(["model", "role"], keep="last")
    if kept.empty:
        return kept[["model", "role", "dataset", "job", "n"]]
    count = kept.groupby(["role", *_SAME], dropna=False)["model"].transform("size")
    most = count.groupby(kept["role"]).transform("max")
    best = kept[count == most]
    first = best.groupby("role")[_SAME].transform("last")  # of several equally common, the newest
    same = (best[_SAME].astype(str) == first.astype(str)).all(axis=1)
    return best.loc[same, ["model", "role", "dataset", "job", "n"]].reset_index(drop=True)
