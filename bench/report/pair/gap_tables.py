"""Two models on the same images, as a report: the answer, then the tables behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.analysis.stats.decision import clear
from bench.blocks import Block, Column, Heading, Report, Row, Table, Text
from bench.blocks.columns import column, columns
from bench.report.common.image_sets import references
from bench.report.common.phrases import p_cell
from bench.report.common.provenance import conditions
from bench.report.common.rows import rows
from bench.report.common.speed_ways import DISTURBED
from bench.report.common.titles import title
from bench.report.pair.gap import PairComparison, sentences

if TYPE_CHECKING:
    import pandas as pd

_CLASSES = 10  # shown
_MARKS = {"first_mark", "second_mark"}  # of speeds that were disturbed


def report(found: PairComparison, frame: pd.DataFrame) -> Report:
    """The comparison as a report."""
    return Report(
        title=f"{found.first} against {found.second}",
        subtitle=conditions(frame[frame["model"].isin((found.first, found.second))]),
        blocks=tuple(_blocks(found, frame)),
    )


def _blocks(found: PairComparison, frame: pd.DataFrame) -> Iterator[Block]:
    yield Text(text=" ".join(sentences(found)), lead=True)
    yield _about_table(found)
    yield Heading(text="The gap, set by set")
    yield _sets_table(found, frame)
    yield _alike_table(found)
    if found.steps:
        yield _steps_table(found)
    yield Heading(text="Confidence")
    yield _confidence_table(found)
    if found.classes is not None:
        yield Heading(text="Where on each set")
        yield _parts_table(found, "classes", "Class", "val", found.classes, most=_CLASSES)
    for role, table in found.parts.items():
        yield _parts_table(found, f"parts-{role}", "Group", title(role), table)


def _with_p(table: pd.DataFrame) -> tuple[Row, ...]:
    return tuple(row | {name: p_cell(row[name]) for name in ("p", "p_holm")} for row in rows(table))


def _about_table(found: PairComparison) -> Table:
    return Table(
        name="about",
        caption="What is equal, and what is not",
        columns=(
            column("what"),
            column("first_is", title=found.first, mark="first_mark"),
            column("second_is", title=found.second, mark="second_mark"),
            *columns("cost_ratio", "equal"),
        ),
        rows=found.about,
        notes=(DISTURBED,) if any(_MARKS & set(row) for row in found.about) else (),
    )


def _sets_table(found: PairComparison, frame: pd.DataFrame) -> Table:
    body = [dict(row) | {"set": title(row["role"])} for row in _with_p(found.sets)]
    notes = ["Intervals are 95 %; p of mid-p McNemar tests, Holm over the sets."]
    for role, (dataset, model) in references(frame).items():
        if model in (found.first, found.second):
            notes.append(f"† {dataset} keeps only images that {model} got wrong.")
            for row in body:
                row["mark"] = "†" if row["role"] == role else ""
    return Table(
        name="sets",
        caption=f"Top-1 of {found.first} less {found.second}",
        columns=(
            column("set", mark="mark"),
            *columns("n", "first", "second", "gap", "p_holm", "detectable"),
        ),
        rows=tuple(body),
        notes=tuple(notes),
    )


def _alike_table(found: PairComparison) -> Table:
    body = tuple(row | {"set": title(row["role"])} for row in rows(found.sets))
    return Table(
        name="alike",
        caption="How alike their errors are, and how the gap differs from val's",
        columns=columns("set", "widening", "error_ratio", "discordance", "same_answer", "kappa"),
        rows=body,
        notes=("Intervals are 95 %; sets are taken as independent draws.",),
    )


def _steps_table(found: PairComparison) -> Table:
    return Table(
        name="steps",
        caption="The gap on val in steps: architecture and pretraining apart",
        columns=columns("step", "gap", "p"),
        rows=tuple(dict(row) | {"p": p_cell(row["p"])} for row in found.steps),
        notes=("Each way adds up to the whole gap; where the two differ, the parts interact.",),
    )


def _confidence_table(found: PairComparison) -> Table:
    groups = {
        "confidence": "Mean confidence, %",
        "over": "Confidence less accuracy, points",
        "ece": "ECE, %",
    }
    return Table(
        name="confidence",
        caption="How confident they are, and how well that fits their accuracy",
        columns=(
            column("set"),
            *(
                _of_side(name, side, group)
                for name, group in groups.items()
                for side in ("first", "second")
            ),
            *columns("over_gap", "nll_gap"),
        ),
        rows=tuple(row | {"set": title(row["role"])} for row in rows(found.confidence)),
        notes=("Over: confidence less accuracy. ECE, of 15 bins, is too high on few images.",),
    )


def _of_side(name: str, side: str, group: str) -> Column:
    own = column(name, suffix=f"_{side}", group=group)
    return replace(own, title=side.title(), brief=f"{own.title}, {side}")


def _parts_table(
    found: PairComparison,
    name: str,
    what: str,
    where: str,
    table: pd.DataFrame,
    *,
    most: int | None = None,
) -> Table:
    differ = clear(table["p_holm"])
    cut = most is not None and most < len(table)
    which = f"The {most} largest gaps" if cut else "Gaps"
    return Table(
        name=name,
        caption=f"{which} by {what.lower()} on {where}, {found.first} less {found.second}",
        columns=(
            column("part", title=what),
            *columns("n", "first", "second"),
            column("gap", digits=1),
            column("p_holm"),
        ),
        rows=_with_p(table.head(most) if most is not None else table),
        notes=(f"{differ} of all {len(table)} differ at 5 % after Holm over all of them.",),
    )
