"""Leaderboard: every model by top-1 accuracy on val, with ties where the data cannot tell.

How ranks and ties are decided: `bench.analysis.compare.leaderboard`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.analysis.compare.leaderboard import Leaderboard, leaderboard
from bench.blocks import Block, Column, Heading, Note, Report, Table, Text, Tone
from bench.blocks.columns import column, columns
from bench.report.common.cautions import cautions
from bench.report.common.failures import failures
from bench.report.common.image_sets import data_sets
from bench.report.common.provenance import conditions, download, provenance
from bench.report.common.rows import rows

if TYPE_CHECKING:
    import pandas as pd

    from bench.store.predictions import Read


def build(frame: pd.DataFrame, env: Mapping[str, Any], read: Read | None = None) -> Report:
    """One ranked table for each val set and number of images measured.

    With ``read``, which gives a job's stored answers, models are compared image by image.
    """
    ok = frame[(frame["role"] == "val") & (frame["metric"] == "top1") & frame["value"].notna()]
    blocks: list[Block] = []
    for (dataset, n, precision), part in ok.groupby(["dataset", ok["n"].astype(int), "precision"]):
        title = f"{dataset}, {n} images, {precision}"
        blocks += [Heading(text=title), *_ranked(leaderboard(part, read), title)]
    if not blocks:
        blocks.append(Note(text="No model has been measured on a val set yet.", tone=Tone.WARN))
    return Report(
        title="Leaderboard",
        subtitle=conditions(frame),
        blocks=(*cautions(frame), *blocks, *failures(frame), *data_sets(frame)),
        provenance=provenance(frame, env),
        data=download(frame, "leaderboard"),
    )


def _ranked(found: Leaderboard, title: str) -> tuple[Block, ...]:
    """The answer in a sentence, then the table."""
    body = [_row(row) for row in rows(found.rows)]
    tied = (
        "not told apart from a neighbour in this list, image by image."
        if found.paired
        else "the interval overlaps with that of a neighbour in this list."
    )
    table = Table(
        name=f"leaderboard {title}",
        caption=f"Top-1 accuracy on {title}, best first",
        columns=(
            *columns("model", "rank"),
            *((_place(),) if found.paired else ()),
            column("top1", key="val"),
            *columns("family", "size", "scale", "n", "source"),
        ),
        rows=tuple(body),
        notes=(f"= Tied: {tied}",),
        filterable=True,
    )
    return Text(text=_answer(found, body), lead=True), table


def _place() -> Column:
    return replace(column("place"), low="best", high="worst")


def _answer(found: Leaderboard, body: list[dict[str, Any]]) -> str:
    first, others = f"{body[0]['model']} leads with {body[0]['val']:.1f} %", found.contenders
    if len(body) == 1:
        return f"{first}; it is the only one measured."
    if found.paired:
        rest = f"{others} more may be as good" if others else "and every other is surely worse"
        return f"{first}; {rest} (mid-p McNemar of all pairs, 5 % after Holm)."
    if others:
        return f"{first}; the intervals of {others} more overlap with its own."
    return f"{first}, and no other's interval overlaps with its own."


def _row(row: dict[str, Any]) -> dict[str, Any]:
    ends = {"val": row["value"], "val_low": row["low"], "val_high": row["high"]}
    return row | ends | {"tied": "=" if row["tied"] else ""}
