from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections import Counter
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.blocks import Column, Form, Table, cells
from bench.render import grid, html
from tests.render import sample

VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """What a parser finds: elements with attributes and text; unclosed elements are an error."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))


def policy_of(page: Page) -> str:
    metas = [a for tag, a in page.elements if tag == "meta"]
    return next(
        str(a["content"]) for a in metas if a.get("http-equiv") == "Content-Security-Policy"
    )


@cache
def tame(*, picture: bool) -> Page:
    return Page(html.render(sample.report("x", picture=picture)))


@pytest.mark.parametrize("text", sample.HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    hostile, usual = Page(html.render(sample.report(text))), tame(picture=True)
    assert hostile.tags == usual.tags
    assert [set(a) for _, a in hostile.elements] == [set(a) for _, a in usual.elements]
    shown = [data.replace("\xa0", " ") for _, data in hostile.texts]
    assert sum(data == cells.plain(text) for data in shown) >= 12


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_any_text_stays_text(text: str) -> None:
    report = sample.report(f"x{text}", picture=False)
    page = Page(html.render(report))
    assert page.tags == tame(picture=False).tags


def test_nothing_can_be_fetched_or_run() -> None:
    text = html.render(sample.report("name"))
    page = Page(text)
    policy = policy_of(page)
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy
    for kind in ("style", "script"):
        inside = "".join(data for tag, data in page.texts if tag == kind)
        digest = b64encode(sha256(inside.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
        assert page.tags[kind] == 1
    for tag, attributes in page.elements:
        assert "style" not in attributes  # the policy would drop it
        assert not [name for name in attributes if name.startswith("on")]
        assert "src" not in attributes
        target = attributes.get("href") or "#"
        assert target.startswith(("#", "data:")), (tag, target)
    assert "url(http" not in text
    assert "@import" not in text


def test_ids_are_unique_and_references_resolve() -> None:
    page = Page(html.render(sample.report("name")))
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        for value in attributes.values():
            for found in re.findall(r"^#([\w-]+)$|url\(#([\w-]+)\)", value or ""):
                assert "".join(found) in ids
    named = {v for _, a in page.elements for k, v in a.items() if k in ("for", "aria-labelledby")}
    assert named
    assert named <= set(ids)


def test_downloads_hold_the_data_to_the_byte() -> None:
    text = 'model,"a ""b"""\n–,1\n'
    page = Page(html.render(sample.report(text)))
    links = [a for tag, a in page.elements if tag == "a" and "download" in a]
    payloads = [b64decode(str(a["href"]).partition("base64,")[2]).decode() for a in links]
    assert payloads.count(text) == 2  # the block's and the report's
    table = next(payload for payload in payloads if payload != text)
    assert "62.14,60.02,64.2" in table
    assert "nan" not in table


def test_table_says_what_it_is_to_a_screen_reader() -> None:
    text = html.render(sample.report("name"))
    page = Page(text)
    assert '<html lang="en">' in text
    headers = [a for tag, a in page.elements if tag == "th"]
    assert {a.get("scope") for a in headers} == {"col", "row", "colgroup"}
    assert page.tags["caption"] == page.tags["table"] == 1
    pictures = [a for tag, a in page.elements if tag == "svg" and a.get("role") == "img"]
    assert pictures
    assert all(a["aria-label"] for a in pictures)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_cells_carry_the_raw_value_to_sort_by() -> None:
    column = Column(key="v", title="v", form=Form.FIXED, digits=1)
    block = Table(
        name="t",
        caption="t",
        columns=(Column(key="name", title="name"), column),
        rows=({"name": "a", "v": 1.23456789}, {"name": "b", "v": None}),
    )
    tds = [a for tag, a in Page(f"<div>{grid.table(block)}</div>").elements if tag == "td"]
    assert tds[0]["data-value"] == "1.23456789"
    assert "data-value" not in tds[1]


def test_the_same_report_gives_the_same_page() -> None:
    assert html.render(sample.report("name")) == html.render(sample.report("name"))
