"""Ways to run a network, as they are said: precision, memory layout, compilation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.blocks import Column

PRECISION = Column(key="precision", title="Precision")
LAYOUT = Column(key="layout", title="Layout")


def layout(row: Mapping[str, Any]) -> str | None:
    """Memory layout of the row's images and weights; None where no source states it."""
    found = row.get("channels_last")
    return None if found is None else "channels last" if found else "contiguous"


def way(row: Mapping[str, Any]) -> str:
    """All that a speed hangs on besides network and device; what is not known is left out.

    >>> way({"precision": "bfloat16", "channels_last": True, "compile": False})
    'bfloat16, channels last, eager'
    """
    said = (row.get("precision"), layout(row), mode(row))
    return ", ".join(str(word) for word in said if word)


def mode(row: Mapping[str, Any]) -> str:
    """``eager`` or ``compiled``."""
    return "compiled" if row.get("compile") else "eager"
