"""The table of known answers: what it shows, whose it names, when it keeps silent."""

from __future__ import annotations

import pandas as pd

from bench.blocks import Heading, Note, Report, Table
from bench.published import figures
from bench.render import html, markdown
from bench.report.common.beside_published import beside_published
from tests import synthetic

MODEL = "swin_tiny_patch4_window7_224.ms_in1k"


def measured(points: float = 0.0) -> pd.DataFrame:
    frame = figures.frame({MODEL}).assign(source="measured")
    frame.loc[frame["role"] == "r", ["value", "low", "high"]] -= points
    return frame


def test_figures_stand_beside_each_other_with_their_sources() -> None:
    heading, table = beside_published(measured())
    assert isinstance(heading, Heading)
    assert isinstance(table, Table)
    whats = [row["what"] for row in table.rows]
    assert whats[:4] == ["val", "val, top-5", "val, classes of A", "val, classes of R"]
    assert whats[-2:] == ["params, M", "GMACs"]
    first = table.rows[0]
    assert (first["value"], first["published"], first["verdict"]) == (81.388, 81.388, "agrees")
    assert first["run"] == "timm-results"
    notes = " ".join(table.notes)
    assert "results-imagenet.csv" in notes
    assert "pro6000maxq" in notes


def test_what_is_off_is_said_first() -> None:
    _, warning, _ = beside_published(measured(15))
    assert isinstance(warning, Note)
    assert warning.text.startswith(
        f"1 of 11 figures are not as published, of {MODEL}: val is right"
    )


def test_every_format_shows_it() -> None:
    report = Report(title="t", subtitle="s", blocks=tuple(beside_published(measured(15))))
    assert "classes of A" in html.render(report)
    assert "not restricted to the set" in markdown.render(report)


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert list(beside_published(synthetic.frame(("swin",)))) == []
    assert list(beside_published(figures.frame({MODEL}))) == []  # published beside itself
    unknown = measured().assign(model="mine.tag", architecture="mine")
    assert list(beside_published(unknown)) == []
