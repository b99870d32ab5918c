"""docs/adding.md, followed to the letter in an empty folder."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from bench.store import Store

PAGE = Path(__file__).parents[1] / "docs" / "adding.md"
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
_FILE = re.compile(r"`(mine/[\w/]+\.py)`:\s*\Z")


def steps() -> list[tuple[str, str]]:
    """(file name or "", text): what to write where, and with no name what to type."""
    page = PAGE.read_text(encoding="utf-8")
    found = []
    for fence in _FENCE.finditer(page):
        language, text = fence.groups()
        named = _FILE.search(page[: fence.start()])
        assert (language == "python") == (named is not None), text
        found.append((named[1] if named else "", text))
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_page_works_as_written(tmp_path: Path) -> None:
    typed, written = ["set -euo pipefail"], 0
    for name, text in steps():
        if name:  # written when its turn comes, as a reader would
            typed.append(f"cat > {name} <<'END-OF-FILE'\n{text}END-OF-FILE")
            written += 1
        else:
            typed.append(text)
    assert written == 8
    environment = {k: v for k, v in os.environ.items() if k != "BENCH_PATH"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", "\n".join(typed)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment,
        timeout=840,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    with Store(tmp_path / "results", readonly=True) as store:
        mixer = store.frame()
    assert set(mixer["model"]) == {"mixer_xs.g1k"}
    assert {"top1", "gmacs", "throughput"} <= set(mixer["metric"])
    val = mixer[(mixer["metric"] == "top1") & (mixer["role"] == "val")]["value"].item()
    assert 0 <= val <= 100

    rows = list(csv.reader(line for line in done.stdout.splitlines() if ",margin," in line))
    assert len(rows) == 1

    assert "resnet10t.ours_in1k" in done.stdout
    assert "2 images of 2 classes" in done.stdout  # of the pond, which is read
    assert done.stdout.count("speed convnext_atto.") == 2  # one for each layout

    with Store(tmp_path / "negatives", readonly=True) as store:
        negatives = store.frame()
    assert set(negatives["dataset"]) == {"glyphs-val", "glyphs-negative"}
    assert set(negatives["model"]) == {"convnext_xs.g1k", "swin_xs.g1k"}
    assert "glyphs-negative" in (tmp_path / "negatives.html").read_text(encoding="utf-8")
    with Image.open(tmp_path / "negative.png") as sheet:
        assert sheet.size[0] > 300


def test_negatives_are_negatives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's drawing function, against the images that it turns over."""
    from bench import registry
    from bench.images.drawn.store import open_images
    from bench.spec import replace

    for name, text in steps():
        if name.endswith("negative.py") and "suites" not in name:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
    monkeypatch.setenv("BENCH_PATH", str(tmp_path / "mine"))
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    (negative,) = registry.datasets("glyphs-negative")
    (val,) = registry.datasets("glyphs-val")
    negative, val = replace(negative, images=8), replace(val, images=8)
    drawn, original = open_images(negative, workers=1), open_images(val, workers=1)
    assert (drawn.pixels == 255 - original.pixels).all()
    assert (drawn.labels == original.labels).all()
