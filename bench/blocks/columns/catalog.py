"""From the name of a column to the column."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bench.blocks.blocks import Column
from bench.blocks.columns.accuracy import ACCURACY
from bench.blocks.columns.comparing import COMPARING
from bench.blocks.columns.cost import COST, SPEED
from bench.blocks.columns.entry import Entry
from bench.blocks.columns.laws import LAWS
from bench.blocks.columns.names import NAMES

_THEMES = (NAMES, ACCURACY, COST, SPEED, COMPARING, LAWS)
#: All entries by name.
CATALOG: Mapping[str, Entry] = MappingProxyType({k: v for t in _THEMES for k, v in t.items()})


def column(
    name: str, *, key: str = "", suffix: str = "", interval: bool | None = None, **own: Any
) -> Column:
    """The column of that name; ``own`` are the fields of `Column` that this table says otherwise.

    ``key`` is another one in the row, and ``suffix`` what follows it and the names of its ends.
    ``interval`` False leaves those ends out. KeyError if there is no such name.

    >>> found = column("throughput", suffix="_eager", group="Eager")
    >>> found.key, found.low, found.unit, found.group
    ('throughput_eager', 'throughput_low_eager', 'img/s', 'Eager')
    """
    entry = CATALOG[name]
    stem = key or entry.key or name
    known: dict[str, Any] = {
        **{field: getattr(entry, field) for field in ("title", "unit", "form", "digits")},
        "mark": entry.mark,
        "about": entry.about,
    }
    if entry.interval if interval is None else interval:
        known |= {end: f"{stem}_{end}{suffix}" for end in ("low", "high")}
    return Column(key=f"{stem}{suffix}", **known | own)


def columns(*names: str, **own: Any) -> tuple[Column, ...]:
    """The columns of those names, all with what is this table's ``own``.

    >>> [found.group for found in columns("params", "gmacs", group="Cost")]
    ['Cost', 'Cost']
    """
    return tuple(column(name, **own) for name in names)
