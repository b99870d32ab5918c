"""ImageNet models over the published population's lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench.analysis.robustness.published_lines import PUBLISHED
from bench.analysis.tables.axes import SHIFTS
from bench.blocks import Block, Column, Table
from bench.blocks.columns import column, columns
from bench.report.common.rows import rows
from bench.report.common.titles import TITLES

if TYPE_CHECKING:
    import pandas as pd


_GROUP = "Effective robustness over the published line, points"


def against_published(table: pd.DataFrame) -> Iterator[Block]:
    """Each model's height over the published line; nothing for other data than ImageNet's.

    ``table`` is a `bench.analysis.tables.scaling.scaling_table`.
    """
    shown = [r for r in SHIFTS if table[f"published_er_{r}"].notna().any()]
    if not shown:
        return
    over = [f"published_er_{role}" for role in shown]
    body = rows(table[table[over].notna().any(axis=1)])
    for row in body:
        row |= {f"{role}_mark": "‡" if row[f"beyond_{role}"] == 1 else "" for role in shown}
    sources = {line.source for role, _ in PUBLISHED for line in PUBLISHED[role, _] if role in shown}
    extended = any(row[f"{role}_mark"] for row in body for role in shown)
    yield Table(
        name="published-robustness",
        caption="Accuracy under shift beyond what the published population's line predicts",
        columns=(
            *columns("model", "family", "scale"),
            *(_over_the_line(role) for role in shown),
        ),
        rows=tuple(body),
        notes=(
            f"Lines in logits: {', '.join(sorted(sources))}, CNNs of 2020 or before.",
            *(("‡ Beyond the accuracies that the line was fitted on.",) if extended else ()),
        ),
        filterable=True,
    )


def _over_the_line(role: str) -> Column:
    own: dict[str, Any] = {"title": TITLES[role], "group": _GROUP, "mark": f"{role}_mark"}
    return column("published_effective", key=f"published_er_{role}", **own)
