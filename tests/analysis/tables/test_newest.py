"""Which result counts, against a brute-force reading of the rule."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from bench.analysis.tables.newest import newest, newest_job, oldest_first

COLUMNS = ("model", "measure", "metric", "job", "value", "limit", "n", "finished")


def rows(*given: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(given, columns=COLUMNS)


def top1(job: str, value: float, finished: str | None, limit: int | None = None) -> tuple[Any, ...]:
    return ("a", "evaluate", "top1", job, value, limit, limit or 2000, finished)


def counted(*given: tuple[Any, ...]) -> str:
    (job,) = newest(rows(*given), ["model"])["job"]
    return str(job)


def test_the_time_decides_and_not_the_place_in_the_store() -> None:
    assert counted(top1("new", 1, "2026-03-01"), top1("old", 2, "2026-01-01")) == "new"
    assert counted(top1("old", 1, "2026-01-01"), top1("new", 2, "2026-03-01")) == "new"


def test_of_one_time_the_later_row_counts_and_an_unknown_time_is_the_oldest() -> None:
    assert counted(top1("first", 1, "2026-01-01"), top1("second", 2, "2026-01-01")) == "second"
    assert counted(top1("known", 1, "2026-01-01"), top1("unknown", 2, None)) == "known"


def test_a_failure_or_a_number_that_is_none_leaves_the_earlier_one() -> None:
    failed = ("a", "evaluate", None, "failed", math.nan, None, None, "2026-09-01")
    assert counted(top1("ok", 1, "2026-01-01"), failed) == "ok"
    assert counted(top1("ok", 1, "2026-01-01"), top1("nan", math.nan, "2026-09-01")) == "ok"
    assert newest(rows(failed), ["model"]).empty


def test_whole_sets_come_before_parts_and_larger_parts_before_smaller() -> None:
    assert counted(top1("whole", 1, "2026-01"), top1("part", 2, "2026-02", 100)) == "whole"
    assert counted(top1("more", 1, "2026-01", 500), top1("few", 2, "2026-02", 100)) == "more"


def test_a_limit_says_nothing_of_costs() -> None:
    old = ("a", "profile", "params", "old", 5.0, None, None, "2026-01")
    new = ("a", "profile", "params", "new", 6.0, 100, None, "2026-02")
    assert counted(old, new) == "new"


def test_numbers_of_a_job_stay_together() -> None:
    frame = rows(
        ("a", "speed", "throughput", "new", 20.0, None, None, "2026-02"),
        ("a", "speed", "throughput", "old", 10.0, None, None, "2026-01"),
        ("a", "speed", "latency_p50", "old", 3.0, None, None, "2026-01"),
        ("b", "speed", "latency_p50", None, 4.0, None, None, "2026-01"),
    )
    found = newest_job(frame, ["model"])
    assert found[["model", "metric", "value"]].values.tolist() == [
        ["b", "latency_p50", 4.0],
        ["a", "throughput", 20.0],
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"),
            st.one_of(st.none(), st.floats(0, 100)),
            st.one_of(st.none(), st.sampled_from([10, 20])),
            st.one_of(st.none(), st.sampled_from(["2026-01", "2026-02", "2026-03"])),
        )
    )
)
def test_the_rule_by_brute_force(drawn: list[tuple[Any, ...]]) -> None:
    frame = rows(
        *(
            (model, "evaluate", "top1", f"j{i}", value, limit, limit or 2000, finished)
            for i, (model, value, limit, finished) in enumerate(drawn)
        )
    )
    expected: dict[str, Any] = {}
    for i, (model, value, limit, finished) in enumerate(drawn):
        if value is not None:
            key = (limit is None, limit or 0, finished or "", i)
            expected[model] = max(expected.get(model, (key, i)), (key, i))
    found = newest(frame, ["model"])
    assert dict(zip(found["model"], found["job"], strict=True)) == {
        model: f"j{i}" for model, (_, i) in expected.items()
    }


def test_rows_of_any_index_are_kept_as_they_are() -> None:
    frame = rows(top1("new", 1, "2026-03"), top1("old", 2, "2026-01")).set_index(pd.Index([7, 7]))
    found = oldest_first(frame)
    assert found["job"].tolist() == ["old", "new"]
    assert np.array_equal(found.index, [7, 7])


def test_a_part_of_unknown_size_is_the_smallest() -> None:
    unknown = ("a", "evaluate", "top1", "unknown", 1.0, 1, None, "2026-02")
    assert counted(top1("one", 2, "2026-01", 1), unknown) == "one"
