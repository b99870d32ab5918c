"""``bench list`` and ``bench data`` show what there is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bench import registry

Call = Callable[..., Any]


def test_every_declaration_is_listed_once(bench: Call) -> None:
    everything = bench("list").out.splitlines()
    first_words = [line.split()[0] for line in everything if line]
    for what in ("models", "datasets", "suites"):
        declared = getattr(registry.load(), what)
        listed = [line.split()[0] for line in bench("list", what).out.splitlines()]
        assert listed[0] == what.removesuffix("s")
        assert sorted(listed[1:]) == sorted(declared)
        assert [word for word in first_words if word in declared] == listed[1:]


def test_the_catalog_is_searched(bench: Call) -> None:
    header, *lines = bench("list", "models", "timm:eva02_*").out.splitlines()
    assert header.split()[:2] == ["model", "world"]
    assert len(lines) > 15
    (line,) = [one.split() for one in lines if one.startswith("eva02_small_patch14_336.mim_in22k")]
    assert line[-4:] == ["22k", "imagenet-22k>imagenet-1k", "336", "1000"]
    (model,) = json.loads(bench("list", "models", "coatnet_5_224", "--json").out)
    assert (model["classes"], model["weights"], model["scale"]) == (1000, "", "unknown")
    assert bench("list", "datasets", "tiny-r").out.splitlines()[1].split()[0] == "tiny-r"
    wrong = bench("list", "models", "timm:convnextt_tiny")
    assert (wrong.code, wrong.out) == (2, "")
    assert "did you mean convnext_tiny" in wrong.err
    assert bench("list", "suites", "tiny").code == 2


def test_worlds_are_listed_one_after_the_other(bench: Call) -> None:
    header, *lines = bench("list", "models").out.splitlines()
    column = header.index("world")
    worlds = [line[column:].split()[0] for line in lines]
    assert list(dict.fromkeys(worlds)) == ["glyphs", "imagenet", "tiny"]
    assert worlds == sorted(worlds)


def test_json_holds_whole_declarations(bench: Call) -> None:
    models = json.loads(bench("list", "models", "--json").out)
    (tiny,) = [model for model in models if model["name"] == "tiny_xs.g1k"]
    assert (tiny["resolution"], tiny["kwargs"]["patch_size"]) == (32, 2)
    everything = json.loads(bench("list", "--json").out)
    assert set(everything) == {"models", "datasets", "suites"}
    assert everything["models"] == models


def test_a_contact_sheet_shows_the_set(bench: Call, here: Path) -> None:
    said = bench("data", "show", "tiny-val", "--columns", "5", "--rows", "2", "--scale", "1")
    assert (said.code, said.out) == (0, "tiny-val.png\n")
    with Image.open(here / "tiny-val.png") as sheet:
        width, height = sheet.size
        assert width >= 5 * 32
        assert height >= 2 * 32
        assert len(set(sheet.convert("L").tobytes())) > 100  # noise, not a blank sheet


def test_what_is_on_disk_is_told(bench: Call, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(here / "fresh"))

    def on_disk() -> set[str]:
        lines = bench("data", "list").out.splitlines()
        column = lines[0].index("on disk")
        return {line.split()[0] for line in lines[1:] if line[column:].startswith("yes")}

    assert on_disk() == set()
    assert bench("data", "show", "tiny-r", "--to", "r.png").code == 0
    assert on_disk() == {"tiny-r"}
    assert str(here / "fresh") in bench("data", "list").out
