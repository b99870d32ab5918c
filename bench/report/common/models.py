"""The scaling table: every model with its cost, accuracy and effective robustness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bench import registry
from bench.analysis.tables.axes import ROLES, SHIFTS
from bench.blocks import Column, Form, Table
from bench.report.common.shared import TITLES

if TYPE_CHECKING:
    import pandas as pd

PRETRAIN = Column(
    key="scale", title="Pretrain", about="1k: that set alone; 12k, 22k, web: pretrained on more"
)
_NAMES = (Column(key="family", title="Family"), Column(key="size", title="Size"), PRETRAIN)
_COST = (
    Column(key="params", title="Params", unit="M", group="Cost", form=Form.SIGNIFICANT, digits=3),
    Column(
        key="gmacs",
        title="GMACs",
        group="Cost",
        form=Form.SIGNIFICANT,
        digits=2,
        about="Billions of multiply-accumulates for one image",
    ),
    Column(
        key="throughput",
        title="Speed",
        unit="img/s",
        group="Cost",
        form=Form.SIGNIFICANT,
        digits=3,
        about="Median throughput on the device named at the top",
    ),
)
_ACCURACY, _EFFECTIVE = "Top-1 accuracy, %", "Effective robustness, points"


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as built-ins, missing text as None."""
    return [
        {str(key): _built_in(value) for key, value in record.items()}
        for record in table.to_dict("records")
    ]


def _built_in(value: Any) -> Any:
    plain = value.item() if hasattr(value, "item") else value
    return plain if isinstance(plain, str | int | float) else None


def references(frame: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Models that a set was filtered against: role to (set, model)."""
    known = registry.load().datasets
    used = frame.loc[frame["role"].notna(), ["dataset", "role"]].drop_duplicates()
    return {
        row["role"]: (row["dataset"], str(known[row["dataset"]].options["reference"]))
        for row in used.to_dict("records")
        if row["dataset"] in known and known[row["dataset"]].options.get("reference")
    }


def table_of(table: pd.DataFrame, frame: pd.DataFrame) -> Table:
    """The scaling table: family by size by pretraining scale."""
    shown = [role for role in ROLES if table[role].notna().any()]
    shifts = [role for role in SHIFTS if role in shown]
    mined = references(frame)
    body = rows(table)
    for row in body:
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
    return Table(
        name="scaling",
        caption="Every model: cost, accuracy with 95 % Wilson intervals, effective robustness",
        columns=(
            Column(key="model", title="Model"),
            *_NAMES,
            *_prepared(table),
            *_COST,
            *(_accuracy(role, mined) for role in shown),
            *(_effective(role) for role in shifts),
            *((Column(key="device_name", title="Device"),) if len(devices) > 1 else ()),
            Column(key="source", title="Source", about="measured here, or published elsewhere"),
        ),
        rows=tuple(body),
        notes=tuple(notes),
        filterable=True,
    )


def _prepared(table: pd.DataFrame) -> tuple[Column, ...]:
    """Columns of how images were prepared, where models differ in that."""
    columns = (
        Column(key="resolution", title="Pixels", form=Form.FIXED, digits=0),
        Column(
            key="crop_pct",
            title="Crop",
            form=Form.FIXED,
            digits=3,
            about="Share kept of the resized image",
        ),
        Column(key="interpolation", title="Resize"),
        Column(key="changed", title="Changed", about="What differs from the model's own"),
    )
    return tuple(column for column in columns if table[column.key].nunique() > 1)


def _accuracy(role: str, mined: Mapping[str, object]) -> Column:
    return Column(
        key=role,
        title=TITLES[role],
        group=_ACCURACY,
        form=Form.FIXED,
        low=f"{role}_low",
        high=f"{role}_high",
        mark=f"{role}_mark" if role in mined else None,
    )


def _effective(role: str) -> Column:
    return Column(
        key=f"er_{role}",
        title=TITLES[role],
        brief=f"ER {TITLES[role]}",
        group=_EFFECTIVE,
        form=Form.SIGNED,
        about="Accuracy above what these models' own line predicts from val; circular for few",
    )
