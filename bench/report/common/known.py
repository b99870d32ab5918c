"""Known answers: what was measured beside what is published of the same checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.analysis.compare.known import Verdict, beside
from bench.blocks import Block, Column, Form, Heading, Note, Row, Table, Tone
from bench.published import figures as published
from bench.report.common.models import rows
from bench.report.common.shared import TITLES

if TYPE_CHECKING:
    import pandas as pd

_COSTS = {"params": "params, M", "gmacs": "GMACs"}
_COLUMNS = (
    Column(key="model", title="Model"),
    Column(key="resolution", title="Pixels", form=Form.FIXED, digits=0),
    Column(key="what", title="Figure", about="Top-1 in % where nothing else is said"),
    Column(key="n", title="Images", form=Form.FIXED, digits=0),
    Column(
        key="value",
        title="Measured",
        form=Form.FIXED,
        digits=2,
        low="low",
        high="high",
        about="With its 95 % interval over images",
    ),
    Column(key="published", title="Published", form=Form.FIXED, digits=2),
    Column(
        key="difference",
        title="Difference",
        form=Form.SIGNED,
        digits=2,
        low="difference_low",
        high="difference_high",
        about="Measured less published: points, of params and GMACs %",
    ),
    Column(key="verdict", title="Verdict"),
    Column(key="diagnosis", title="What fits the evidence"),
    Column(key="run", title="Published by"),
)
_DIFFERENCE = (
    "Difference: of a whole set, which has the images that the published figure rests on, its "
    "interval is what rounding may do, one prediction in a hundred turned either way; of a part of "
    "a set it is that of the images measured. GMACs may differ by 3 %, as counters do."
)
_UNMATCHED = "Unmatched figures were prepared with another crop or filter and need not agree."


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
    metric, role = str(row["metric"]), TITLES.get(str(row["role"]), str(row["role"]))
    if metric in _COSTS:
        return _COSTS[metric]
    if metric.startswith("top1/"):
        part = metric.removeprefix("top1/").removesuffix("-classes")
        return f"{role}, classes of {TITLES.get(part, part)}"
    return f"{role}, {metric.replace('top', 'top-')}" if metric != "top1" else role


def _warning(off: Sequence[Mapping[str, Any]], total: int) -> str:
    """How many are off, and each reason once."""
    causes = dict.fromkeys(str(row["diagnosis"]) for row in off)
    which = dict.fromkeys(str(row["model"]) for row in off)
    return (
        f"{len(off)} of {total} figures are not as published, of {', '.join(which)}: "
        f"{'; '.join(causes)}."
    )
