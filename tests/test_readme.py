"""What README.md and docs/ say exists: commands, options, files, exit codes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from bench import registry
from bench.cli import app
from bench.spec.errors import ExitCode

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
IMAGENET = (ROOT / "docs" / "imagenet.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands() -> Iterator[list[str]]:
    """Every line of the shell blocks, as words."""
    for block in re.findall(r"^```sh\n(.*?)^```$", README + IMAGENET, re.M | re.S):
        for line in block.splitlines():
            if words := shlex.split(line, comments=True):
                yield words


def test_the_two_commands_come_first() -> None:
    first, second, *_ = commands()
    assert (first, second) == (["make", "demo"], ["make", "test"])
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^demo:", makefile, re.M)
    assert re.search(r"^test:", makefile, re.M)
    assert README.index("make demo") < README.index("\n## ")


@pytest.mark.parametrize(
    "words", [words for words in commands() if words[0] == "bench"], ids=" ".join
)
def test_every_command_parses(words: list[str]) -> None:
    """Options, arguments and their types, without running it."""
    command, arguments = typer.main.get_command(app), words[1:]
    while hasattr(command, "commands"):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    with command.make_context(" ".join(words), list(arguments)) as context:
        assert context.args == []  # nothing is left over


def test_what_the_commands_name_exists() -> None:
    used = [words for words in commands() if words[:2] == ["bench", "run"]]
    assert {"--models", "--data"} <= {word for words in used for word in words}
    for words in used:
        suite = registry.suite(words[2])
        if "--models" in words:
            assert registry.models(words[words.index("--models") + 1])
        if "--data" in words:
            given = words[words.index("--data") + 1]
            worlds = {dataset.world for dataset in registry.datasets()}
            assert given in worlds or registry.datasets(given)
        assert suite.report in registry.reports()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert links or page.name == "statistics.md"
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_exit_codes_are_all_there_as_in_the_help() -> None:
    table = dict(re.findall(r"^\| (\d+) \| (.+?) \|$", README, re.M))
    assert set(map(int, table)) == set(ExitCode)
    help_text = typer.main.get_command(app).epilog or ""
    assert dict(re.findall(r"^ +(\d+)  (.+)$", help_text, re.M)) == table
