"""Scaling report: the answer, every model, error over cost, robustness, what pretraining buys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bench.analysis.compare.gain import pretraining_gain
from bench.analysis.scaling.equal_cost import at_equal_cost
from bench.analysis.scaling.laws import fit_series
from bench.analysis.tables.axes import COSTS, CostAxis
from bench.analysis.tables.scaling import robustness_lines, scaling_table
from bench.analysis.worlds import world_of
from bench.blocks import Block, Heading, Report, Text
from bench.report.common.beside_published import beside_published
from bench.report.common.cautions import cautions
from bench.report.common.failures import failures
from bench.report.common.image_sets import data_sets
from bench.report.common.models_table import table_of
from bench.report.common.provenance import conditions, download, provenance
from bench.report.common.worlds import by_world
from bench.report.scaling import axes, comparison, corruption, evidence, figures, published, tables
from bench.store.predictions import Read, correct

if TYPE_CHECKING:
    import pandas as pd


def build(
    frame: pd.DataFrame,
    env: Mapping[str, Any],
    read: Read | None = None,
    axis: CostAxis = CostAxis.GMACS,
) -> Report:
    """The report of a store's ``frame``; each world, as glyphs, has tables of its own.

    With ``read``, which gives a job's stored answers, gains are compared image by image. ``axis``
    is the cost that the laws are over.
    """
    blocks = by_world(frame, lambda part: _world(part, read, axis))
    return Report(
        title="Do ConvNets scale like Vision Transformers?",
        subtitle=conditions(frame),
        blocks=(*blocks, *failures(frame), *data_sets(frame)),
        provenance=provenance(frame, env),
        data=download(frame, "measurements"),
    )


def _world(frame: pd.DataFrame, read: Read | None, axis: CostAxis) -> Iterator[Block]:
    """All that one world's numbers show."""
    table = scaling_table(frame)
    fitted, lines = fit_series(table, COSTS[axis].column), robustness_lines(table)
    right = correct(frame, read) if read else None
    gain = pretraining_gain(table, right, world_of(frame).train_images)
    laws = fitted.laws
    scales = [scale for scale in comparison.SCALES if scale in set(table["scale"])]
    compared = [at_equal_cost(laws, scale, axis) for scale in scales]
    said = [*map(comparison.sentence, compared), tables.gain_sentence(gain)]
    yield Text(text=" ".join(said).strip(), lead=True)
    yield from cautions(frame)
    level = comparison.equal_cost(compared)
    if level is not None:
        yield level
    yield Heading(text="Models")
    yield table_of(table, frame)
    yield from beside_published(frame)
    if table[[COSTS[axis].column, "val"]].notna().all(axis=1).any():
        yield Heading(text="Error against cost")
        yield figures.error_over_cost(table, laws, axis)
        yield tables.fits(fitted.table, axis)
        yield from axes.across(table, axis, laws)
        yield from evidence.between_families(laws, table, axis)
    pairs = tables.gains(gain, table, frame)
    if pairs is not None:
        yield Heading(text="What pretraining buys")
        yield pairs
        yield from evidence.of_gains(gain)
    if any(table[role].notna().any() for role in lines):
        yield Heading(text="Robustness")
        yield figures.shift_over_val(table, lines)
        yield tables.robustness(table, lines)
        yield from published.against_published(table)
        yield from corruption.corruptions(frame, table, right, read)
    yield from evidence.of_fits(fitted, axis)
