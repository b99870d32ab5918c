"""What each network costs, whole and by stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench.analysis.tables.costs import NETWORK, WAY
from bench.blocks import Block, Column, Heading, Table
from bench.blocks.columns import column, columns
from bench.report.common.rows import rows
from bench.report.common.titles import counted

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = columns(
    *("architecture", "family", "size", "resolution"),
    *("params", "gmacs", "activations", "traffic", "apart"),
)
_PARTS = (("gmacs", "GMACs", ""), ("params", "Params", "M"), ("activations", "Activations", "M"))


def how_many(costs: pd.DataFrame, speeds: pd.DataFrame) -> str:
    """How much was measured, in a sentence."""
    timed = speeds.drop_duplicates([*NETWORK])
    said = f"{counted(len(costs), 'network')} counted"
    if len(timed):
        ways = speeds.drop_duplicates([*WAY])
        said += f", {len(timed)} timed in {counted(len(ways), 'way')}"
    return f"{said}."


def costs(table: pd.DataFrame) -> Iterator[Block]:
    """One row a network of a `profile_table`; nothing for none."""
    if table.empty:
        return
    yield Heading(text="What a network costs")
    yield Table(
        name="costs",
        caption="Params, multiply-accumulates, activations and traffic of one image",
        columns=(*_COLUMNS, *problems(table, "problems")),
        rows=tuple(rows(table)),
        filterable=True,
    )


def stages(table: pd.DataFrame) -> Iterator[Block]:
    """Shares by stage, a table for networks whose stages have the same names.

    ``table`` is a `bench.analysis.tables.efficiency.stage_table`.
    """
    alike: dict[tuple[str, ...], list[list[dict[str, Any]]]] = {}
    for _, part in table.groupby(["architecture", "resolution"], sort=False):
        alike.setdefault(tuple(part["stage"]), []).append(rows(part))
    if alike:
        yield Heading(text="Where in the network the cost lies", level=3)
    for names, networks in alike.items():
        families = " and ".join(dict.fromkeys(str(stages[0]["family"]) for stages in networks))
        yield Table(
            name=f"stages {families} {len(names)}",
            caption=f"Share of each stage, {families}",
            columns=(
                *columns("architecture", "resolution", "cost_kind", "total"),
                *(
                    column("share", key=name, title=name, group="Share, %", brief=name)
                    for name in names
                ),
            ),
            rows=tuple(
                _shares(stages, metric, f"{what}, {unit}" if unit else what)
                for stages in networks
                for metric, what, unit in _PARTS
            ),
            notes=(
                "Stages are named as in the network; work between two counts towards the first.",
            ),
        )


def problems(table: pd.DataFrame, *keys: str) -> tuple[Column, ...]:
    """The column of errors, where there are any."""
    said = any(table[key].fillna("").astype(bool).any() for key in keys)
    return columns("problems") if said else ()


def _shares(stages: list[dict[str, Any]], metric: str, what: str) -> dict[str, Any]:
    """One network's row for one kind of cost."""
    first = stages[0]
    row = {"architecture": first["architecture"], "resolution": first["resolution"], "what": what}
    row["total"] = first[f"{metric}_total"]
    return row | {str(stage["stage"]): stage[f"{metric}_share"] for stage in stages}
