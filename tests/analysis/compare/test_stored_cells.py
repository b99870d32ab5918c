"""Which corruption a stored answer is to, with its groups stored and without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.compare.stored_cells import stored_cells
from bench.analysis.robustness.corruption import Cells
from tests import synthetic

NAMES = ("fog-1", "fog-2", "blur-1", "blur-2")


@dataclass
class Answers:
    n: int
    group: Any = None
    group_names: tuple[str, ...] = ()
    base: Any = None

    def __len__(self) -> int:
        return self.n


def frame(names: tuple[str, ...] = NAMES) -> pd.DataFrame:
    """Models that saw a corrupted set, with the accuracy of each of its groups."""
    found = synthetic.frame(("convnext",))
    whole = found[(found["role"] == "c") & (found["metric"] == "top1")]
    return pd.concat([found, *(whole.assign(metric=f"top1/{n}") for n in names)], ignore_index=True)


def same(one: Cells | None, other: Cells) -> bool:
    assert one is not None
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("kinds", "severities", "cell", "image")
    )


def test_stored_groups_and_images_count() -> None:
    group, base = np.array([3, 2, 1, 0, 3, 2, 1, 0]), np.array([5, 5, 5, 5, 9, 9, 9, 9])
    answers = Answers(8, group, NAMES, base)
    found = stored_cells(frame(()), lambda _: answers)
    assert same(found, Cells.of_groups(NAMES, group, base))
    assert found is not None
    assert found.image.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_without_groups_images_take_turns() -> None:
    found = stored_cells(frame(), lambda _: Answers(10))
    order = np.arange(10)
    assert same(found, Cells.of_groups(NAMES, order % 4, order))


def test_a_base_decides_the_turn_where_one_was_stored() -> None:
    base = np.array([4, 5, 6, 7, 0, 1, 2, 3])
    found = stored_cells(frame(), lambda _: Answers(8, base=base))
    assert same(found, Cells.of_groups(NAMES, base % 4, base))


def test_the_first_model_with_answers_tells() -> None:
    asked: list[str] = []

    def read(job: str) -> Answers | None:
        asked.append(job)
        return None if len(asked) < 3 else Answers(8)

    assert stored_cells(frame(), read) is not None
    assert len(asked) == 3
    assert all(job.endswith("-c") for job in asked)  # no other set's answers are read


def test_nothing_is_made_up() -> None:
    assert stored_cells(frame(), lambda _: None) is None
    assert stored_cells(frame(()), lambda _: Answers(8)) is None  # groups are unknown
    plain = frame()
    assert stored_cells(plain[plain["role"] != "c"], lambda _: Answers(8)) is None
