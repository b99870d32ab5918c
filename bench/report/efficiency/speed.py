"""How fast networks run: a block for each device, eager and compiled side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench.analysis.compare.speedup import eager_and_compiled
from bench.blocks import Block, Column, Form, Heading, Table
from bench.report.common.models import rows
from bench.report.common.ways import LAYOUT, PRECISION, layout
from bench.report.efficiency.costs import ARCHITECTURE, PIXELS, PROBLEMS, problems

if TYPE_CHECKING:
    import pandas as pd

_MODES = {"eager": "Eager", "compiled": "Compiled"}
_DISTURBED = (
    "≈ Other processes disturbed some of the samples, and undisturbed ones could not be had."
)
_INTERVALS = (
    "Brackets: where the same command, given again, should find its number (95 %). Of one process "
    "they cover what varied within it."
)


def speeds(table: pd.DataFrame) -> Iterator[Block]:
    """Throughput and latency, of a `bench.analysis.tables.efficiency.efficiency_table`."""
    for device, part in table.groupby("device_name"):
        found = eager_and_compiled(part)
        modes = [m for m in _MODES if _any(found, f"throughput_{m}", f"problems_{m}")]
        body = [_row(row) for row in rows(found)]
        wrong = problems(found, *(f"problems_{mode}" for mode in _MODES))
        disturbed = any(row[f"mark_{mode}"] for row in body for mode in _MODES)
        notes = (_INTERVALS, *((_DISTURBED,) if disturbed else ()))
        common = (ARCHITECTURE, PIXELS, PRECISION, LAYOUT)
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
    marks = {f"mark_{m}": "≈" if (row[f"disturbed_{m}"] or 0) > 0 else "" for m in _MODES}
    return row | marks | {"layout": layout(row), PROBLEMS.key: "; ".join(said)}


def _throughput(modes: list[str]) -> Iterator[Column]:
    for mode in modes:
        group = _MODES[mode]
        yield Column(key=f"batch_{mode}", title="Batch", group=group, form=Form.FIXED, digits=0)
        yield _measured("throughput", mode, "Throughput", "img/s")
        yield _measured("peak_memory", mode, "Peak memory", "MiB")
    if "compiled" in modes:
        yield _measured("compile_seconds", "compiled", "To compile", "s")
        yield _gain("speedup", "Compiled ÷ eager")


def _latency(modes: list[str]) -> Iterator[Column]:
    for mode in modes:
        yield _measured("latency_p50", mode, "p50", "ms")
        for percent in (95, 99):
            yield _measured(f"latency_p{percent}", mode, f"p{percent}", "ms", ends=False)
    if "compiled" in modes:
        yield _gain("latency_speedup", "Eager ÷ compiled")


def _measured(metric: str, mode: str, title: str, unit: str, *, ends: bool = True) -> Column:
    return Column(
        key=f"{metric}_{mode}",
        title=title,
        unit=unit,
        group=_MODES[mode],
        form=Form.SIGNIFICANT,
        digits=3,
        low=f"{metric}_low_{mode}" if ends else None,
        high=f"{metric}_high_{mode}" if ends else None,
        mark=f"mark_{mode}" if metric in ("throughput", "latency_p50") else None,
        brief=f"{title}, {mode}",
    )


def _gain(key: str, title: str) -> Column:
    return Column(
        key=key,
        title=title,
        form=Form.FIXED,
        digits=2,
        low=f"{key}_low",
        high=f"{key}_high",
        about="Above 1 the compiled network is faster",
    )
