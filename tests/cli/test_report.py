"""``bench report``, ``export`` and ``import`` show and pass on what the store holds."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from bench.store import Store

Call = Callable[..., Any]


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that runs the suite leaves its store for the others."""
    return tmp_path_factory.mktemp("stored")


@pytest.fixture
def results(bench: Call, here: Path, stored: Path) -> Path:
    """A store with the tiny suite in ``results``."""
    if not (stored / "results").exists():
        assert bench("run", "tiny", "--output", str(stored / "results")).code == 0
    shutil.copytree(stored / "results", here / "results")
    return here / "results"


class Names(HTMLParser):
    """All tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)


def test_a_bare_html_flag_writes_report_html(bench: Call, here: Path, results: Path) -> None:
    said = bench("report", "--html")
    assert said.code == 0, said.err
    assert said.err == "wrote report.html\n"
    page = (here / "report.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert {"table", "style"} <= Names(page).tags
    assert "tiny_xs.g1k" in page


def test_each_format_goes_where_it_is_told(bench: Call, here: Path, results: Path) -> None:
    assert bench("report", "--html", "--to", "page.html").code == 0
    assert (here / "page.html").exists()
    assert not (here / "report.html").exists()
    markdown, latex = bench("report", "--markdown").out, bench("report", "--latex").out
    assert "| --- |" in markdown
    assert r"\begin{tabular}" in latex
    assert bench("report", "--markdown", "--to", "r.md").out == ""
    assert (here / "r.md").read_text(encoding="utf-8") == markdown


def test_the_terminal_shows_tables_and_provenance(bench: Call, results: Path) -> None:
    said = bench("report")
    assert said.code == 0
    assert "tiny_xs.g1k" in said.out
    assert "torch" in said.out


def test_a_run_prints_what_a_report_prints(bench: Call, here: Path, results: Path) -> None:
    """Of one store there is one report, whichever command shows it."""
    ran = bench("run", "tiny").out.splitlines()
    reported = bench("report", "--suite", "tiny").out.splitlines()
    shown = [line for line in ran[ran.index("") + 1 : -3] if line]
    assert len(shown) > 10
    rest = iter(reported)
    assert [line for line in shown if line not in rest] == []  # all of it, in this order


def test_a_report_by_name_or_by_suite(bench: Call, results: Path) -> None:
    by_suite, by_name = bench("report", "--suite", "tiny"), bench("report", "-r", "scaling")
    assert by_suite.out == by_name.out == bench("report").out
    assert bench("report", "-r", "leaderboard").out.startswith("Leaderboard")


def test_csv_and_json_hold_every_measurement(bench: Call, results: Path) -> None:
    with Store(results, readonly=True) as store:
        frame = store.frame()
    rows = list(csv.DictReader(io.StringIO(bench("export").out)))
    objects = json.loads(bench("export", "--format", "json").out)
    assert len(rows) == len(objects) == len(frame)
    for row, record, value in zip(rows, objects, frame["value"], strict=True):
        assert float(row["value"]) == value
        assert record["value"] == pytest.approx(value, rel=1e-13, abs=1e-15)
        assert row["metric"] == record["metric"]


def test_markdown_and_latex_hold_the_tables_alone(bench: Call, results: Path) -> None:
    markdown = bench("export", "--format", "markdown").out
    latex = bench("export", "--format", "latex", "--report", "leaderboard").out
    assert "# " not in markdown
    assert "| Model |" in markdown
    assert latex.count(r"\begin{table}") == latex.count(r"\end{table}") >= 1
    assert r"\section" not in latex


def test_a_store_travels_whole(bench: Call, here: Path, results: Path) -> None:
    sent = bench("export", "--format", "jsonl", "--to", "all.jsonl")
    assert sent.out.startswith("wrote 3 jobs to")
    said = bench("import", "all.jsonl", "--output", "other")
    assert said.out.startswith("added 3 jobs to")
    assert bench("import", "all.jsonl", "--output", "other").out.startswith("added 0 jobs to")
    assert bench("export", "--output", "other").out == bench("export").out


def test_what_cannot_be_written_is_one_line(bench: Call, results: Path) -> None:
    for arguments in (["report", "--html"], ["export"], ["export", "-f", "jsonl"]):
        said = bench(*arguments, "--to", "/dev/null/x")
        assert said.code == 2
        assert len(said.err.splitlines()) == 1
        assert "/dev/null/x" in said.err


def test_an_empty_store_says_so(bench: Call, here: Path) -> None:
    Store(here / "results").close()
    said = bench("report")
    assert said.code == 2
    assert "no results in" in said.err


def test_laws_may_be_over_another_cost(bench: Call, results: Path) -> None:
    said = bench("report", "--markdown", "--axis", "params")
    assert said.code == 0, said.err
    assert "val error over params" in said.out
    wrong = bench("report", "--axis", "flops")
    assert wrong.code == 2
    assert "gmacs" in wrong.err
    none = bench("report", "--report", "leaderboard", "--axis", "params")
    assert (none.code, none.out) == (2, "")
    assert none.err.strip().endswith("this report has no --axis")
