"""Why a model has no pair, in the words that a reader gets."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from bench.analysis.compare.matching import match
from bench.analysis.tables.axes import MatchBy


def models(*rows: tuple[str, float], **more: Any) -> pd.DataFrame:
    usual: dict[str, Any] = {"trained_on": "1k", "resolution": 224, "params": 1.0, "latency": 1.0}
    frame = pd.DataFrame(rows, columns=["model", "gmacs"])
    return frame.assign(**(usual | {"device": "cpu"} | more))


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ([("a", math.nan)], [("b", 1.0)], "GMACs not measured"),
        ([("a", 1.0)], [("b", math.nan)], "GMACs of the others not measured"),
        ([("a", 2.0)], [("b", 5.0), ("c", 9.0)], "nearest is b, at 2.50x of its GMACs"),
        ([("a", 2.0)], [], "no model there has its pretraining"),
        ([("a", 2.0), ("d", 2.0)], [("b", 2.0)], "b is nearer to another"),
    ],
)
def test_why_there_is_no_pair(
    first: list[tuple[str, float]], second: list[tuple[str, float]], said: str
) -> None:
    found = match(models(*first), models(*second), MatchBy.GMACS, band=1.25)
    reasons = [unmatched.reason for unmatched in found.unmatched]
    assert said in reasons
    assert len(found.pairs) == (1 if "nearer" in said else 0)


def test_of_equal_latencies_the_closest_known_gmacs_are_paired() -> None:
    second = models(("unknown", math.nan), ("near", 2.2), ("far", 30.0))
    (pair,) = match(models(("a", 2.0)), second, MatchBy.LATENCY).pairs
    assert pair.second == "near"
    (pair,) = match(models(("a", 2.0)), second[second["model"] != "near"], MatchBy.LATENCY).pairs
    assert pair.second == "unknown"  # counts as a factor of e, and 15x is more
    close = pd.concat([second.iloc[:1], models(("close", 5.0))])
    (pair,) = match(models(("a", 2.0)), close, MatchBy.LATENCY).pairs
    assert pair.second == "close"
