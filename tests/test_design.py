"""docs/design.md's table of rooms is the package's."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")


def test_every_room_is_in_the_table_and_every_room_of_the_table_is_there() -> None:
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`((?:bench/)?\w+/)`", row)}
    there = {
        f"bench/{folder.name}/"
        for folder in (ROOT / "bench").iterdir()
        if folder.is_dir() and any(folder.glob("[!_]*"))
    }
    assert told == there | {"suites/", "reports/", "benchmarks/"}


def test_files_that_the_page_names_are_there() -> None:
    named = set(re.findall(r"`((?:bench|benchmarks|tests|docs|reports|suites)/[\w/]+\.\w+)`", PAGE))
    assert len(named) > 5
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
