"""Reports are made of the frame alone: one store gives the same report on every machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from bench.published import figures
from tests import costed, stored, synthetic

ROOT = Path(__file__).parents[2]
#: Builds and renders a report where the registry cannot be imported.
CHILD = """
import importlib.util, sys
import pandas as pd
sys.modules["bench.registry"] = None
frame, name = pd.read_pickle(sys.argv[1]), sys.argv[2]
spec = importlib.util.spec_from_file_location(name, sys.argv[3])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from bench.render import markdown
print(markdown.render(module.build(frame, {})))
"""
#: Compares two stored models there.
PAIR = """
import sys
sys.modules["bench.registry"] = None
from pathlib import Path
from bench.render import markdown
from bench.report.pair import gap, gap_tables
from bench.store import Store, predictions
with Store(Path(sys.argv[1]), readonly=True) as store:
    frame = store.frame()
    found = gap.between(frame, predictions.reader(store), "convnext_m.g22k", "swin_m.g1k")
    print(markdown.render(gap_tables.report(found, frame)))
"""


def run(code: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def frames() -> dict[str, tuple[str, pd.DataFrame, str]]:
    """A frame of each world, the report that it is for, and what that says of the sets."""
    small = synthetic.frame(("convnext", "resnet"))
    small = small[small["size"].isin(["s", "m", "l"])]
    measured = figures.frame({"resnet50.a1_in1k"}).assign(source="measured", job="j")
    return {
        "glyphs": ("scaling", small, "keeps only images that resnet"),
        "leaderboard": ("leaderboard", small, "validation set, drawn like"),
        "imagenet": ("scaling", measured, "ILSVRC 2012 validation set"),
        "costs": ("efficiency", costed.frame(), "The ConvNeXt paper"),
    }


@pytest.mark.parametrize("case", ["glyphs", "leaderboard", "imagenet", "costs"])
def test_a_report_needs_no_registry(case: str, tmp_path: Path) -> None:
    name, frame, said = frames()[case]
    frame.to_pickle(tmp_path / "frame.pkl")
    file = ROOT / "reports" / f"{name}.py"
    assert said in run(CHILD, str(tmp_path / "frame.pkl"), name, str(file))


def test_a_comparison_needs_no_registry(tmp_path: Path) -> None:
    folder = stored.make(tmp_path / "results")
    found = run(PAIR, str(folder))
    assert "The gap on val in steps" in found
    # Classes bear the characters that the stored set declares.
    assert "The 10 largest gaps by class on val" in found
