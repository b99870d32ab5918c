"""The scaling table: every model with its cost, accuracy and effective robustness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bench.analysis.tables.axes import ROLES, SHIFTS
from bench.blocks import Column, Table
from bench.blocks.columns import column, columns
from bench.report.common.image_sets import references
from bench.report.common.rows import rows
from bench.report.common.speed_ways import DISTURBED, disturbed
from bench.report.common.titles import TITLES

if TYPE_CHECKING:
    import pandas as pd

_ACCURACY, _EFFECTIVE = "Top-1 accuracy, %", "Effective robustness, points"


def table_of(table: pd.DataFrame, frame: pd.DataFrame) -> Table:
    """The scaling table: family by size by pretraining scale."""
    shown = [role for role in ROLES if table[role].notna().any()]
    shifts = [role for role in SHIFTS if role in shown]
    mined = references(frame)
    body = rows(table)
    for row in body:
        row["speed_mark"] = disturbed(row)
        for role, (_, model) in mined.items():
            row[f"{role}_mark"] = "†" if row["model"] == model else ""
    devices = sorted(set(table["device_name"].dropna()))
    notes = [
        f"† {dataset} keeps only images that {model} got wrong: its own accuracy there says "
        "nothing, and at 0 % it is left out of the line."
        for dataset, model in mined.values()
        if model in set(table["model"])
    ]
    if len(devices) > 1:
        notes.append("Speeds of different devices do not compare: see the column Device.")
    if any(row["speed_mark"] for row in body):
        notes.append(DISTURBED)
    return Table(
        name="scaling",
        caption="Every model: cost, accuracy with 95 % Wilson intervals, effective robustness",
        columns=(
            *columns("model", "family", "size", "scale"),
            *_prepared(table),
            *columns("params", "gmacs", group="Cost"),
            _throughput(),
            *(_accuracy(role, mined) for role in shown),
            *(_effective(role) for role in shifts),
            *(columns("device_name") if len(devices) > 1 else ()),
            column("source"),
        ),
        rows=tuple(body),
        notes=tuple(notes),
        filterable=True,
    )


def _throughput() -> Column:
    about = "Median on the device named at the top"
    return column("throughput", group="Cost", interval=False, mark="speed_mark", about=about)


def _prepared(table: pd.DataFrame) -> tuple[Column, ...]:
    """Columns of how images were prepared, where models differ in that."""
    known = columns("resolution", "crop_pct", "interpolation", "changed")
    return tuple(column for column in known if table[column.key].nunique() > 1)


def _accuracy(role: str, mined: Mapping[str, object]) -> Column:
    mark = f"{role}_mark" if role in mined else None
    return column("top1", key=role, title=TITLES[role], unit="", group=_ACCURACY, mark=mark)


def _effective(role: str) -> Column:
    title = TITLES[role]
    return column("effective", key=f"er_{role}", title=title, group=_EFFECTIVE, brief=f"ER {title}")
