"""Selecting models by the names that are in a results store."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from bench.spec.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    import pandas as pd


def models(frame: pd.DataFrame, selector: str, store: Path) -> list[str]:
    """Names of the stored models that ``selector`` matches: names, architectures, families, globs.

    Several are separated by commas. Raises UsageError for a model that is declared but not stored,
    with the command that measures it, and UnknownNameError for an unknown model.
    """
    known = frame.drop_duplicates("model")[["model", "architecture", "family"]]
    rows = [tuple(str(cell) for cell in row) for row in known.itertuples(index=False)]
    found: dict[str, None] = {}
    for part in filter(None, (text.strip() for text in selector.split(","))):
        mine = [row[0] for row in rows if _named(part, row)]
        if not mine:
            raise _unknown(part, rows, store)
        found |= dict.fromkeys(mine)
    if not found:
        raise UsageError("no model given; `bench list models` shows all")
    return list(found)


def _named(part: str, row: Sequence[str]) -> bool:
    low = part.lower()
    return low in (name.lower() for name in row) or fnmatchcase(row[0].lower(), low)


def _unknown(part: str, rows: Sequence[Sequence[str]], store: Path) -> UsageError:
    from bench import registry

    try:
        declared = [model.name for model in registry.models(part)]
    except UsageError:
        near = dict.fromkeys(name for row in rows for name in row)
        near |= dict.fromkeys(m.name for m in registry.load().models.values())
        return UnknownNameError("model", part[:60], near)
    return UsageError(
        f"no results of {part!r} ({len(declared)} model{'' if len(declared) == 1 else 's'}) in "
        f"{store}; run `bench run scaling --models {part}` first"
    )
