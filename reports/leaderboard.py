"""Leaderboard: every model by top-1 accuracy on val, with ties where the data cannot tell.

A model's rank is one more than the number of models whose whole 95 % interval lies above its own:
models that share a rank, or whose intervals overlap, are not told apart by this set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bench.report import Block, Column, Form, Heading, Note, Report, Row, Table, Text, Tone
from bench.sections import shared

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = (
    Column(key="model", title="Model"),
    Column(
        key="rank",
        title="Rank",
        form=Form.FIXED,
        digits=0,
        mark="tied",
        about="One more than the number of models whose whole interval lies above this model's",
    ),
    Column(
        key="val",
        title="Top-1",
        unit="%",
        form=Form.FIXED,
        low="val_low",
        high="val_high",
        about="Accuracy with its 95 % Wilson interval",
    ),
    Column(key="family", title="Family"),
    Column(key="size", title="Size"),
    Column(key="scale", title="Pretraining"),
    Column(key="n", title="Images", form=Form.FIXED, digits=0),
    Column(key="source", title="Source"),
)


def build(frame: pd.DataFrame, env: Mapping[str, Any]) -> Report:
    """One ranked table for each val set and number of images measured."""
    ok = frame[(frame["role"] == "val") & (frame["metric"] == "top1") & frame["value"].notna()]
    blocks: list[Block] = []
    for (dataset, n, precision), part in ok.groupby(["dataset", ok["n"].astype(int), "precision"]):
        title = f"{dataset}, {n} images, {precision}"
        blocks += [Heading(text=title), *_table(part, title)]
    if not blocks:
        blocks.append(Note(text="No model has been measured on a val set yet.", tone=Tone.WARN))
    return Report(
        title="Leaderboard",
        subtitle=shared.conditions(frame),
        blocks=(
            *shared.cautions(frame),
            *blocks,
            *shared.failures(frame),
            *shared.data_sets(frame),
        ),
        provenance=shared.provenance(frame, env),
        data=shared.download(frame, "leaderboard"),
    )


def _table(part: pd.DataFrame, title: str) -> tuple[Block, ...]:
    """The answer in a sentence, then the table."""
    rows = _ranked(part)
    best = [row for row in rows if row["rank"] == 1]
    first = f"{best[0]['model']} leads with {best[0]['val']:.1f} %"
    if len(rows) == 1:
        answer = f"{first}; it is the only one measured."
    elif len(best) == 1:
        answer = f"{first}, and no other's interval overlaps with its own."
    else:
        answer = f"{first}; the intervals of {len(best) - 1} more overlap with its own."
    table = Table(
        name=f"leaderboard {title}",
        caption=f"Top-1 accuracy on {title}, best first",
        columns=_COLUMNS,
        rows=tuple(rows),
        notes=("= The interval overlaps with that of a neighbour in this list.",),
        filterable=True,
    )
    return Text(text=answer, lead=True), table


def _ranked(part: pd.DataFrame) -> list[Row]:
    """Rows by accuracy, with rank and tie mark."""
    part = part.sort_values(["value", "model"], ascending=[False, True], kind="stable")
    lows, highs = part["low"].tolist(), part["high"].tolist()
    rows: list[Row] = []
    for i, (_, row) in enumerate(part.iterrows()):
        beside = [j for j in (i - 1, i + 1) if 0 <= j < len(part)]
        tied = any(lows[j] <= highs[i] and lows[i] <= highs[j] for j in beside)
        rows.append(
            {
                "rank": 1 + sum(low > highs[i] for low in lows),
                "tied": "=" if tied else "",
                "val": float(row["value"]),
                "val_low": lows[i],
                "val_high": highs[i],
                "n": int(row["n"]),
                **{key: str(row[key]) for key in ("model", "family", "size", "scale", "source")},
            }
        )
    return rows
