"""Corruption errors of every model: mCE beside a reference model, and each corruption's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from bench.analysis.compare.gain import Correct
from bench.analysis.compare.stored_cells import stored_cells
from bench.analysis.tables.corruption import corruption_table, left_out, missing_cells
from bench.analysis.worlds import world_of
from bench.blocks import Block, Column, Note, Table, Tone
from bench.blocks.columns import column, columns
from bench.report.common.rows import rows

if TYPE_CHECKING:
    import pandas as pd

    from bench.store.predictions import Read

#: Corruptions that a note lists.
_SPOKEN = 4
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
    lacking = tuple(_lacking(left_out(frame)))
    if found.empty:
        yield from (Note(text=text, tone=Tone.WARN) for text in lacking)
        return
    about = table[["family", "size", "scale", "model"]]
    kinds = list(found.columns[list(found.columns).index("mce_high") + 1 :])
    known, missing = bool(found["mce"].notna().any()), missing_cells(frame, reference)
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
        notes=(
            *_notes(found, reference, missing, world.distinct_corruptions),
            *lacking,
        ),
        filterable=True,
    )


def _by_corruption(kind: str) -> Column:
    name = kind.replace("_", " ")
    return column("corruption_error", key=kind, title=name, brief=name, group=_GROUP)


def _lacking(models: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Who is not in the table, and why."""
    for model, cells in models.items():
        yield f"{model} is left out: no errors on {said(cells)}."


def said(cells: Sequence[str]) -> str:
    """Cells in words, by corruption; of many corruptions the first ones.

    >>> said(["fog-4", "fog-5", "shot_noise-1"])
    'fog 4, 5; shot noise 1'
    """
    kinds: dict[str, list[str]] = {}
    for cell in cells:
        kind, _, severity = cell.rpartition("-")
        kinds.setdefault(kind.replace("_", " "), []).append(severity)
    shown = [f"{kind} {', '.join(ranks)}" for kind, ranks in list(kinds.items())[:_SPOKEN]]
    more = len(kinds) - _SPOKEN
    return "; ".join(shown) + (f"; and {more} more corruptions" if more > 0 else "")


def _notes(
    found: pd.DataFrame,
    reference: str | Mapping[str, float] | None,
    missing: Sequence[str],
    distinct: bool,
) -> Iterator[str]:
    name = reference if isinstance(reference, str) else "AlexNet, as published"
    known = bool(found["mce"].notna().any())
    if missing:
        yield (
            f"No mCE: it is of every corruption at every severity, and {len(missing)} of these are "
            f"missing ({said(missing)})."
        )
    elif known:
        yield (
            "mCE: error over severities as a percentage of the reference's, mean over corruptions; "
            f"below 100 is better than the reference, which is {name}."
        )
    else:
        why = f"{name} is not among the models" if reference else "this data has no reference"
        yield f"Unnormalised mean error only: {why}, so there is no mCE."
    if distinct:
        yield "Intervals are 95 %; each image is a scene of its own: clusters have size one."
        others = found[found["model"] != reference]
        if known and not others["paired"].all():
            yield (
                "Some mCE intervals count model and reference as independent, as their "
                "predictions were not stored; paired ones would be narrower."
            )
    elif found["error_low"].notna().any():
        yield (
            "Intervals are 95 %, clustered by image, as each image comes in every corruption; the "
            "reference counts as known exactly. None where predictions were not stored."
        )
    else:
        yield (
            "No intervals: images repeat across corruptions, so counts alone do not give them; "
            "stored predictions do, clustered by image."
        )
