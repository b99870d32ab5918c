from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bench.blocks import cells
from bench.render import markdown
from tests.render import sample

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def inlines(text: str) -> list[Token]:
    return [token for token in PARSER.parse(text) if token.type == "inline"]


def words(token: Token) -> str:
    """The text of an inline token; anything but text, emphasis and escapes is an error."""
    assert token.children is not None
    allowed = {"text", "text_special", "strong_open", "strong_close", "em_open", "em_close"}
    assert {child.type for child in token.children} <= allowed, token.content
    return "".join(child.content for child in token.children)


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_a_table_reads_back_as_it_was(text: str) -> None:
    check_table(text)


@settings(max_examples=150, deadline=None)
@given(st.text())
@example("&amp; &#65; 1. x")
def test_any_table_reads_back_as_it_was(text: str) -> None:
    check_table(text)


def check_table(text: str) -> None:
    block = sample.table(text)
    found = [words(token) for token in inlines(markdown.table(block))]
    rows = [[cells.cell(column, row) for column in block.columns] for row in block.rows]
    header = [cells.heading(column, group=True) for column in block.columns]
    expected = [cells.plain(text), *header, *(cell for row in rows for cell in row)]
    assert [f.strip() for f in found if f.strip()] == [
        e.strip() for e in [*expected, cells.plain(text)] if e.strip()
    ]


@settings(max_examples=150, deadline=None)
@given(st.text())
@example("1. list")
@example("- list")
@example("# heading")
@example("====")
@example("    code")
def test_any_report_keeps_its_shape(text: str) -> None:
    """Paragraphs stay paragraphs: no text becomes a list, a heading, a quote or HTML."""
    kinds = shape(markdown.render(sample.report(f"x{text}", picture=False)))
    assert kinds == shape(markdown.render(sample.report("x", picture=False)))
    paragraph = PARSER.parse(markdown._paragraph(text))
    assert [token.type for token in paragraph] in (
        ["paragraph_open", "inline", "paragraph_close"],
        [],
    )


def shape(text: str) -> list[str]:
    return [token.type for token in PARSER.parse(text)]
