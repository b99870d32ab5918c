"""Which of a device's ceilings a network comes near: its matrix product, or its copy."""

from __future__ import annotations

import math
from enum import StrEnum

import pandas as pd

#: % of both ceilings below which neither is what bounds a network.
FAR = 25.0


class Nearest(StrEnum):
    """The ceiling that is near."""

    PRODUCT = "product"
    COPY = "copy"
    NEITHER = "neither"
    UNKNOWN = "unknown"


def nearest(compute: float, copy: float | None) -> Nearest:
    """Of a network's shares (%) of the fastest product and copy; UNKNOWN where one is missing.

    >>> nearest(30.0, 35.0).value, nearest(2.0, 1.0).value, nearest(30.0, None).value
    ('copy', 'neither', 'unknown')
    """
    if copy is None or math.isnan(copy) or math.isnan(compute):
        return Nearest.UNKNOWN
    if max(compute, copy) < FAR:
        return Nearest.NEITHER
    return Nearest.PRODUCT if compute >= copy else Nearest.COPY


def commonest_way(shares: pd.DataFrame) -> pd.DataFrame:
    """The rows of the precision, layout and mode in which the most networks were timed.

    ``shares`` are those of one device, see `bench.analysis.compare.speedup.shares`; of several
    equally common ways the first.

    >>> found = pd.DataFrame({"precision": ["float32", "bfloat16"], "channels_last": True,
    ...                       "compile": False, "networks": [3, 4]})
    >>> commonest_way(found)["precision"].tolist()
    ['bfloat16']
    """
    ways = shares.groupby(["precision", "channels_last", "compile"], sort=False)
    return ways.get_group(ways["networks"].sum().idxmax())
