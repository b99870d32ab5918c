"""What a results frame says of the image sets themselves: their groups, and their classes."""

from __future__ import annotations

import pandas as pd

_GROUP, _SUBSET = "top1/", "-classes"


def groups(frame: pd.DataFrame, name: str) -> tuple[str, ...]:
    """Groups of the set of that role or name, such as corruptions, in their order.

    Those that have a ``top1/<group>`` of their own; ``top1/<subset>-classes`` is of no group. Empty
    where the set has none, or where several sets have that role.

    >>> rows = [("c", "top1"), ("c", "top1/fog-1"), ("c", "top1/fog-2"), ("val", "top1/a-classes")]
    >>> frame = pd.DataFrame(rows, columns=["role", "metric"]).assign(dataset=lambda f: f["role"])
    >>> groups(frame, "c"), groups(frame, "val")
    (('fog-1', 'fog-2'), ())
    """
    metrics = [str(metric) for metric in _of(frame, name)["metric"].dropna().unique()]
    found = (m.removeprefix(_GROUP) for m in metrics if m.startswith(_GROUP))
    return tuple(group for group in found if not group.endswith(_SUBSET))


def class_names(frame: pd.DataFrame, name: str) -> str:
    """The character that each class of the set of that role or name is; "" where they have none."""
    known = _of(frame, name)["characters"].dropna().unique()
    return str(known[0]) if len(known) == 1 else ""


def _of(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows of the one set of that role or name; none where several have it."""
    found = frame[(frame["role"] == name) | (frame["dataset"] == name)]
    return found if found["dataset"].nunique() == 1 else found.iloc[:0]
