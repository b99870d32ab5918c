from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from bench.blocks import Column, Form, Report, Table, cells
from bench.render import terminal
from tests.render import sample


def printed(report: Report, width: int = 100) -> str:
    out = io.StringIO()
    terminal.render(report, Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_hostile_text_is_shown_and_never_obeyed(text: str) -> None:
    shown = printed(sample.report(text, picture=False), width=200)
    assert cells.plain(text) in shown
    assert "\x1b" not in shown


@settings(max_examples=60, deadline=None)
@given(st.text(), st.integers(30, 120))
def test_any_report_prints_without_control_characters(text: str, width: int) -> None:
    shown = printed(sample.report(text, picture=False), width)
    assert not {c for c in shown if ord(c) < 32} - {"\n"}


def wide_table(columns: int) -> Table:
    return Table(
        name="t",
        caption="wide",
        columns=(
            Column(key="name", title="Model"),
            *(
                Column(
                    key=f"v{i}",
                    title=f"set{i}",
                    group="Top-1, %",
                    form=Form.FIXED,
                    low=f"lo{i}",
                    high=f"hi{i}",
                )
                for i in range(columns)
            ),
        ),
        rows=tuple(
            {"name": f"model_{r}"}
            | {f"v{i}": 10.0 * r + i for i in range(columns)}
            | {f"lo{i}": 10.0 * r + i - 1 for i in range(columns)}
            | {f"hi{i}": 10.0 * r + i + 1 for i in range(columns)}
            for r in range(1, 4)
        ),
    )


@pytest.mark.parametrize("width", [40, 60, 80, 120, 400])
def test_nothing_is_cut_and_nothing_is_wider_than_the_window(width: int) -> None:
    block = wide_table(12)
    shown = printed(Report(title="t", subtitle="s", blocks=(block,)), width)
    assert max(cell_len(line) for line in shown.splitlines()) <= width
    assert "…" not in shown
    for row in block.rows:
        for column in block.columns[1:]:
            assert cells.value(column, row) in shown
    parts = shown.count("Model")
    assert shown.count("model_1") == parts  # the row's name starts each part
    assert ("[30.0, 32.0]" in shown) == (width == 400)


def test_a_terminal_without_unicode_gets_ascii() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    terminal.render(sample.report("– − † é", picture=False), Console(file=out, width=80))
    assert b"- - * ?" in raw.getvalue()
