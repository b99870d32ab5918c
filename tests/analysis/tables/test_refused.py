"""Tables that cannot be what is asked, and what tables look like when read on."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from bench.analysis.tables.axes import FRONTS, FrontCost, Quantity, Unit
from bench.analysis.tables.costs import by_network
from bench.analysis.tables.observations import observations
from bench.analysis.tables.scaling import scaling_table
from tests import synthetic


@pytest.mark.parametrize(
    ("columns", "x", "y", "why"),
    [
        ({"x": [1.0], "y": [0.5]}, "x", "x", "x and y are one column, 'x'"),
        ({"x": [1.0, None], "y": [None, 0.5]}, "x", "y", "no row has both x and y"),
        ({"x": [], "y": []}, "x", "y", "the table has no rows"),
        ({"x": [1.0], "y": [0.5]}, "x", "z", "z"),
        ({"x": [0.0], "y": [0.5]}, "x", "y", "a log scale takes values above 0"),
        ({"x": [1.0], "y": [0.0]}, "x", "y", "y"),
        ({"x": [1.0], "y": [1.0]}, "x", "y", "y"),
        ({"x": [1.0], "y": ["much"]}, "x", "y", "y"),
    ],
)
def test_what_is_no_table_of_errors(
    columns: dict[str, list[object]], x: str, y: str, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        observations(pd.DataFrame(columns), x, y)


def test_a_loss_has_no_unit() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 2.0]})
    with pytest.raises(ValueError, match="a loss has no unit"):
        observations(frame, "x", "y", quantity=Quantity.LOSS, unit=Unit.PERCENT)
    assert observations(frame, "x", "y", quantity=Quantity.LOSS).table["y"].tolist() == [3.0, 2.0]
    with pytest.raises(ValueError, match="y"):
        observations(frame.assign(y=[0.0, 1.0]), "x", "y", quantity=Quantity.LOSS)


def test_which_costs_belong_to_a_device() -> None:
    timed = {FrontCost.LATENCY, FrontCost.THROUGHPUT, FrontCost.MEMORY}
    assert {cost for cost, axis in FRONTS.items() if axis.timed} == timed
    assert {c for c, axis in FRONTS.items() if axis.better == "higher"} == {FrontCost.THROUGHPUT}
    assert set(FRONTS) == set(FrontCost)


def test_rows_are_numbered_in_their_order() -> None:
    table = scaling_table(synthetic.frame(("vit", "convnext")))
    assert table.index.tolist() == list(range(len(table)))
    assert table.columns.tolist()[:4] == ["family", "series", "kind", "size"]
    keys = table[["family", "scale", "series", "gmacs"]].to_records(index=False).tolist()
    assert keys == sorted(keys)


def test_training_costs_three_passes_an_image() -> None:
    frame = synthetic.frame(("vit",)).assign(images_seen=1000.0)
    table = scaling_table(frame)
    assert table["train_gmacs"].tolist() == pytest.approx((3 * 1000 * table["gmacs"]).tolist())
    unknown = scaling_table(frame.assign(images_seen=math.nan))
    assert unknown["train_gmacs"].isna().all()


def test_heads_that_are_not_stored_change_no_name() -> None:
    frame = synthetic.frame(("vit",))
    assert by_network(frame).equals(frame)
    heads = by_network(frame.assign(classes=[50] * (len(frame) - 1) + [60]))
    last = frame["architecture"].iloc[-1]
    assert heads["architecture"].iloc[-1] == f"{last} (60 classes)"
    assert heads["architecture"].iloc[:-1].equals(frame["architecture"].iloc[:-1])


@pytest.mark.parametrize(
    ("x", "said"),
    [
        ([1.0, -2.0, 3.0], "data row 2: x is -2; a log scale"),
        ([0.0, -2.0, 3.0], "data row 1 and 1 more: x is 0; a log scale"),
        ([1.0, -2.0, -3.0], "data row 2 and 1 more: x is -2; a log scale"),
        ([-1.0, -2.0, -3.0], "data row 1 and 2 more: x is -1; a log scale"),
    ],
)
def test_the_first_bad_row_is_named_and_the_others_counted(x: list[float], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        observations(pd.DataFrame({"x": x, "y": [0.5, 0.4, 0.3]}), "x", "y")
