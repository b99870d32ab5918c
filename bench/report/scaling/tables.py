"""Tables of the scaling report: the fits, what pretraining buys, robustness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.analysis.robustness.effective import Line, NoLine
from bench.analysis.tables.axes import COSTS, ROLES, CostAxis
from bench.blocks import Column, Form, Row, Table
from bench.blocks.cells import number
from bench.report.common.models import PRETRAIN, references, rows
from bench.report.common.shared import FAMILIES, TITLES, order

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
    signed: dict[str, Any] = {"form": Form.SIGNED, "digits": 2}
    left_out = "Over leaving out each size in turn: wide if one model carries it all"
    comparable = "Comparable between families, unlike the exponent"
    return (
        Column(key="family", title="Family"),
        PRETRAIN,
        Column(key="used", title="Sizes", form=Form.FIXED, digits=0),
        Column(key="decades", title="Range", unit="decades", form=Form.FIXED),
        _interval("top", "Largest", error, about="At the family's largest model"),
        _interval("at_2x", f"2× {cost}", error, about="Extrapolated to twice the largest model"),
        _interval("elasticity_top", "At largest", slope, about=comparable, **signed),
        Column(key="drop_one_low", title="Drop-one low", group=slope, about=left_out, **signed),
        Column(key="drop_one_high", title="high", group=slope, about=left_out, **signed),
        _interval("exponent", "c", law, digits=2, mark="unsure"),
        _interval("floor", "Floor e, %", law),
        Column(
            key="held_out_miss",
            title="Held out",
            unit="points",
            form=Form.SIGNED,
            about="The largest model predicted from the others, less measured",
        ),
        Column(key="form", title="Form"),
    )


def _remark(body: Sequence[Row]) -> tuple[Column, ...]:
    """The column of remarks, if there are any."""
    remarks = any(row.get("remark") for row in body)
    return (Column(key="remark", title="Remark"),) if remarks else ()


def _interval(key: str, title: str, group: str, *, form: Form = Form.FIXED, **more: Any) -> Column:
    return Column(
        key=key, title=title, group=group, form=form, low=f"{key}_low", high=f"{key}_high", **more
    )


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
            Column(key="family", title="Family"),
            Column(key="size", title="Size", mark="unmatched"),
            Column(key="gmacs", title="GMACs", form=Form.SIGNIFICANT, digits=2),
            *(
                _interval(role, TITLES[role], "Gain, points", form=Form.SIGNED, mark=f"{role}_mark")
                for role in shown
            ),
            _interval(
                "slope",
                "Slope over images",
                "Val",
                form=Form.SIGNED,
                digits=3,
                about="Of ln error over ln training images, between the two: a secant, no law",
            ),
        ),
        rows=tuple(found.values()),
        notes=(
            f"Intervals are 95 % and {kind}; not adjusted for the number of comparisons.",
            *(
                ("≠ The two were shown images of another size or crop: part of it is that.",)
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
    body: list[Row] = []
    for role, line in lines.items():
        if not table[role].notna().any():
            continue
        row: dict[str, Any] = {"set": TITLES[role], "drop": float(table[f"drop_{role}"].mean())}
        if isinstance(line, Line):
            row |= {"slope": line.slope, "r2": line.r2, "n": line.n}
        else:
            row |= {"n": line.n, "remark": line.reason}
        for family in families:
            over = table.loc[table["family"] == family, f"er_{role}"].dropna()
            if len(over):
                row[family] = float(over.mean())
                row[f"{family}_low"], row[f"{family}_high"] = float(over.min()), float(over.max())
        body.append(row)
    group = "Mean effective robustness [lowest, highest model], points"
    return Table(
        name="robustness",
        caption="Accuracy under shift: the line that val predicts it by, and who is above it",
        columns=(
            Column(key="set", title="Set"),
            Column(
                key="drop",
                title="Mean drop",
                unit="points",
                form=Form.FIXED,
                about="Points lost from val, mean over models",
            ),
            Column(key="n", title="Models", group="Line in logits", form=Form.FIXED, digits=0),
            Column(key="slope", title="Slope", group="Line in logits", form=Form.FIXED, digits=2),
            Column(key="r2", title="R²", group="Line in logits", form=Form.FIXED, digits=3),
            *(_interval(family, family, group, form=Form.SIGNED) for family in families),
            *_remark(body),
        ),
        rows=tuple(body),
    )


def gain_sentence(gain: pd.DataFrame) -> str:
    """Pretraining in one sentence, on val; empty where no pair was measured."""
    val = gain[gain["role"] == "val"].sort_values("gain")
    if val.empty:
        return ""
    least, most = val.iloc[0], val.iloc[-1]
    clear = int((val["gain_low"] > 0).sum())
    said = [
        f"{number(row['gain'], Form.SIGNED, 1)} [{number(row['gain_low'], Form.SIGNED, 1)}, "
        f"{number(row['gain_high'], Form.SIGNED, 1)}] ({row['family']} {row['size']})"
        for row in (most, least)
    ]
    adds = f"ranges from {said[1]} to {said[0]} points" if len(val) > 1 else f"is {said[0]} points"
    return (
        f"What pretraining on the 22k set adds to val accuracy {adds}; the whole 95 % interval is "
        f"above zero in {clear} of {len(val)} pairs of models."
    )
