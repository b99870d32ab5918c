"""Leaderboard: every model by top-1 accuracy on val, with ties where the data cannot tell.

A model's rank is one more than the number of models that are surely better. Where the predictions
of all are stored, that is decided image by image, by McNemar's tests of all pairs after Holm; else
by whole 95 % intervals above the model's own. What no test tells apart is marked as tied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bench.blocks import Block, Column, Form, Heading, Note, Report, Row, Table, Text, Tone
from bench.report.common import shared
from bench.report.common.cautions import cautions
from bench.report.common.ranks import ranks

if TYPE_CHECKING:
    import pandas as pd

    from bench.analysis.stats.ranking import Ranks
    from bench.store.predictions import Read

_PLACES = Column(
    key="place",
    title="Place",
    form=Form.FIXED,
    digits=0,
    low="best",
    high="worst",
    about="By accuracy, with the places that the tests leave open, all at once at 5 %",
)
_COLUMNS = (
    Column(key="model", title="Model"),
    Column(
        key="rank",
        title="Rank",
        form=Form.FIXED,
        digits=0,
        mark="tied",
        about="One more than the number of models that are surely better",
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


def build(frame: pd.DataFrame, env: Mapping[str, Any], read: Read | None = None) -> Report:
    """One ranked table for each val set and number of images measured.

    With ``read``, which gives a job's stored answers, models are compared image by image.
    """
    ok = frame[(frame["role"] == "val") & (frame["metric"] == "top1") & frame["value"].notna()]
    blocks: list[Block] = []
    for (dataset, n, precision), part in ok.groupby(["dataset", ok["n"].astype(int), "precision"]):
        title = f"{dataset}, {n} images, {precision}"
        blocks += [Heading(text=title), *_table(part, title, read)]
    if not blocks:
        blocks.append(Note(text="No model has been measured on a val set yet.", tone=Tone.WARN))
    return Report(
        title="Leaderboard",
        subtitle=shared.conditions(frame),
        blocks=(
            *cautions(frame),
            *blocks,
            *shared.failures(frame),
            *shared.data_sets(frame),
        ),
        provenance=shared.provenance(frame, env),
        data=shared.download(frame, "leaderboard"),
    )


def _table(part: pd.DataFrame, title: str, read: Read | None) -> tuple[Block, ...]:
    """The answer in a sentence, then the table."""
    part = part.sort_values(["value", "model"], ascending=[False, True], kind="stable")
    tested = ranks(part, read)
    rows = _by_intervals(part) if tested is None else _by_tests(part, tested)
    best = [row for row in rows if row["rank"] == 1]
    first = f"{best[0]['model']} leads with {best[0]['val']:.1f} %"
    others = len(best) - 1
    if len(rows) == 1:
        answer = f"{first}; it is the only one measured."
    elif tested is not None:
        rest = f"{others} more may be as good" if others else "and every other is surely worse"
        answer = f"{first}; {rest} (mid-p McNemar of all pairs, 5 % after Holm)."
    elif others:
        answer = f"{first}; the intervals of {others} more overlap with its own."
    else:
        answer = f"{first}, and no other's interval overlaps with its own."
    model, rank, *more = _COLUMNS
    mark = "= Tied: " + (
        "the interval overlaps with that of a neighbour in this list."
        if tested is None
        else "not told apart from a neighbour in this list, image by image."
    )
    table = Table(
        name=f"leaderboard {title}",
        caption=f"Top-1 accuracy on {title}, best first",
        columns=(model, rank, *(() if tested is None else (_PLACES,)), *more),
        rows=tuple(rows),
        notes=(mark,),
        filterable=True,
    )
    return Text(text=answer, lead=True), table


def _by_tests(part: pd.DataFrame, tested: Ranks) -> list[Row]:
    """Rows with the places that tests of all pairs leave open."""
    return [
        _row(row, int(tested.best[i]), any(tested.tied(i, j) for j in _beside(i, len(part))))
        | {
            "place": int(tested.rank[i]),
            "best": int(tested.best[i]),
            "worst": int(tested.worst[i]),
        }
        for i, (_, row) in enumerate(part.iterrows())
    ]


def _by_intervals(part: pd.DataFrame) -> list[Row]:
    """Rows ranked by whether each model's own interval lies apart from another's."""
    lows, highs = part["low"].tolist(), part["high"].tolist()
    return [
        _row(
            row,
            1 + sum(low > highs[i] for low in lows),
            any(lows[j] <= highs[i] and lows[i] <= highs[j] for j in _beside(i, len(part))),
        )
        for i, (_, row) in enumerate(part.iterrows())
    ]


def _beside(i: int, n: int) -> list[int]:
    return [j for j in (i - 1, i + 1) if 0 <= j < n]


def _row(row: pd.Series, rank: int, tied: bool) -> dict[str, Any]:
    return {
        "rank": rank,
        "tied": "=" if tied else "",
        "val": float(row["value"]),
        "val_low": float(row["low"]),
        "val_high": float(row["high"]),
        "n": int(row["n"]),
        **{key: str(row[key]) for key in ("model", "family", "size", "scale", "source")},
    }
