"""Two families at matched cost, as a report: the answer, then the tables behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench.analysis.tables.axes import SHIFTS, MatchBy
from bench.analysis.tables.axes import TITLES as AXES
from bench.analysis.tables.costs import cost_table
from bench.blocks import Block, Column, Heading, Note, Report, Table, Text, Tone
from bench.blocks.columns import column, columns
from bench.report.common.image_sets import references
from bench.report.common.phrases import in_words, p_cell
from bench.report.common.provenance import conditions
from bench.report.common.rows import rows
from bench.report.common.speed_ways import DISTURBED, MARK, disturbed
from bench.report.common.titles import TITLES, title
from bench.report.pair.matched import MatchedComparison, sentences

if TYPE_CHECKING:
    import pandas as pd


def report(found: MatchedComparison, frame: pd.DataFrame) -> Report:
    """The matched comparison as a report."""
    return Report(
        title=f"{found.first} against {found.second}, matched",
        subtitle=conditions(frame[frame["model"].isin(_models(found))]),
        blocks=tuple(_blocks(found, frame)),
    )


def _models(found: MatchedComparison) -> list[str]:
    paired = [name for pair in found.matched.pairs for name in (pair.first, pair.second)]
    return paired + [model.model for model in found.matched.unmatched]


def _blocks(found: MatchedComparison, frame: pd.DataFrame) -> Iterator[Block]:
    yield Text(text=" ".join(sentences(found)), lead=True)
    if found.lost:
        yield Note(
            text=f"No stored predictions of the same images for {in_words(found.lost)}.",
            tone=Tone.WARN,
        )
    if found.pairs:
        yield Heading(text="Pairs")
        yield _pairs_table(found, frame)
        shifts = _shifts_table(found, frame)
        if shifts is not None:
            yield shifts
        if found.means:
            yield _means_table(found)
    if found.matched.unmatched:
        yield Heading(text="Unmatched")
        yield _unmatched_table(found, frame)


def _disturbed(found: MatchedComparison, frame: pd.DataFrame) -> frozenset[str]:
    """Models whose cost, where that is a speed, was disturbed."""
    if found.matched.by is not MatchBy.LATENCY:
        return frozenset()
    return frozenset(row["model"] for row in rows(cost_table(frame)) if disturbed(row))


def _pairs_table(found: MatchedComparison, frame: pd.DataFrame) -> Table:
    axis, unit = AXES[found.matched.by]
    body: list[dict[str, Any]] = [dict(row) for row in found.pairs]
    note = (
        "Gaps are first less second, with 95 % paired intervals; the verdict is on val, 5 % after "
        "Holm over the pairs. Intervals speak of the images, not of a second training run."
    )
    noisy = _disturbed(found, frame)
    for row in body:
        row |= {f"{side}_mark": MARK if row[side] in noisy else "" for side in ("first", "second")}
        row["p_holm"] = p_cell(row.get("p_holm"))
        row["verdict"] = {"first": found.first, "second": found.second}.get(
            row["verdict"], row["verdict"]
        )
    cost: dict[str, Any] = {"group": axis, "unit": unit}
    accuracy: dict[str, Any] = {"group": "val, %", "unit": ""}
    on_val = "The difference on val that the pair's test finds 4 times in 5"
    return Table(
        name="pairs",
        caption=f"Pairs matched in {axis} within {found.matched.band:g}x",
        columns=(
            column("pair"),
            column("cost", suffix="_first", title="First", mark="first_mark", **cost),
            column("cost", suffix="_second", title="Second", mark="second_mark", **cost),
            column("cost_ratio", group=axis),
            column("first", key="accuracy_first", **accuracy),
            column("second", key="accuracy_second", **accuracy),
            column("gap", key="val", title="Gap on val"),
            column("p_holm"),
            column("verdict", title="Better on val"),
            column("detectable", about=on_val),
            column("kappa"),
            *(columns("remark") if any(r["remark"] for r in body) else ()),
        ),
        rows=tuple(body),
        notes=(note, *((DISTURBED,) if noisy else ())),
    )


def _shifts_table(found: MatchedComparison, frame: pd.DataFrame) -> Table | None:
    """The gap of each pair on every shifted set; None where none was measured."""
    shown = [r for r in SHIFTS if any(r in row for row in found.pairs)]
    if not shown:
        return None
    body = [dict(row) for row in found.pairs]
    notes = []
    for role, (dataset, model) in references(frame).items():
        for row in body:
            if model in (row["first"], row["second"]):
                row[f"{role}_mark"] = "†"
                notes.append(f"† {dataset} keeps only images that {model} got wrong.")
    return Table(
        name="shift-gaps",
        caption=f"Gap of each pair under shift, {found.first} less {found.second}, points",
        columns=(
            column("pair"),
            *(_gap_on(role) for role in shown),
        ),
        rows=tuple(body),
        notes=tuple(dict.fromkeys(notes)),
    )


def _gap_on(role: str) -> Column:
    own: dict[str, Any] = {"title": TITLES[role], "unit": "", "digits": 1, "mark": f"{role}_mark"}
    return column("gap", key=role, **own)


def _means_table(found: MatchedComparison) -> Table:
    body = [dict(row) | {"set": title(row["role"])} for row in found.means]
    return Table(
        name="mean-gaps",
        caption=f"Mean gap over pairs, {found.first} less {found.second}",
        columns=columns("set", "scale", "pairs", "n", "mean_gap"),
        rows=tuple(body),
        notes=("Intervals are 95 % over images, the models held fixed.",),
    )


def _unmatched_table(found: MatchedComparison, frame: pd.DataFrame) -> Table:
    axis, unit = AXES[found.matched.by]
    noisy = _disturbed(found, frame)
    return Table(
        name="unmatched",
        caption=f"Models without a partner within {found.matched.band:g}x",
        columns=(
            column("model"),
            column("cost", title=axis, unit=unit, mark="mark"),
            column("reason"),
        ),
        rows=tuple(
            vars(model) | {"mark": MARK if model.model in noisy else ""}
            for model in found.matched.unmatched
        ),
        notes=(DISTURBED,) if any(m.model in noisy for m in found.matched.unmatched) else (),
    )
