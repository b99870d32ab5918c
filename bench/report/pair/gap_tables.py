"""Two models on the same images, as a report: the answer, then the tables behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.blocks import Block, Column, Form, Heading, Report, Row, Table, Text
from bench.report.common.models import references, rows
from bench.report.common.paired import (
    ALPHA,
    P_HOLM,
    consistency,
    detectable,
    interval,
    p_cell,
    title,
)
from bench.report.common.shared import conditions
from bench.report.pair.gap import Found, sentences

if TYPE_CHECKING:
    import pandas as pd

_CLASSES = 10  # shown


def report(found: Found, frame: pd.DataFrame) -> Report:
    """The comparison as a report."""
    return Report(
        title=f"{found.first} against {found.second}",
        subtitle=conditions(frame[frame["model"].isin((found.first, found.second))]),
        blocks=tuple(_blocks(found, frame)),
    )


def _blocks(found: Found, frame: pd.DataFrame) -> Iterator[Block]:
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


def _about_table(found: Found) -> Table:
    return Table(
        name="about",
        caption="What is equal, and what is not",
        columns=(
            Column(key="what", title=""),
            Column(key="first", title=found.first),
            Column(key="second", title=found.second),
            Column(key="ratio", title="Ratio", form=Form.FIXED, digits=2),
            Column(key="equal", title="Equal"),
        ),
        rows=found.about,
    )


def _sets_table(found: Found, frame: pd.DataFrame) -> Table:
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
            Column(key="set", title="Set", mark="mark"),
            Column(key="n", title="Images", form=Form.FIXED, digits=0),
            Column(key="first", title="First", unit="%", form=Form.FIXED),
            Column(key="second", title="Second", unit="%", form=Form.FIXED),
            interval("gap", "Gap", unit="points", digits=2),
            P_HOLM,
            detectable("The difference that this test finds 4 times in 5"),
        ),
        rows=tuple(body),
        notes=tuple(notes),
    )


def _alike_table(found: Found) -> Table:
    body = tuple(row | {"set": title(row["role"])} for row in rows(found.sets))
    return Table(
        name="alike",
        caption="How alike they fail, and how the gap changes from val's",
        columns=(
            Column(key="set", title="Set"),
            interval("widening", "Gap less val's", unit="points"),
            interval("ratio", "Error ratio", form=Form.FIXED, digits=2),
            Column(
                key="discordance",
                title="Discordant",
                unit="%",
                form=Form.FIXED,
                about="Images that are right for one of the two only",
            ),
            Column(
                key="same_answer",
                title="Same answer",
                unit="%",
                form=Form.FIXED,
                about="Images that both give one class, right or wrong",
            ),
            consistency(
                "Cohen's kappa of being right: 1 the same images, 0 no more than by chance"
            ),
        ),
        rows=body,
        notes=("Intervals are 95 %; sets are taken as independent draws.",),
    )


def _steps_table(found: Found) -> Table:
    return Table(
        name="steps",
        caption="The gap on val in steps: architecture and pretraining apart",
        columns=(
            Column(key="step", title="Step"),
            interval("gap", "Gap", unit="points", digits=2),
            Column(key="p", title="p", form=Form.FIXED, digits=3),
        ),
        rows=tuple(dict(row) | {"p": p_cell(row["p"])} for row in found.steps),
        notes=("Each way adds up to the whole gap; where the two differ, the parts interact.",),
    )


def _confidence_table(found: Found) -> Table:
    kinds = (
        ("confidence", "Mean confidence, %", "Sure", Form.FIXED),
        ("over", "Confidence less accuracy, points", "Over", Form.SIGNED),
        ("ece", "ECE, %", "ECE", Form.FIXED),
    )
    return Table(
        name="confidence",
        caption="How sure they are, and whether rightly",
        columns=(
            Column(key="set", title="Set"),
            *(
                Column(
                    key=f"{key}_{side}",
                    title=side.title(),
                    group=group,
                    form=form,
                    brief=f"{brief}, {side}",
                )
                for key, group, brief, form in kinds
                for side in ("first", "second")
            ),
            interval("over_gap", "Over, first less second", unit="points"),
            interval("nll_gap", "NLL, first less second", unit="nat", digits=3),
        ),
        rows=tuple(row | {"set": title(row["role"])} for row in rows(found.confidence)),
        notes=("Over: confidence less accuracy. ECE, of 15 bins, is too high on few images.",),
    )


def _parts_table(
    found: Found, name: str, what: str, where: str, table: pd.DataFrame, *, most: int | None = None
) -> Table:
    clear = int((table["p_holm"] <= ALPHA).sum())
    cut = most is not None and most < len(table)
    which = f"The {most} largest gaps" if cut else "Gaps"
    return Table(
        name=name,
        caption=f"{which} by {what.lower()} on {where}, {found.first} less {found.second}",
        columns=(
            Column(key="part", title=what),
            Column(key="n", title="Images", form=Form.FIXED, digits=0),
            Column(key="first", title="First", unit="%", form=Form.FIXED),
            Column(key="second", title="Second", unit="%", form=Form.FIXED),
            interval("gap", "Gap", unit="points"),
            P_HOLM,
        ),
        rows=_with_p(table.head(most) if most is not None else table),
        notes=(f"{clear} of all {len(table)} differ at 5 % after Holm over all of them.",),
    )
