"""How speeds are said: precision, memory layout, compilation, and whether others disturbed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: After a speed that could not be had undisturbed, and the footnote that explains it.
MARK = "≈"
DISTURBED = f"{MARK} Other processes ran during some of the samples; these are kept and flagged."
#: What is disturbed by other processes.
DISTURBED_COSTS = ("throughput", "latency", "latency_p50")


def layout(row: Mapping[str, Any]) -> str | None:
    """Memory layout of the row's images and weights; None where no source states it."""
    found = row.get("channels_last")
    return None if found is None else "channels last" if found else "contiguous"


def way(row: Mapping[str, Any]) -> str:
    """All that a speed depends on besides network and device; what is not known is left out.

    >>> way({"precision": "bfloat16", "channels_last": True, "compile": False})
    'bfloat16, channels last, eager'
    """
    said = (row.get("precision"), layout(row), mode(row))
    return ", ".join(str(word) for word in said if word)


def mode(row: Mapping[str, Any]) -> str:
    """``eager`` or ``compiled``."""
    return "compiled" if row.get("compile") else "eager"


def disturbed(row: Mapping[str, Any], suffix: str = "") -> str:
    """The mark of a speed of which some samples were disturbed, or nothing.

    >>> disturbed({"disturbed_eager": 12.0}, "_eager"), disturbed({"disturbed": None})
    ('≈', '')
    """
    share = row.get(f"disturbed{suffix}")
    return MARK if share is not None and share > 0 else ""
