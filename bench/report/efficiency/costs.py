"""What each network costs, whole and by stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench.analysis.tables.efficiency import NETWORK, WAY
from bench.blocks import Block, Column, Form, Heading, Table
from bench.report.common.models import rows

if TYPE_CHECKING:
    import pandas as pd

ARCHITECTURE = Column(key="architecture", title="Architecture")
PIXELS = Column(key="resolution", title="Pixels", form=Form.FIXED, digits=0)
PROBLEMS = Column(key="problems", title="Problems", about="Errors of jobs that failed")
_COLUMNS = (
    ARCHITECTURE,
    Column(key="family", title="Family"),
    Column(key="size", title="Size"),
    PIXELS,
    Column(key="params", title="Params", unit="M", form=Form.SIGNIFICANT, digits=3),
    Column(
        key="gmacs",
        title="GMACs",
        form=Form.SIGNIFICANT,
        digits=3,
        about="Billions of multiply-accumulates for one image, attention's among them",
    ),
    Column(
        key="activations",
        title="Activations",
        unit="M",
        form=Form.SIGNIFICANT,
        digits=3,
        about="Outputs of convolutions, linear layers and matrix products for one image",
    ),
    Column(
        key="traffic",
        title="Traffic",
        unit="GB",
        form=Form.SIGNIFICANT,
        digits=2,
        about="What the operators read and write for one image if none is fused, in float32",
    ),
    Column(
        key="apart",
        title="Counters apart",
        unit="%",
        form=Form.FIXED,
        digits=2,
        about="Difference of two counters of GMACs that share no code",
    ),
)
_PARTS = (("gmacs", "GMACs", ""), ("params", "Params", "M"), ("activations", "Activations", "M"))


def counted(costs: pd.DataFrame, speeds: pd.DataFrame) -> str:
    """How much was measured, in a sentence."""
    timed = speeds.drop_duplicates([*NETWORK])
    said = f"{_count(len(costs), 'network')} counted"
    if len(timed):
        ways = speeds.drop_duplicates([*WAY])
        said += f", {len(timed)} timed in {_count(len(ways), 'way')}"
    return f"{said}."


def costs(table: pd.DataFrame) -> Iterator[Block]:
    """One row a network, of a `bench.analysis.tables.efficiency.profile_table`; nothing for none."""
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
                ARCHITECTURE,
                PIXELS,
                Column(key="what", title="Of"),
                Column(key="total", title="Total", form=Form.SIGNIFICANT, digits=3),
                *(
                    Column(key=name, title=name, group="Share, %", form=Form.FIXED, brief=name)
                    for name in names
                ),
            ),
            rows=tuple(
                _shares(stages, metric, f"{what}, {unit}" if unit else what)
                for stages in networks
                for metric, what, unit in _PARTS
            ),
            notes=(
                "Stages are named as in the network; what runs between two counts to the first.",
            ),
        )


def problems(table: pd.DataFrame, *keys: str) -> tuple[Column, ...]:
    """The column of errors, where there are any."""
    said = any(table[key].fillna("").astype(bool).any() for key in keys)
    return (PROBLEMS,) if said else ()


def _shares(stages: list[dict[str, Any]], metric: str, what: str) -> dict[str, Any]:
    """One network's row for one kind of cost."""
    first = stages[0]
    row = {"architecture": first["architecture"], "resolution": first["resolution"], "what": what}
    row["total"] = first[f"{metric}_total"]
    return row | {str(stage["stage"]): stage[f"{metric}_share"] for stage in stages}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
