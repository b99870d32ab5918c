"""The jobs that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.blocks import Block, Heading, Table
from bench.blocks.columns import columns
from bench.report.common.rows import rows
from bench.report.common.titles import counted

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = ("model", "measure", "dataset", "error")


def failures(frame: pd.DataFrame) -> tuple[Block, ...]:
    """Each with its error; nothing if none failed."""
    failed = frame[frame["status"] == "failed"].drop_duplicates("job")
    if failed.empty:
        return ()
    table = Table(
        name="failures",
        caption=f"{counted(len(failed), 'job')} failed; their numbers are missing above",
        columns=columns(*_SHOWN),
        rows=tuple(rows(failed[[*_SHOWN]])),
    )
    return Heading(text="Failed jobs"), table
