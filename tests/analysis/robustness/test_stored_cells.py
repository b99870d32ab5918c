"""Which corruption an answer is to, as stored with it or by taking turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from bench.analysis.robustness.stored_cells import stored_cells

NAMES = ("fog-1", "fog-2", "snow-1", "snow-2")


@dataclass(frozen=True)
class Kept:
    n: int
    group: Any = None
    group_names: tuple[str, ...] = ()
    base: Any = None

    def __len__(self) -> int:
        return self.n


def frame(*models: str) -> pd.DataFrame:
    rows = [
        (model, f"{role}-{model}", role, metric)
        for model in models
        for role, metrics in (("val", ["top1"]), ("c", ["top1", *(f"top1/{n}" for n in NAMES)]))
        for metric in metrics
    ]
    found = pd.DataFrame(rows, columns=["model", "job", "role", "metric"])
    return found.assign(
        dataset="set-" + found["role"],
        dataset_digest="d",
        limit=None,
        precision="float32",
        finished="1",
        value=50.0,
        n=8,
    )


def test_groups_stored_with_the_answers() -> None:
    kept = Kept(8, np.array([3, 3, 2, 2, 1, 1, 0, 0]), NAMES, np.array([7, 9] * 4))
    cells = stored_cells(frame("a"), {"c-a": kept}.get)
    assert cells is not None
    assert (cells.kinds.tolist(), cells.severities) == (["fog", "snow"], 2)
    assert cells.cell.tolist() == [3, 3, 2, 2, 1, 1, 0, 0]
    assert cells.image.tolist() == [0, 1] * 4


def test_images_that_take_turns() -> None:
    cells = stored_cells(frame("a", "b"), {"c-b": Kept(8)}.get)  # nothing is kept of a
    assert cells is not None
    assert cells.cell.tolist() == [0, 1, 2, 3] * 2
    assert cells.image.tolist() == list(range(8))


def test_where_nothing_is_known() -> None:
    only_val = frame("a")
    only_val = only_val[only_val["role"] == "val"]
    kept = Kept(8, np.array([3, 3, 2, 2, 1, 1, 0, 0]), NAMES)
    assert stored_cells(only_val, {"val-a": kept}.get) is None
    assert stored_cells(frame("a"), lambda _job: None) is None
    plain = frame("a")
    plain = plain[plain["metric"] == "top1"]
    assert stored_cells(plain, {"c-a": Kept(8)}.get) is None
