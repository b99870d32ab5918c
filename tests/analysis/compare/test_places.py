"""Places, speeds and ceilings in words, by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.analysis.compare.ceilings import Nearest, commonest_way, nearest
from bench.analysis.compare.family_speed import Lead, spreads
from bench.analysis.compare.leaderboard import leaderboard
from bench.analysis.tables.ranking import best_first


@dataclass(frozen=True)
class Kept:
    target: Any
    rank: Any


def part(**values: tuple[float, float, float]) -> pd.DataFrame:
    rows = [
        {"model": name, "job": f"job-{name}", "value": v, "low": low, "high": high}
        for name, (v, low, high) in values.items()
    ]
    return pd.DataFrame(rows).assign(dataset_digest="d")


def test_intervals_alone() -> None:
    board = leaderboard(
        part(c=(70, 68, 72), a=(75, 72.5, 77), b=(74, 72, 76), d=(60, 58, 62), e=(70, 68, 72))
    )
    assert not board.paired
    assert board.rows["model"].tolist() == [*"abced"]
    # a's low is above c's and e's high; b's low touches them
    assert board.rows["rank"].tolist() == [1, 1, 2, 2, 5]
    assert board.rows["tied"].tolist() == [True, True, True, True, False]
    assert board.contenders == 1


def test_ends_that_touch_are_not_apart() -> None:
    board = leaderboard(part(a=(75, 72, 78), b=(70, 68, 72)))
    assert board.rows[["rank", "tied"]].values.tolist() == [[1, True], [1, True]]
    board = leaderboard(part(a=(75, 72.1, 78), b=(70, 68, 72)))
    assert board.rows[["rank", "tied"]].values.tolist() == [[1, False], [2, False]]


def test_answers_decide_where_all_are_stored() -> None:
    target = np.arange(200) % 10
    wrong = {"a": 20, "b": 26, "c": 60}
    kept = {
        f"job-{name}": Kept(target, (np.arange(200) < n).astype(int)) for name, n in wrong.items()
    }
    frame = part(**{name: (100 - n / 2, 0.0, 100.0) for name, n in wrong.items()})
    board = leaderboard(frame, kept.get)
    assert board.paired
    assert board.rows["model"].tolist() == [*"abc"]
    # 6 images to none: p = 0.0156, the largest of three, stands as it is
    assert board.rows["rank"].tolist() == [1, 2, 3]
    assert board.rows["place"].tolist() == [1, 2, 3]
    assert board.rows[["best", "worst"]].values.tolist() == [[1, 1], [2, 2], [3, 3]]
    assert board.rows["tied"].tolist() == [False, False, False]
    assert board.contenders == 0
    near = kept | {"job-b": Kept(target, (np.arange(200) < 23).astype(int))}
    assert leaderboard(frame, near.get).rows["tied"].tolist() == [True, True, False]
    assert leaderboard(frame, near.get).rows["rank"].tolist() == [1, 1, 3]
    other = kept | {"job-b": Kept(target[::-1], kept["job-b"].rank)}
    for given in (other, {k: v for k, v in kept.items() if k != "job-c"}):
        assert not leaderboard(frame, given.get).paired
    assert not leaderboard(frame.assign(dataset_digest=[*"ddx"]), kept.get).paired
    assert not leaderboard(frame).paired


def test_nobody() -> None:
    board = leaderboard(part(a=(1, 0, 2)).iloc[:0], lambda _job: None)
    assert (len(board.rows), board.paired) == (0, False)


def test_best_first() -> None:
    rows = [
        ("a", 224, "22k", 85.0),
        ("b", 224, "1k", 80.0),
        ("c", 224, "1k", 82.0),
        ("c", 288, "1k", 83.0),
        ("a", 224, "22k", 99.0),
        ("d", 224, "1k", 82.0),
    ]
    frame = pd.DataFrame(rows, columns=["model", "resolution", "scale", "top1"])
    found = best_first(frame, ["1k", "22k"])
    assert found[["model", "top1"]].values.tolist() == [
        ["c", 83.0],
        ["c", 82.0],
        ["d", 82.0],
        ["b", 80.0],
        ["a", 85.0],
    ]
    assert found.columns.tolist() == frame.columns.tolist()
    assert best_first(frame, ["22k", "1k"])["model"].tolist()[0] == "a"


@pytest.mark.parametrize(
    ("compute", "copy", "found"),
    [
        (25.0, 1.0, Nearest.PRODUCT),
        (1.0, 25.0, Nearest.COPY),
        (24.9, 24.9, Nearest.NEITHER),
        (40.0, 40.0, Nearest.PRODUCT),
        (40.0, 41.0, Nearest.COPY),
        (90.0, None, Nearest.UNKNOWN),
        (90.0, math.nan, Nearest.UNKNOWN),
        (math.nan, 90.0, Nearest.UNKNOWN),
    ],
)
def test_the_nearest_ceiling(compute: float, copy: float | None, found: Nearest) -> None:
    assert nearest(compute, copy) is found


def test_the_commonest_way_is_counted_in_networks() -> None:
    shares = pd.DataFrame(
        {
            "precision": ["float32", "bfloat16", "float32", "float32", "bfloat16"],
            "channels_last": [True, True, True, False, False],
            "compile": [False, False, False, False, True],
            "networks": [3, 5, 3, 5, 5],
        }
    )
    assert commonest_way(shares).index.tolist() == [0, 2]
    assert commonest_way(shares.iloc[1:]).index.tolist() == [1]


@pytest.mark.parametrize(
    ("ways", "lead"),
    [
        ([(1.5, 1.4, 1.6), (0.9, 0.8, 0.95)], Lead.TURNS),
        ([(1.5, 1.4, 1.6), (0.9, 0.8, 1.0)], Lead.HOLDS),
        ([(1.5, 1.0, 1.6), (0.9, 0.8, 0.95)], Lead.HOLDS),
        ([(1.5, 1.0, 1.6), (0.9, 0.8, 1.0)], Lead.OPEN),
        ([(1.5, 1.4, 1.6), (1.2, 1.1, 1.3)], Lead.HOLDS),
        ([(0.8, 0.7, 0.9), (0.7, 0.6, 1.2)], Lead.HOLDS),
    ],
)
def test_who_leads(ways: list[tuple[float, float, float]], lead: Lead) -> None:
    names = ["ratio", "ratio_low", "ratio_high"]
    frame = pd.DataFrame(ways[::-1], columns=names).assign(device_name="gpu", way=["two", "one"])
    other = frame.assign(device_name="cpu", ratio=[0.5, 3.0])
    gpu, cpu = spreads(pd.concat([frame, other]))
    assert (gpu.device, cpu.device) == ("gpu", "cpu")
    assert (gpu.lead, gpu.ways) == (lead, 2)
    assert (gpu.highest["way"], gpu.lowest["way"]) == ("one", "two")
    assert (cpu.highest["ratio"], cpu.lowest["ratio"]) == (3.0, 0.5)
