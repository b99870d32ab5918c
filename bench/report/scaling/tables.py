"""Tables of the scaling report: the fits, what pretraining buys, robustness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.analysis.robustness.effective import Line, NoLine
from bench.analysis.tables.axes import COSTS, ROLES, CostAxis
from bench.analysis.tables.summaries import by_family, gain_range
from bench.blocks import Column, Form, Row, Table
from bench.blocks.cells import number
from bench.blocks.columns import column, columns
from bench.report.common.image_sets import references
from bench.report.common.rows import rows
from bench.report.common.titles import FAMILIES, TITLES, order

if TYPE_CHECKING:
    import pandas as pd


def fits(table: pd.DataFrame, axis: CostAxis = CostAxis.GMACS) -> Table:
    """First scaling fits by family and pretraining scale, or why there is none."""
    body = rows(table)
    for row in body:
        row["unsure"] = "" if row.get("identified") or row.get("reason") else "?"
        row["remark"] = "; ".join(str(row[k]) for k in ("reason", "notes") if row.get(k)) or None
    unsure = any(row["unsure"] for row in body)
    return Table(
        name="fits",
        caption=f"Scaling fits, val error over {COSTS[axis].name}, with 90 % intervals",
        columns=(*_fit_columns(COSTS[axis].name), *_remark(body)),
        rows=tuple(body),
        notes=(
            *(
                ("? The interval of c spans more than threefold: not identified.",)
                if unsure
                else ()
            ),
            "M1 is a line in log-log axes, M2 a power law over a floor, M3 one that bends.",
            "The error is the median of the forms named; c and the floor are M2's.",
        ),
    )


def _fit_columns(cost: str) -> tuple[Column, ...]:
    error, slope, law = "Fitted error, %", f"Slope of ln error over ln {cost}", "Law e + b·x^−c"
    slopes: dict[str, Any] = {"group": slope, "digits": 2}
    comparable = "Comparable between families, unlike the exponent"
    largest, twice = "At the family's largest model", "Extrapolated to twice the largest model"
    return (
        *columns("family", "scale"),
        column("sizes", key="used"),
        column("decades"),
        column("error_at", key="top", title="Largest", group=error, about=largest),
        column("error_at", key="at_2x", title=f"2× {cost}", group=error, about=twice),
        column("elasticity_top", title="At largest", about=comparable, **slopes),
        column("drop_one", suffix="_low", title="Drop-one low", **slopes),
        column("drop_one", suffix="_high", title="high", **slopes),
        column("exponent", group=law),
        column("floor", title="Floor e, %", group=law),
        column("held_out_miss"),
        column("form"),
    )


def _remark(body: Sequence[Row]) -> tuple[Column, ...]:
    """The column of remarks, if there are any."""
    remarks = any(row.get("remark") for row in body)
    return columns("remark") if remarks else ()


_GAIN = "Gain, points"


def gains(gain: pd.DataFrame, table: pd.DataFrame, frame: pd.DataFrame) -> Table | None:
    """What 22k pretraining buys at each size, on each set; None where no pair was measured."""
    if gain.empty:
        return None
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows(gain):
        cells = found.setdefault((row["family"], row["size"]), {})
        cells |= {key: row[key] for key in ("family", "size", "gmacs")}
        cells["unmatched"] = "" if row["matched"] else "≠"
        role = row["role"]
        cells |= {role: row["gain"]}
        cells |= {f"{role}_{end}": row[f"gain_{end}"] for end in ("low", "high")}
        if role == "val":
            cells |= {name: row[name] for name in ("slope", "slope_low", "slope_high")}
    mined = references(frame)
    for role, (_, model) in mined.items():
        for about in rows(table[table["model"] == model]):
            found.get((about["series"], about["size"]), {})[f"{role}_mark"] = "†"
    shown = [role for role in ROLES if role in set(gain["role"])]
    kind = "paired" if gain["paired"].all() else "unpaired, wider than paired ones would be"
    return Table(
        name="pretraining",
        caption="Top-1 after 22k pretraining less top-1 of 1k alone, points",
        columns=(
            column("family"),
            column("size", mark="unmatched"),
            column("gmacs"),
            *(
                column("gain", key=role, title=TITLES[role], group=_GAIN, mark=f"{role}_mark")
                for role in shown
            ),
            column("data_slope", group="Val"),
        ),
        rows=tuple(found.values()),
        notes=(
            f"Intervals are 95 % and {kind}; not adjusted for the number of comparisons.",
            *(
                ("≠ The two saw images of different size or crop, which is part of the gain.",)
                if not gain["matched"].all()
                else ()
            ),
            *(
                f"† Not a gain: {dataset} keeps only images that {model} got wrong."
                for dataset, model in mined.values()
                if model in set(table["model"])
            ),
        ),
        filterable=True,
    )


def robustness(table: pd.DataFrame, lines: Mapping[str, Line | NoLine]) -> Table:
    """The line of each shifted set, and each family's mean height over it."""
    present = set(table["family"])
    families = [name for name in order(present, FAMILIES) if name in present]
    body = [row | {"set": TITLES[row["role"]]} for row in by_family(table, lines)]
    group = "Mean effective robustness [lowest, highest model], points"
    return Table(
        name="robustness",
        caption="Accuracy under shift: the line that val predicts it by, and who is above it",
        columns=(
            *columns("set", "drop"),
            *columns("line_models", "line_slope", "line_r2", group="Line in logits"),
            *(column("mean_effective", key=name, title=name, group=group) for name in families),
            *_remark(body),
        ),
        rows=tuple(body),
    )


def gain_sentence(gain: pd.DataFrame) -> str:
    """Pretraining in one sentence, on val; empty where no pair was measured."""
    found = gain_range(gain)
    if found is None:
        return ""
    least, most = map(_gain, (found.least, found.most))
    adds = f"ranges from {least} to {most} points" if found.pairs > 1 else f"is {most} points"
    return (
        f"What pretraining on the 22k set adds to val accuracy {adds}; the whole 95 % interval is "
        f"above zero in {found.clear} of {found.pairs} pairs of models."
    )


def _gain(row: Mapping[str, Any]) -> str:
    """``+9.7 [+7.4, +11.9] (convnext m)``."""
    value, low, high = (
        number(row[name], Form.SIGNED, 1) for name in ("gain", "gain_low", "gain_high")
    )
    return f"{value} [{low}, {high}] ({row['family']} {row['size']})"
