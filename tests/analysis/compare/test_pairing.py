"""Jobs that saw the same images, against every pair tried by hand."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.analysis.compare.pairing import common_jobs, shared_jobs

COLUMNS = ["model", "job", "dataset", "role", "dataset_digest", "limit", "precision", "finished"]


def evaluated(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """Evaluations; a limit is also how many images there were."""
    frame = pd.DataFrame(rows, columns=COLUMNS).assign(metric="top1", value=50.0)
    frame["limit"] = frame["limit"].astype(object)
    return frame.assign(n=frame["limit"].where(frame["limit"].notna(), 2000).astype(int))


def one(model: str, job: str, role: str = "val", **changes: Any) -> tuple[Any, ...]:
    usual = {"dataset": f"set-{role}", "digest": "d", "limit": None, "precision": "float32"}
    row = usual | {"finished": "1"} | changes
    return (model, job, row["dataset"], role, row["digest"], row["limit"], row["precision"],
            row["finished"])  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [{"digest": "e"}, {"precision": "float16"}, {"limit": 100}, {"dataset": "another"}],
)
def test_jobs_that_differ_in_anything_are_no_pair(changed: dict[str, Any]) -> None:
    assert shared_jobs(evaluated(one("a", "a1"), one("b", "b1", **changed)), "a", "b").empty
    pair = shared_jobs(evaluated(one("a", "a1", **changed), one("b", "b1", **changed)), "a", "b")
    assert pair[["job_first", "job_second"]].values.tolist() == [["a1", "b1"]]


def test_a_pair_says_what_it_is_of() -> None:
    frame = evaluated(
        *(one(m, f"{m}-{r}", r) for m, r in product("ab", ("val", "r"))),
        one("a", "a-part", "v2", limit=300),
        one("b", "b-part", "v2", limit=300),
        one("c", "c-val"),
    )
    found = shared_jobs(frame, "a", "b").set_index("role")
    assert found.columns.tolist() == ["dataset", "n", "limit", "job_first", "job_second"]
    assert found["job_first"].to_dict() == {"val": "a-val", "r": "a-r", "v2": "a-part"}
    assert found["job_second"].to_dict() == {"val": "b-val", "r": "b-r", "v2": "b-part"}
    assert found["n"].to_dict() == {"val": 2000, "r": 2000, "v2": 300}
    assert found.loc["v2", "limit"] == 300
    assert found["limit"].isna().to_dict()["val"]
    assert found["dataset"].to_dict() == {r: f"set-{r}" for r in ("val", "r", "v2")}
    assert shared_jobs(frame, "a", "b").index.tolist() == [0, 1, 2]
    back = shared_jobs(frame, "b", "a").set_index("role")
    assert back["job_first"].to_dict() == found["job_second"].to_dict()


def test_of_several_pairs_the_one_whose_older_job_is_newest_counts() -> None:
    frame = evaluated(
        one("a", "a-old", digest="x", finished="1"),
        one("a", "a-new", digest="y", finished="9"),
        one("b", "b-old", digest="y", finished="2"),
        one("b", "b-new", digest="x", finished="8"),
    )
    # of digest y the older is of time 2, of digest x of time 1
    assert shared_jobs(frame, "a", "b")[["job_first", "job_second"]].values.tolist() == [
        ["a-new", "b-old"]
    ]
    again = evaluated(
        one("a", "a1", finished="3"), one("a", "a2", finished="4"), one("b", "b1", finished="1")
    )
    assert shared_jobs(again, "a", "b")["job_first"].tolist() == ["a2"]
    assert shared_jobs(again, "b", "a")["job_second"].tolist() == ["a2"]


def test_only_evaluations_of_a_set_count() -> None:
    frame = evaluated(one("a", "a1"), one("b", "b1"))
    for spoilt in (
        frame.assign(metric=["nll", "top1"]),
        frame.assign(value=[np.nan, 50.0]),
        frame.assign(role=pd.Series([None, "val"], dtype="str")),
    ):
        assert shared_jobs(spoilt, "a", "b").empty
        assert common_jobs(spoilt)["job"].tolist() == ["b1"]


def test_of_two_equally_common_sets_the_newest_is_kept() -> None:
    frame = evaluated(
        one("a", "a1", digest="x", finished="1"),
        one("b", "b1", digest="x", finished="2"),
        one("c", "c1", digest="y", finished="3"),
        one("d", "d1", digest="y", finished="4"),
        one("a", "a-r", "r", digest="z"),
    )
    found = common_jobs(frame)
    assert sorted(found["job"]) == ["a-r", "c1", "d1"]
    assert found.columns.tolist() == ["model", "role", "dataset", "job", "n"]
    assert found.index.tolist() == [0, 1, 2]
    assert set(found.loc[found["role"] == "val", "n"]) == {2000}


def test_each_model_counts_once_with_the_job_that_counts() -> None:
    frame = evaluated(
        one("a", "a-part", limit=10, finished="9"),
        one("a", "a-whole", finished="1"),
        one("b", "b-whole", finished="2"),
        one("c", "c-part", limit=10, finished="3"),
        one("d", "d-half", precision="float16", finished="4"),
    )
    assert sorted(common_jobs(frame)["job"]) == ["a-whole", "b-whole"]
