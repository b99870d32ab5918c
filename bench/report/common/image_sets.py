"""The image sets that were used: what they are, and whether their pixels are as published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.analysis.tables.axes import ROLES
from bench.blocks import Block, Heading, Table
from bench.blocks.columns import columns
from bench.report.common.rows import rows
from bench.report.common.titles import TITLES

if TYPE_CHECKING:
    import pandas as pd


def references(frame: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Models that a set was filtered against: role to (set, model)."""
    known = frame.loc[frame["role"].notna() & frame["reference"].notna()]
    known = known[["dataset", "role", "reference"]].drop_duplicates()
    return {row["role"]: (row["dataset"], row["reference"]) for row in rows(known)}


def data_sets(frame: pd.DataFrame) -> tuple[Block, ...]:
    """Each set once for every digest and number of images; nothing where none was used."""
    used = frame[frame["role"].isin(ROLES) & (frame["metric"] == "top1")]
    if used.empty:
        return ()
    used = used.drop_duplicates(["dataset", "dataset_digest", "n"])
    ordered = sorted(rows(used), key=lambda row: ROLES.index(row["role"]))
    table = Table(
        name="data-sets",
        caption="Image sets that were used",
        columns=columns("dataset", "role", "dataset_about", "n", "digest", "as_published"),
        rows=tuple(map(_row, ordered)),
    )
    return (Heading(text="Image sets"), table)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    digest = row["dataset_digest"]
    return {
        **{name: row[name] for name in ("dataset", "dataset_about", "n")},
        "role": TITLES[row["role"]],
        "digest": digest[:16] if isinstance(digest, str) else None,
        "as_published": _as_published(row),
    }


def _as_published(row: dict[str, Any]) -> str:
    """Whether a set's pixels are the published ones, as far as that can be told."""
    if row["source"] == "published":
        return "not seen here"
    if row["as_published"] is None:
        return "no digest is published"
    return "as published" if row["as_published"] else "differs from published"
