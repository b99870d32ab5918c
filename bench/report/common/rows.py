"""Rows of a frame as a table takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as built-ins, missing text as None."""
    return [
        {str(key): _built_in(value) for key, value in record.items()}
        for record in table.to_dict("records")
    ]


def _built_in(value: Any) -> Any:
    plain = value.item() if hasattr(value, "item") else value
    return plain if isinstance(plain, str | int | float) else None
