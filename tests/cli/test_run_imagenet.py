"""``bench run --data imagenet``: true layouts and weights in a folder, to the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save_file

from bench.images.imagenet.synsets import subset, synsets
from bench.store import Store
from tests import imagenet

Call = Callable[..., Any]
MODEL = "test_convnext.r160_in1k"
_SUITE = """
from bench.spec import Measure, Suite

SUITE = Suite(
    name="look", title="Look", models=("convnext",), datasets=("val", "real", "a"),
    measures=(Measure.EVALUATE,), report="scaling",
)
"""


@pytest.fixture
def disk(here: Path, world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """val of all classes, A of some, and one model's weights."""
    mine = here / "mine"
    (mine / "suites").mkdir(parents=True)
    (mine / "suites" / "look.py").write_text(_SUITE)
    monkeypatch.setenv("BENCH_PATH", str(mine))
    monkeypatch.setenv("BENCH_CACHE", str(here / "cache"))
    imagenet.make_tree(here / "data" / "val", synsets(), per_class=1, size=(40, 30))
    some = [synsets()[place] for place in subset("imagenet-a")]
    imagenet.make_tree(here / "data" / "imagenet-a", some, per_class=1, size=(40, 30), seed=1)
    (here / "weights").mkdir()
    torch.manual_seed(0)
    network = timm.create_model(MODEL, pretrained=False)
    save_file(network.state_dict(), here / "weights" / f"{MODEL}.safetensors")
    return here


def run(bench: Call, *more: str) -> Any:
    options = ("--data-dir", "data", "--weights-dir", "weights", "--offline", "--img-size", "32")
    return bench("run", "look", "--models", MODEL, "--data", "imagenet", *options, *more)


def test_every_set_that_is_found_is_measured_once(bench: Call, disk: Path) -> None:
    said = run(bench)
    assert said.code == 0, said.err
    assert f"imagenet-a from {disk / 'data' / 'imagenet-a'}" in said.out
    assert "imagenet-val has 1,000 images instead of 50,000" in said.err
    assert "chance level" in " ".join(said.out.split())
    with Store(disk / "results", readonly=True) as store:
        frame = store.frame()
    top1 = frame[frame["metric"] == "top1"].set_index("dataset")["n"]
    assert top1.to_dict() == {"imagenet-val": 1000, "imagenet-real": top1["imagenet-real"]} | {
        "imagenet-a": 200
    }
    assert set(frame["changed"]) == {"img-size=32"}
    assert {"top1_full", "top1/a-classes", "top1/r-classes"} <= set(frame["metric"])
    again = run(bench)
    assert "3 jobs: 0 done" in again.out
    assert "3 already stored" in again.out
    assert len(list((disk / "cache" / "prepared").iterdir())) == 2  # ReaL has none of its own


def test_shuffled_folders_are_said_before_anything_runs(bench: Call, disk: Path) -> None:
    folders = sorted((disk / "data" / "val").iterdir())
    for folder in folders:
        folder.rename(folder.with_name(f".{folder.name}"))
    for folder, other in zip(folders, [*folders[1:], folders[0]], strict=True):
        folder.with_name(f".{folder.name}").rename(other)
    said = run(bench, "--limit", "20")
    assert "folder names are mixed up" in said.err


def test_missing_weights_are_all_named_first(bench: Call, disk: Path) -> None:
    options = ("--data", "imagenet", "--data-dir", "data", "--weights-dir", "weights", "--offline")
    others = "swin_tiny_patch4_window7_224.ms_in1k,resnet18.a1_in1k"
    said = bench("run", "look", "--models", f"{MODEL},{others}", *options)
    assert said.code == 4
    assert "weights of 2 of 3 models" in said.err
    assert others in said.err
    assert not (disk / "cache" / "prepared").exists()
