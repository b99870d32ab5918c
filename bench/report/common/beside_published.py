"""Known answers: what was measured beside what is published of the same checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.analysis.compare.known import Verdict, beside
from bench.blocks import Block, Heading, Note, Row, Table, Tone
from bench.blocks.columns import columns
from bench.published import figures as published
from bench.report.common.rows import rows
from bench.report.common.titles import title

if TYPE_CHECKING:
    import pandas as pd

_COSTS = {"params": "params, M", "gmacs": "GMACs"}
_COLUMNS = columns(
    *("model", "resolution", "figure", "n", "measured", "published", "difference"),
    *("verdict", "diagnosis", "published_by"),
)
_DIFFERENCE = (
    "Difference: on a whole set, which has the images that the published figure rests on, its "
    "interval allows for rounding, one prediction in a hundred flipped either way; on part of a "
    "set it is the interval of the images measured. GMACs may differ by 3 %, as counters do."
)
_UNMATCHED = "Unmatched figures used another crop or filter and need not agree."


def beside_published(frame: pd.DataFrame) -> Iterator[Block]:
    """Heading, warning and table; nothing where nothing measured is published.

    ``frame`` is a store's, its measured rows those with ``source`` measured.
    """
    measured = frame[(frame["source"] == "measured") & (frame["world"] == "imagenet")]
    networks = set(measured["architecture"])
    names = {row.model for row in published.checkpoints() if row.architecture in networks}
    if not names:
        return
    figures = published.frame(names)
    found = beside(measured, figures)
    if found.empty:
        return
    body: list[dict[str, Any]] = rows(found)
    cited = published.cited(figures[figures["run"].isin(found["run"])])
    for row in body:
        row["what"] = _what(row)
    yield Heading(text="Beside published figures")
    if off := [row for row in body if row["verdict"] == Verdict.OFF]:
        yield Note(text=_warning(off, len(body)), tone=Tone.WARN)
    yield Table(
        name="known",
        caption="Measured here beside published elsewhere, of the same checkpoints",
        columns=_COLUMNS,
        rows=tuple(body),
        notes=(_DIFFERENCE, _UNMATCHED, *(f"{key}: {where}." for key, where in cited.items())),
        filterable=True,
    )


def _what(row: Row) -> str:
    """Name of a figure.

    >>> _what({"role": "val", "metric": "top1/a-classes"}), _what({"role": "a", "metric": "top1"})
    ('val, classes of A', 'A')
    """
    metric, role = str(row["metric"]), title(row["role"])
    if metric in _COSTS:
        return _COSTS[metric]
    if metric.startswith("top1/"):
        part = metric.removeprefix("top1/").removesuffix("-classes")
        return f"{role}, classes of {title(part)}"
    return f"{role}, {metric.replace('top', 'top-')}" if metric != "top1" else role


def _warning(off: Sequence[Mapping[str, Any]], total: int) -> str:
    """How many are off, and each reason once."""
    causes = dict.fromkeys(str(row["diagnosis"]) for row in off)
    which = dict.fromkeys(str(row["model"]) for row in off)
    return (
        f"{len(off)} of {total} figures are not as published, of {', '.join(which)}: "
        f"{'; '.join(causes)}."
    )
