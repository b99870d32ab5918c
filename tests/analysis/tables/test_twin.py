"""The twin of a shifted set: val's images of its classes, the set it names, or all of val."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench.analysis.robustness.published_lines import PUBLISHED
from bench.analysis.tables.scaling import robustness_lines, scaling_table
from tests import synthetic


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Of ImageNet by name; val's own job has top-1 on the classes of A and of R besides."""
    drawn = synthetic.frame().assign(world="imagenet")
    for column in ("dataset", "twin"):
        drawn[column] = drawn[column].str.replace("glyphs-", "imagenet-")
    # No model was what A was mined against here.
    drawn.loc[(drawn["role"] == "a") & (drawn["value"] == 0), "value"] = 1.0
    val = drawn[(drawn["metric"] == "top1") & (drawn["role"] == "val")]
    easier = 100 - (100 - val["value"]) / 4
    some = [
        val.assign(metric=f"top1/{shift}-classes", value=easier + less, n=400)
        for shift, less in (("a", 0.0), ("r", -1.0))
    ]
    return pd.concat([drawn, *some], ignore_index=True)


@pytest.fixture(scope="module")
def table(frame: pd.DataFrame) -> pd.DataFrame:
    return scaling_table(frame)


def twin(table: pd.DataFrame, shift: str) -> np.ndarray:
    """Accuracy on the twin, by this test's own rule."""
    easier = 100 - (100 - table["val"]) / 4
    return {"a": easier, "r": easier - 1}.get(shift, table["val"]).to_numpy()


@pytest.mark.parametrize("shift", ["v2", "a", "r", "sketch"])
def test_drops_are_from_the_classes_that_the_set_has(table: pd.DataFrame, shift: str) -> None:
    own, shifted = twin(table, shift), table[shift].to_numpy()
    assert table[f"twin_{shift}"].to_numpy() == pytest.approx(own)
    assert table[f"drop_{shift}"].to_numpy() == pytest.approx(own - shifted)
    assert table[f"rel_drop_{shift}"].to_numpy() == pytest.approx(100 * (own - shifted) / own)


@pytest.mark.parametrize("shift", ["v2", "a", "r", "sketch"])
def test_the_tables_own_line_is_from_the_twin(table: pd.DataFrame, shift: str) -> None:
    x, y = (np.log(v / (100 - v)) for v in (twin(table, shift), table[shift].to_numpy()))
    slope, intercept = np.polyfit(x, y, 1)
    line = robustness_lines(table)[shift]
    assert (line.slope, line.intercept) == pytest.approx((slope, intercept))  # type: ignore[union-attr]
    over = table[shift] - 100 / (1 + np.exp(-(slope * x + intercept)))
    assert table[f"er_{shift}"].to_numpy() == pytest.approx(over.to_numpy(), abs=1e-9)


@pytest.mark.parametrize(
    ("shift", "kind", "parting"),
    [("v2", "val", 0.0), ("sketch", "val", 0.0), ("r", "classes", 0.0), ("a", "classes", 91.86)],
)
def test_the_published_line_is_that_of_the_same_twin(
    table: pd.DataFrame, shift: str, kind: str, parting: float
) -> None:
    own = twin(table, shift)
    first, last = PUBLISHED[shift, kind][0], PUBLISHED[shift, kind][-1]  # type: ignore[index]
    lower = own < parting if parting else np.ones(len(own), dtype=bool)
    slope = np.where(lower, first.slope, last.slope)
    intercept = np.where(lower, first.intercept, last.intercept)
    odds = slope * np.log(own / (100 - own)) + intercept
    expected = table[shift].to_numpy() - 100 / (1 + np.exp(-odds))
    assert table[f"published_er_{shift}"].to_numpy() == pytest.approx(expected)
    low, high = (
        np.where(lower, getattr(first, end), getattr(last, end)) for end in ("low", "high")
    )
    outside = (own < low) | (own > high)
    assert table[f"beyond_{shift}"].to_numpy() == pytest.approx(outside.astype(float))


def test_a_newer_val_brings_its_own_twin(frame: pd.DataFrame) -> None:
    again = frame[(frame["role"] == "val") & (frame["model"] == "vit_m.g1k")]
    again = again.assign(value=again["value"] - 7, finished="2031-01-01T00:00:00Z")
    rows = scaling_table(pd.concat([again, frame])).set_index("model")
    before = scaling_table(frame).set_index("model")
    for column in ("val", "twin_a", "twin_r", "twin_v2"):
        change = rows[column] - before[column]
        assert change["vit_m.g1k"] == pytest.approx(-7)
        assert (change.drop("vit_m.g1k") == 0).all()


def test_without_val_there_is_no_drop(frame: pd.DataFrame) -> None:
    found = scaling_table(frame[frame["role"] != "val"])
    columns = [f"{name}_{shift}" for name in ("twin", "drop", "er") for shift in ("a", "r", "v2")]
    assert found[columns].isna().all(axis=None)
    assert found["r"].notna().all()
