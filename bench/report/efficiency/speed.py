"""How fast networks run: a block for each device, eager and compiled side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.analysis.compare.speedup import eager_and_compiled
from bench.blocks import Block, Column, Heading, Table
from bench.blocks.columns import column, columns
from bench.report.common.rows import rows
from bench.report.common.speed_ways import DISTURBED, disturbed, layout
from bench.report.efficiency.costs import problems

if TYPE_CHECKING:
    import pandas as pd

_MODES = {"eager": "Eager", "compiled": "Compiled"}
_INTERVALS = (
    "Brackets: where a repetition of the same command should find its number (95 %). With one "
    "process they cover only what varied within it."
)


def speeds(table: pd.DataFrame) -> Iterator[Block]:
    """Throughput and latency, of a `bench.analysis.tables.efficiency.efficiency_table`."""
    for device, part in table.groupby("device_name"):
        found = eager_and_compiled(part)
        modes = [m for m in _MODES if _any(found, f"throughput_{m}", f"problems_{m}")]
        body = [_row(row) for row in rows(found)]
        wrong = problems(found, *(f"problems_{mode}" for mode in _MODES))
        noisy = any(row[f"mark_{mode}"] for row in body for mode in _MODES)
        notes = (_INTERVALS, *((DISTURBED,) if noisy else ()))
        common = columns("architecture", "resolution", "precision", "layout")
        yield Heading(text=f"Speed on {device}")
        yield Table(
            name=f"throughput {device}",
            caption=f"Throughput on {device}, at the batch given",
            columns=(*common, *_throughput(modes), *wrong),
            rows=tuple(body),
            notes=notes,
            filterable=True,
        )
        yield Table(
            name=f"latency {device}",
            caption=f"Latency of one image on {device}",
            columns=(*common, *_latency(modes)),
            rows=tuple(body),
            notes=notes,
            filterable=True,
        )


def _any(found: pd.DataFrame, number: str, text: str) -> bool:
    return bool(found[number].notna().any() or found[text].fillna("").astype(bool).any())


def _row(row: dict[str, Any]) -> dict[str, Any]:
    said = [f"{m}: {row[f'problems_{m}']}" for m in _MODES if row[f"problems_{m}"]]
    marks = {f"mark_{m}": disturbed(row, f"_{m}") for m in _MODES}
    return row | marks | {"layout": layout(row), "problems": "; ".join(said)}


def _throughput(modes: list[str]) -> Iterator[Column]:
    for mode in modes:
        yield column("batch", suffix=f"_{mode}", group=_MODES[mode])
        yield _measured("throughput", mode, mark=f"mark_{mode}")
        yield _measured("peak_memory", mode)
    if "compiled" in modes:
        yield _measured("compile_seconds", "compiled")
        yield column("speedup")


def _latency(modes: list[str]) -> Iterator[Column]:
    for mode in modes:
        yield _measured("latency_p50", mode, mark=f"mark_{mode}")
        yield _measured("latency_p95", mode)
        yield _measured("latency_p99", mode)
    if "compiled" in modes:
        yield column("latency_speedup")


def _measured(name: str, mode: str, mark: str | None = None) -> Column:
    own = column(name, suffix=f"_{mode}", group=_MODES[mode], mark=mark)
    return replace(own, brief=f"{own.title}, {mode}")
