"""ImageNet models over the published population's lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.analysis.robustness.published_lines import PUBLISHED
from bench.analysis.tables.axes import SHIFTS
from bench.blocks import Block, Column, Form, Table
from bench.report.common.models import PRETRAIN, rows
from bench.report.common.shared import TITLES

if TYPE_CHECKING:
    import pandas as pd


def against_published(table: pd.DataFrame) -> Iterator[Block]:
    """Each model's height over the published line; nothing for other data than ImageNet's.

    ``table`` is a `bench.analysis.tables.scaling.scaling_table`.
    """
    shown = [r for r in SHIFTS if table[f"published_er_{r}"].notna().any()]
    if not shown:
        return
    columns = [f"published_er_{role}" for role in shown]
    body = rows(table[table[columns].notna().any(axis=1)])
    for row in body:
        row |= {f"{role}_mark": "‡" if row[f"beyond_{role}"] == 1 else "" for role in shown}
    sources = {line.source for role, _ in PUBLISHED for line in PUBLISHED[role, _] if role in shown}
    extended = any(row[f"{role}_mark"] for row in body for role in shown)
    yield Table(
        name="published-robustness",
        caption="Accuracy under shift beyond what the published population's line predicts",
        columns=(
            Column(key="model", title="Model"),
            Column(key="family", title="Family"),
            PRETRAIN,
            *(
                Column(
                    key=f"published_er_{role}",
                    title=TITLES[role],
                    group="Effective robustness over the published line, points",
                    form=Form.SIGNED,
                    mark=f"{role}_mark",
                )
                for role in shown
            ),
        ),
        rows=tuple(body),
        notes=(
            f"Lines in logits: {', '.join(sorted(sources))}, CNNs of 2020 or before.",
            *(("‡ Beyond the accuracies that the line was fitted on.",) if extended else ()),
        ),
        filterable=True,
    )
