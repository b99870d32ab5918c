"""Ratios of speeds: compiled over eager, one family over another at equal cost; shares of ceilings.

Everything here takes a `bench.analysis.tables.efficiency.efficiency_table`, and compares within
one device and way to run; never across.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from bench.analysis.stats.intervals import Interval
from bench.analysis.tables.costs import NETWORK, WAY

#: Networks are of equal cost where their GMACs differ by at most this factor.
BAND = 1.1
_MODES = ("eager", "compiled")
#: A way to run, but for compilation.
_HOW = tuple(name for name in WAY if name != "compile")


def ratio(first: Interval, second: Interval) -> Interval:
    """First over second, both positive and measured apart from each other.

    The ends' distances in logs add in quadrature, each end its own. NaN ends where one has none.

    Source: the method of variance estimates recovery, Zou and Donner (2008), doi:10.1002/sim.3095,
    on the logged values.

    >>> found = ratio(Interval(200.0, 190.0, 210.0), Interval(100.0, 95.0, 105.0))
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (2.0, 1.863, 2.147)
    """
    down = math.hypot(math.log(first.value / first.low), math.log(second.high / second.value))
    up = math.hypot(math.log(first.high / first.value), math.log(second.value / second.low))
    value = first.value / second.value
    return Interval(value, value * math.exp(-down), value * math.exp(up))


def mean_ratio(ratios: Sequence[Interval]) -> Interval:
    """Geometric mean of ratios that were measured apart; its interval as in `ratio`.

    It is of the measurement alone: these ratios, not ones of other networks.

    >>> found = mean_ratio([Interval(2.0, 1.9, 2.1), Interval(0.5, 0.45, 0.55)])
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (1.0, 0.943, 1.055)
    """
    n = len(ratios)
    value = math.exp(math.fsum(math.log(one.value) for one in ratios) / n)
    down = math.hypot(*(math.log(one.value / one.low) for one in ratios)) / n
    up = math.hypot(*(math.log(one.high / one.value) for one in ratios)) / n
    return Interval(value, value * math.exp(-down), value * math.exp(up))


def eager_and_compiled(table: pd.DataFrame) -> pd.DataFrame:
    """Both of a network, device, precision and layout in one row, by the order of ``table``.

    Columns: ``architecture resolution device_name precision channels_last family size world gmacs
    params``; all others of ``table`` twice, ending in ``_eager`` and ``_compiled``; and
    ``speedup`` of throughput and ``latency_speedup`` of the latency, compiled against eager, with
    ``_low`` and ``_high``; above 1 the compiled one is faster.
    """
    shared = [*NETWORK, *_HOW, "family", "size", "world", "gmacs", "params"]
    found = _beside(table, [*NETWORK, *_HOW], shared)
    ratios = [
        _ends("speedup", ratio(*(_interval(row, "throughput", s) for s in ("compiled", "eager"))))
        | _ends("latency_speedup", ratio(*(_interval(row, "latency_p50", s) for s in _MODES)))
        for row in found.to_dict("records")
    ]
    return found.join(
        pd.DataFrame(ratios, columns=[*_names("speedup"), *_names("latency_speedup")])
    )


def matched(table: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Each network of the family ``first`` beside the one of ``second`` that costs as much.

    A pair shares device, way and resolution, and its GMACs differ by at most `BAND`; of several
    the closest. Columns: device, way, ``world resolution size`` (of the first); ``first`` and
    ``second``, the architectures, and of each ``throughput_`` with ends, ``batch_``, ``gmacs_``;
    ``ratio`` of the throughputs, first over second, with ``_low`` and ``_high``. By device and way,
    then GMACs.
    """
    same = ["world", "resolution", *WAY]
    known = table[table["throughput"].notna()]
    one, two = (known[known["family"] == family] for family in (first, second))
    pairs = one.merge(two, on=same, suffixes=("_first", "_second"))
    apart = (pairs["gmacs_first"] / pairs["gmacs_second"]).astype(float).map(_distance)
    pairs = pairs.assign(apart=apart)[apart <= math.log(BAND)]
    pairs = pairs.sort_values("apart", kind="stable").drop_duplicates([*same, "architecture_first"])
    pairs = pairs.sort_values([*WAY, "gmacs_first"], kind="stable", ignore_index=True)
    pairs = pairs.rename(columns={"size_first": "size", "architecture_first": "first"})
    pairs = pairs.rename(columns={"architecture_second": "second"})
    sides = ("first", "second")
    found = [
        _ends("ratio", ratio(*(_interval(row, "throughput", side) for side in sides)))
        for row in pairs.to_dict("records")
    ]
    return pairs.join(pd.DataFrame(found, columns=_names("ratio")))


def matched_by_mode(pairs: pd.DataFrame) -> pd.DataFrame:
    """`matched` pairs with what is eager and what is compiled in one row.

    Columns: device, precision, layout, ``world resolution size first second``; all others of
    ``pairs`` twice, ending in ``_eager`` and ``_compiled``.
    """
    same = ["resolution", *_HOW, "first", "second"]
    return _beside(pairs, same, [*same, "world", "size"])


def summary(pairs: pd.DataFrame) -> pd.DataFrame:
    """The geometric mean ratio of `matched` pairs, a row for each device and way.

    Columns: device and way, ``pairs``, ``ratio`` with ``_low`` and ``_high``, see `mean_ratio`.
    """
    rows = []
    for way, part in pairs.groupby(list(WAY), sort=False, dropna=False):
        mean = mean_ratio([_interval(row, "ratio") for row in part.to_dict("records")])
        rows.append(dict(zip(WAY, way, strict=True)) | {"pairs": len(part)} | _ends("ratio", mean))
    return pd.DataFrame(rows, columns=[*WAY, "pairs", *_names("ratio")])


def overview(pairs: pd.DataFrame) -> pd.DataFrame:
    """Ratios of `matched` pairs by size, a row for each device, way and ``source``.

    Columns: device and way, ``source``; for each size and resolution the ratio, as ``T 224``, with
    ``_low`` and ``_high``.
    """
    rows: dict[tuple[object, ...], dict[str, Any]] = {}
    for row in pairs.to_dict("records"):
        own = {name: row[name] for name in (*WAY, "source")}
        cell = _ends(f"{row['size']} {row['resolution']}", _interval(row, "ratio"))
        rows.setdefault(tuple(own.values()), own).update(cell)
    return pd.DataFrame(list(rows.values()))


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """What each family reaches of the device's ceilings, a row for each device, way and family.

    Columns: device and way, ``family``, ``networks``; of ``compute_share`` and ``bandwidth_share``
    the median over networks (%), with the least and the largest as ``_low`` and ``_high``.
    """
    one = [*WAY, "family"]
    groups = table[table["compute_share"].notna()].groupby(one, sort=False, dropna=False)
    found = {"networks": groups.size()}
    for name in ("compute_share", "bandwidth_share"):
        ends = (("", "median"), ("_low", "min"), ("_high", "max"))
        found |= {f"{name}{end}": groups[name].agg(how) for end, how in ends}
    return pd.DataFrame(found).reset_index()


def _beside(table: pd.DataFrame, same: list[str], shared: list[str]) -> pd.DataFrame:
    """Eager and compiled rows that agree on ``same`` in one, ``shared`` columns once."""
    found, compiled = (
        table[shared].drop_duplicates(same),
        table["compile"].fillna(False).astype(bool),
    )
    for mode, part in zip(_MODES, (table[~compiled], table[compiled]), strict=True):
        own = part.drop(columns=[*(set(shared) - set(same)), "compile"]).set_index(same)
        found = found.merge(own.add_suffix(f"_{mode}"), how="left", on=same)
    return found


def _interval(row: Mapping[Any, Any], name: str, side: str = "") -> Interval:
    """A record's number with its interval; NaN where there is none."""
    end = f"_{side}" if side else ""
    keys = (f"{name}{part}{end}" for part in ("", "_low", "_high"))
    return Interval(*(float(row.get(key, math.nan)) for key in keys))


def _ends(name: str, interval: Interval) -> dict[str, float]:
    values = (interval.value, interval.low, interval.high)
    return dict(zip(_names(name), values, strict=True))


def _names(name: str) -> list[str]:
    return [name, f"{name}_low", f"{name}_high"]


def _distance(factor: float) -> float:
    return abs(math.log(factor))
