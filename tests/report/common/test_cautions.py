"""Warnings that a results frame calls for."""

from __future__ import annotations

import pandas as pd
import pytest

from bench.blocks import Tone
from bench.published import figures
from bench.report.common.cautions import cautions


@pytest.mark.parametrize(("value", "sets"), [(0.1, 3), (70.0, 0)])
def test_chance_level_is_said_of_sets_that_every_model_knows(value: float, sets: int) -> None:
    """0.1 % of 1,000 classes, on val, ReaL and V2; on A some models truly are there."""
    frame = figures.frame({"resnet50.a1_in1k"}).assign(source="measured")
    frame.loc[frame["metric"] == "top1", "value"] = value
    found = [note for note in cautions(frame) if "chance level" in note.text]
    assert len(found) == sets
    assert all(note.tone is Tone.WARN for note in found)


def test_one_name_with_two_weights_is_said() -> None:
    frame = figures.frame({"resnet50.a1_in1k"}).assign(source="measured", job="one")
    told = "with other weights under one name"
    assert not any(told in note.text for note in cautions(frame))
    twice = pd.concat([frame, frame.assign(job="other")], ignore_index=True)
    assert sum(told in note.text for note in cautions(twice)) == 1
