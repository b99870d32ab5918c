"""Clouds of runs, as a report: loss over size and data, or the frontier over one scale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import bench
from bench.analysis.tables.observations import Observations
from bench.blocks import Block, Column, Note, Report, Table, Text, Tone
from bench.blocks.columns import column, columns
from bench.report.common.rows import rows

if TYPE_CHECKING:
    import pandas as pd

_SURFACE = columns("surface_e", "alpha", "beta", "size_exponent", "surface_a", "surface_b")
_FRONTIER = columns("frontier_factor", "frontier_exponent", "bins", "x_low", "x_high")


def surface_report(given: Observations, table: pd.DataFrame, data: str, source: str) -> Report:
    """L(N, D) of each group, as `bench.analysis.runs.by_group.surfaces` has it."""
    text = (
        f"L(N, D) = E + A / N^alpha + B / D^beta, N {given.x}, D {data}, L {given.y} (Hoffmann et "
        "al. 2022). A compute-optimal size grows as C^(beta / (alpha + beta)). Intervals are of "
        "runs drawn anew; with few runs they are too narrow."
    )
    return _report(given, table, _SURFACE, f"{given.y} over {given.x} and {data}", text, source)


def frontier_report(given: Observations, table: pd.DataFrame, source: str) -> Report:
    """The frontier of each group, as `bench.analysis.runs.by_group.frontiers` has it."""
    text = (
        f"{given.y} = factor {given.x}^exponent, through the best run of each of five bins (Cherti "
        "et al. 2022). The law has no floor: do not extrapolate it."
    )
    return _report(given, table, _FRONTIER, f"Frontier of {given.y} over {given.x}", text, source)


def _report(
    given: Observations,
    table: pd.DataFrame,
    fitted: tuple[Column, ...],
    title: str,
    text: str,
    source: str,
) -> Report:
    return Report(
        title=title,
        subtitle=" · ".join(part for part in (source, *given.notes) if part),
        blocks=tuple(_blocks(given, table, fitted, text)),
        provenance=(("bench", bench.__version__),),
    )


def _blocks(
    given: Observations, table: pd.DataFrame, fitted: tuple[Column, ...], text: str
) -> Iterator[Block]:
    yield Text(text=text, lead=True)
    if blank := sum(given.missing.values()):
        yield Note(text=f"{blank} rows lack a number and are left out.", tone=Tone.WARN)
    yield Table(
        name="runs",
        caption="One row a group of runs",
        columns=(column("group"), column("points"), *fitted, column("reason")),
        rows=tuple(rows(table)),
    )
