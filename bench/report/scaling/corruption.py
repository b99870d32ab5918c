"""Corruption errors of every model: mCE beside a reference model, and each corruption's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from bench import registry
from bench.analysis.compare.gain import Correct
from bench.analysis.compare.pairing import common_jobs
from bench.analysis.robustness.corruption import Cells
from bench.analysis.robustness.published_errors import ALEXNET
from bench.analysis.tables.corruption import corruption_table
from bench.blocks import Block, Column, Form, Table
from bench.report.common.models import PRETRAIN, rows
from bench.report.common.paired import interval

if TYPE_CHECKING:
    import pandas as pd

    from bench.store.predictions import Read

#: What mCE is relative to in each world: a model of the zoo, or AlexNet as published.
REFERENCES: Mapping[str, str | Mapping[str, float]] = {
    "glyphs": "resnet_l.g1k",
    "imagenet": ALEXNET,
}
#: Worlds whose corrupted set has no image twice, so that counts alone give an interval.
_DISTINCT = frozenset({"glyphs"})
_GROUP = "Error by corruption, mean of severities, %"


def corruptions(
    frame: pd.DataFrame,
    table: pd.DataFrame,
    correct: Correct | None = None,
    read: Read | None = None,
) -> Iterator[Block]:
    """One table, of the models in a world's ``frame`` that saw every corruption; or nothing.

    ``table`` is the `bench.analysis.tables.scaling.scaling_table` of the same frame, ``correct`` what
    `bench.store.predictions.correct` makes of it with ``read``: with both, intervals are clustered by image
    and mCE's are paired with a reference model's.
    """
    world = str(frame["world"].iloc[0]) if len(frame) else ""
    reference = REFERENCES.get(world)
    answered = {m: right for (m, role), right in (correct or {}).items() if role == "c"}
    found = corruption_table(
        frame,
        reference,
        distinct=world in _DISTINCT,
        correct=answered,
        cells=_cells(frame, read) if read and answered else None,
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
            Column(key="family", title="Family"),
            Column(key="size", title="Size"),
            PRETRAIN,
            *((interval("mce", "mCE", form=Form.FIXED, unit="%"),) if known else ()),
            interval("error", "Mean error", form=Form.FIXED, unit="%"),
            *map(_by_corruption, kinds),
        ),
        rows=tuple(rows(about.merge(found, on="model"))),
        notes=tuple(_notes(found, reference, known, world in _DISTINCT)),
        filterable=True,
    )


def _by_corruption(kind: str) -> Column:
    name = kind.replace("_", " ")
    return Column(key=kind, title=name, brief=name, group=_GROUP, form=Form.FIXED)


def _cells(frame: pd.DataFrame, read: Read) -> Cells | None:
    """Those of the corrupted set that `bench.store.predictions.correct` is of; None where they are unknown.

    Answers stored without groups are of sets whose image i is in group i modulo their number.
    """
    jobs = common_jobs(frame)
    for row in jobs[jobs["role"] == "c"].to_dict("records"):
        answers = read(row["job"])
        if answers is None:
            continue
        image = np.arange(len(answers)) if answers.base is None else answers.base
        if answers.group is not None:
            return Cells.of_groups(answers.group_names, answers.group, image)
        dataset = registry.load().datasets.get(row["dataset"])
        names = dataset.options.get("groups", ()) if dataset else ()
        return Cells.of_groups(names, image % len(names), image) if names else None
    return None


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
