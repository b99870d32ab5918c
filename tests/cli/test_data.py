"""``bench data check`` and ``bench data show`` on sets that are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.imagenet import SYNSETS, SYNSETS_R, make_tar, make_tree

Call = Callable[..., Any]

_DATA = """
from bench.spec import Dataset, Role

DATASETS = (
    Dataset(
        name="mini-val", world="imagenet", role=Role.VAL, images=200, classes=200, resolution=0,
        options={"classes": "imagenet-r", "per_class": 1},
    ),
)
"""


@pytest.fixture
def images(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of data sets, and a declaration of one that is whole there."""
    declared = here / "declared" / "data" / "mini.py"
    declared.parent.mkdir(parents=True)
    declared.write_text(_DATA)
    monkeypatch.setenv("BENCH_PATH", str(here / "declared"))
    monkeypatch.setenv("BENCH_CACHE", str(here / "cache"))
    monkeypatch.delenv("BENCH_DATA", raising=False)
    make_tree(here / "images" / "mini-val", SYNSETS_R, 1, size=(8, 8))
    return here / "images"


def test_a_whole_set_is_one_line_and_exit_0(bench: Call, images: Path) -> None:
    said = bench("data", "check", "--data-dir", str(images))
    assert said.code == 0
    (line,) = said.out.splitlines()
    assert line.startswith(f"mini-val  {images / 'mini-val'}  200 images of 200 classes, sha256 ")
    assert line.endswith("200 decoded: all good")


def test_faults_are_a_line_each_and_exit_4(bench: Call, images: Path) -> None:
    make_tree(images / "imagenet_sketch", SYNSETS[:2], 2, style="sketch")
    broken = images / "mini-val" / SYNSETS_R[0]
    next(broken.iterdir()).write_bytes(b"")
    said = bench("data", "check", "--data-dir", str(images), "--all")
    assert said.code == 4
    lines = said.out.splitlines()
    assert [line.startswith("  ") for line in lines] == [False, True, False, True]
    assert "998 of 1000 class folders have no images" in lines[1]
    assert "1 images cannot be decoded" in lines[3]
    assert lines[3].endswith(": copy these files anew")


def test_what_cannot_be_read_is_a_finding_not_a_trace(bench: Call, images: Path) -> None:
    (images / "val" / "000").mkdir(parents=True)
    make_tree(images / "val", SYNSETS[:1], 1)
    (images / "val" / SYNSETS[0]).rename(images / "val" / "001")
    said = bench("data", "check", "imagenet-val", "--data-dir", str(images))
    assert (said.code, said.err) == (4, "")
    first, second = said.out.splitlines()
    assert first.endswith("cannot be read")
    assert "are named by numbers" in second


def test_as_json(bench: Call, images: Path) -> None:
    tar = make_tar(images / "elsewhere.tar", SYNSETS_R[:3], 1)
    said = bench("data", "check", "mini-val", "--from", f"mini-val={tar}", "--json")
    assert said.code == 4
    (found,) = json.loads(said.out)
    assert (found["name"], found["place"], found["images"]) == ("mini-val", str(tar), 3)
    assert "197 of 200" in found["findings"][0]["what"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--data-dir FOLDER"),
        (("glyphs-val",), "are drawn, not read"),
        (("imagenet-a", "--data-dir", "images"), "--from imagenet-a=PLACE"),
        (("--data-dir", "nowhere"), "is no folder"),
        (("--from", "mini-val"), "NAME=PLACE"),
        (("--from", "mini-vul=images"), "did you mean mini-val"),
        (("--data-dir", "declared"), "under declared"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(
    bench: Call, images: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = bench("data", "check", *arguments)
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert said in line


def test_a_contact_sheet_of_images_that_are_read(bench: Call, images: Path, here: Path) -> None:
    options = ("--columns", "5", "--rows", "2", "--data-dir", str(images))
    assert bench("data", "show", "mini-val", *options).out == "mini-val.png\n"
    with Image.open(here / "mini-val.png") as sheet:
        assert sheet.size == (5 * 130 + 2, 2 * 130 + 2)
        colours = [sheet.convert("RGB").getpixel((66 + 130 * i, 66)) for i in range(5)]
        assert len(set(colours)) == 5
    assert bench("data", "show", "mini-val").code == 2


def test_every_usual_name_is_in_the_help(bench: Call) -> None:
    from bench.images.listed.usual import USUAL

    told = bench("data", "check", "--help").out.lower().replace("_", "-")
    for names in USUAL.values():
        assert names[0] in told


def test_drawn_and_read_sets_are_listed(bench: Call, images: Path) -> None:
    lines = {line.split()[0]: line for line in bench("data", "list").out.splitlines() if line}
    assert "see --data-dir" in lines["imagenet-val"]
    assert "see --data-dir" not in lines["glyphs-val"]
