"""Corruption errors of every model: mCE beside a reference model, and each corruption's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from bench.analysis.compare.gain import Correct
from bench.analysis.robustness.stored_cells import stored_cells
from bench.analysis.tables.corruption import corruption_table
from bench.analysis.worlds import world_of
from bench.blocks import Block, Column, Table
from bench.blocks.columns import column, columns
from bench.report.common.rows import rows

if TYPE_CHECKING:
    import pandas as pd

    from bench.store.predictions import Read

_GROUP = "Error by corruption, mean of severities, %"


def corruptions(
    frame: pd.DataFrame,
    table: pd.DataFrame,
    correct: Correct | None = None,
    read: Read | None = None,
) -> Iterator[Block]:
    """One table, of the models in a world's ``frame`` that saw every corruption; or nothing.

    ``table`` is the `bench.analysis.tables.scaling.scaling_table` of the same frame, ``correct``
    what `bench.store.predictions.correct` makes of it with ``read``: with both, intervals are
    clustered by image and mCE's are paired with a reference model's.
    """
    world = world_of(frame)
    reference = world.mce_reference
    answered = {m: right for (m, role), right in (correct or {}).items() if role == "c"}
    found = corruption_table(
        frame,
        reference,
        distinct=world.distinct_corruptions,
        correct=answered,
        cells=stored_cells(frame, read) if read and answered else None,
    )
    if found.empty:
        return
    about = table[["family", "size", "scale", "model"]]
    kinds = list(found.columns[list(found.columns).index("mce_high") + 1 :])
    known = bool(found["mce"].notna().any())
    yield Table(
        name="corruption",
        caption="Corrupted images: mean corruption error and the error on each corruption",
        columns=(
            *columns("family", "size", "scale"),
            *(columns("mce") if known else ()),
            column("mean_error"),
            *map(_by_corruption, kinds),
        ),
        rows=tuple(rows(about.merge(found, on="model"))),
        notes=tuple(_notes(found, reference, known, world.distinct_corruptions)),
        filterable=True,
    )


def _by_corruption(kind: str) -> Column:
    name = kind.replace("_", " ")
    return column("corruption_error", key=kind, title=name, brief=name, group=_GROUP)


def _notes(
    found: pd.DataFrame,
    reference: str | Mapping[str, float] | None,
    known: bool,
    distinct: bool,
) -> Iterator[str]:
    name = reference if isinstance(reference, str) else "AlexNet, as published"
    if known:
        yield (
            "mCE: error over severities as a percentage of the reference's, mean over corruptions; "
            f"below 100 errs less than the reference, which is {name}."
        )
    else:
        why = f"{name} is not among the models" if reference else "this data has no reference"
        yield f"Unnormalised mean error only: {why}, so there is no mCE."
    if distinct:
        yield "Intervals are 95 %; each image is a scene of its own: clusters have size one."
        others = found[found["model"] != reference]
        if known and not others["paired"].all():
            yield (
                "Some mCE intervals count model and reference as independent, as their answers "
                "to single images are not at hand: wider than paired ones would be."
            )
    elif found["error_low"].notna().any():
        yield (
            "Intervals are 95 %, clustered by image, as each image comes in every corruption; the "
            "reference counts as known exactly. None where predictions are not at hand."
        )
    else:
        yield (
            "No intervals: images repeat across corruptions, so counts alone do not give them; "
            "stored predictions do, clustered by image."
        )
