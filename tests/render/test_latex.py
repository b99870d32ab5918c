from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.blocks import cells
from bench.render import latex
from tests.render import sample

#: What a typesetter would show for each command; written here by hand, not read from the module.
SHOWN = {
    "textbackslash": "\\",
    "textasciicircum": "^",
    "textasciitilde": "~",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "textquotedbl": '"',
    "textasciigrave": "`",
    "textquotesingle": "'",
    "textdagger": "†",
}
TOKEN = re.compile(
    r"\\(?P<word>[a-z]+)\{\}|\\(?P<symbol>[{}$&#_%])|\$(?P<math>-|\\times|\\pm)\$"
    r"|\{(?P<group>[-\[\]])\}|(?P<dash>--)|(?P<plain>[^\\{}$&#_%^~])",
    re.DOTALL,
)


def typeset(source: str) -> str:
    """The text that a reader sees; fails on anything that is not plain text to TeX."""
    shown, at = "", 0
    while at < len(source):
        token = TOKEN.match(source, at)
        assert token, f"TeX would act on {source[at : at + 10]!r}"
        at = token.end()
        match token.lastgroup:
            case "word":
                shown += SHOWN[token["word"]]
            case "math":
                shown += {"-": "−", "\\times": "×", "\\pm": "±"}[token["math"]]
            case "dash":
                shown += "–"
            case _:
                shown += token[token.lastgroup or 0]
    return shown


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_hostile_text_is_typeset_as_it_is(text: str) -> None:
    assert typeset(latex.escape(text)) == cells.plain(text).replace("\ufffd", "?")


@settings(max_examples=300)
@given(st.text())
def test_any_text_is_typeset_as_it_is(text: str) -> None:
    assert typeset(latex.escape(text)) == cells.plain(text).replace("\ufffd", "?")


@pytest.mark.parametrize("text", ["name", *sample.HOSTILE])
def test_a_table_has_its_columns_and_groups_close(text: str) -> None:
    source = latex.table(sample.table(text))
    body = source.partition(r"\midrule")[2].partition(r"\bottomrule")[0].strip()
    for line in body.splitlines():
        assert line.endswith(r" \\")
        assert len(re.findall(r"(?<!\\)&", line)) == 2
    bare = re.sub(r"\\[{}\\]", "", source)
    assert bare.count("{") == bare.count("}")
    for name in ("table", "tabular"):
        assert source.count(rf"\begin{{{name}}}") == source.count(rf"\end{{{name}}}") == 1
    rules = (r"\toprule", r"\midrule", r"\bottomrule")
    assert [source.count(rule) for rule in rules] == [1, 1, 1]


def test_a_report_has_every_part() -> None:
    source = latex.render(sample.report("name"))
    assert r"\section*{name}" in source
    assert r"\texttt{name}" in source
    assert r"\item[name] name" in source
