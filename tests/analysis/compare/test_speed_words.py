"""Who is faster, and what bounds a network: the numbers behind the efficiency report's words."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from bench.analysis.compare.ceilings import FAR, Nearest, commonest_way, nearest
from bench.analysis.compare.family_speed import Lead, published_pairs, spreads
from bench.analysis.tables.ranking import best_first
from bench.published import figures

NAMES = ["device_name", "precision", "ratio", "ratio_low", "ratio_high"]


@pytest.mark.parametrize(
    ("ways", "lead"),
    [
        ([("float32", 1.5, 1.4, 1.6), ("bfloat16", 0.9, 0.8, 0.95)], Lead.TURNS),
        ([("float32", 1.5, 1.4, 1.6), ("bfloat16", 0.9, 0.8, 1.05)], Lead.HOLDS),
        ([("float32", 1.1, 0.9, 1.3), ("bfloat16", 0.9, 0.8, 1.05)], Lead.OPEN),
        ([("float32", 0.8, 0.7, 0.9)], Lead.HOLDS),
        ([("float32", 1.1, math.nan, math.nan)], Lead.OPEN),
    ],
)
def test_who_leads(ways: list[tuple[str, float, float, float]], lead: Lead) -> None:
    table = pd.DataFrame([("gpu", *way) for way in reversed(ways)], columns=NAMES)
    (found,) = spreads(table)
    assert (found.lead, found.ways, found.device) == (lead, len(ways), "gpu")
    assert found.highest["precision"] == "float32"
    assert found.lowest["precision"] == ways[-1][0]


def test_devices_are_never_mixed() -> None:
    rows = [("gpu", "float32", 1.5, 1.4, 1.6), ("cpu", "float32", 0.5, 0.4, 0.6)]
    found = list(spreads(pd.DataFrame(rows, columns=NAMES)))
    assert [(one.device, one.highest["ratio"], one.ways) for one in found] == [
        ("gpu", 1.5, 1),
        ("cpu", 0.5, 1),
    ]


def test_published_pairs_are_those_of_table_1() -> None:
    found = published_pairs(figures.convnext_paper())
    v100 = found[found["source"] == "convnext-t1"].set_index(["size", "resolution"])
    assert v100.loc[("T", 224), "ratio"] == pytest.approx(774.7 / 757.9)
    assert found["device_name"].iloc[0] == "NVIDIA V100"
    assert (
        found.groupby(["device_name", "compile"], dropna=False)["resolution"]
        .agg(lambda r: r.is_monotonic_increasing)
        .all()
    )


def test_what_is_near() -> None:
    assert nearest(FAR, FAR - 1) is Nearest.PRODUCT
    assert nearest(FAR - 1, FAR) is Nearest.COPY
    assert nearest(40.0, 40.0) is Nearest.PRODUCT
    assert nearest(FAR - 0.1, FAR - 0.1) is Nearest.NEITHER
    assert nearest(90.0, None) is nearest(90.0, math.nan) is Nearest.UNKNOWN


def test_the_commonest_way_counts_networks_of_all_families() -> None:
    rows = [("a", "float32", 3), ("b", "float32", 3), ("a", "bfloat16", 5)]
    shares = pd.DataFrame(rows, columns=["family", "precision", "networks"])
    found = commonest_way(shares.assign(channels_last=True, compile=False))
    assert found["family"].tolist() == ["a", "b"]


def test_equal_accuracies_keep_their_order() -> None:
    names = [f"m{i}" for i in range(40)]
    table = pd.DataFrame({"model": names, "resolution": 224, "scale": "1k", "top1": 80.0})
    assert best_first(table, ("1k",))["model"].tolist() == names


def test_the_best_of_each_scale_comes_first() -> None:
    rows = [
        ("a", 224, "22k", 85.0),
        ("b", 224, "1k", 80.0),
        ("c", 224, "1k", 82.0),
        ("b", 384, "1k", 83.0),
        ("b", 224, "1k", 99.0),
    ]
    table = pd.DataFrame(rows, columns=["model", "resolution", "scale", "top1"])
    found = best_first(table, ("1k", "12k", "22k"))
    assert found[["model", "top1"]].values.tolist() == [
        ["b", 83.0],
        ["c", 82.0],
        ["b", 80.0],
        ["a", 85.0],
    ]
