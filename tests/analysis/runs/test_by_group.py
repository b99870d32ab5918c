"""Surfaces and frontiers of groups: the truth found, and a reason where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench.analysis.runs.by_group import frontiers, surfaces
from bench.analysis.tables.axes import Quantity
from bench.analysis.tables.observations import Observations, observations

N, D = (v.ravel() for v in np.meshgrid([1e6, 1e7, 1e8, 1e9], [1e8, 1e9, 1e10]))


def runs() -> pd.DataFrame:
    """Two families with a surface each, and one run of a third."""
    noise = np.exp(0.002 * np.random.default_rng(0).standard_normal((2, N.size)))
    one = pd.DataFrame({"net": "conv", "n": N, "d": D, "loss": 1.5 + 300 / N**0.34 + 900 / D**0.3})
    two = one.assign(net="vit", loss=1.5 + 300 / N**0.34 + 900 / D**0.4)
    one["loss"] *= noise[0]
    two["loss"] *= noise[1]
    return pd.concat([one, two, one[:1].assign(net="mlp")], ignore_index=True)


def given(data: str | None = "d") -> Observations:
    return observations(runs(), "n", "loss", ["net"], quantity=Quantity.LOSS, data=data)


def test_each_group_has_its_own_surface_or_a_reason() -> None:
    table = surfaces(given(), resamples=200).set_index("group")
    assert table["points"].to_dict() == {"conv": 12, "vit": 12, "mlp": 1}
    assert table.loc["conv", "beta"] == pytest.approx(0.3, abs=0.02)
    assert table.loc["vit", "beta"] == pytest.approx(0.4, abs=0.02)
    for group in ("conv", "vit"):
        row = table.loc[group]
        assert row["alpha_low"] <= 0.34 <= row["alpha_high"]
        assert row["size_exponent"] == pytest.approx(row["beta"] / (row["alpha"] + row["beta"]))
        assert row["e_low"] <= 1.5 <= row["e_high"]
    assert table["reason"].to_dict()["conv"] == ""
    assert "L(N, D) needs 6 runs" in table["reason"].to_dict()["mlp"]
    assert np.isnan(table["alpha"].to_dict()["mlp"])


def test_a_frontier_keeps_the_best_run_of_each_bin() -> None:
    table = frontiers(given(data=None)).set_index("group")
    best = runs().query("net == 'conv'").groupby("n")["loss"].min()
    # Four sizes in five bins over [6, 9.1]: one bin is empty, the others have a size each.
    centres = 6 + 0.62 * (np.array([0, 1, 3, 4]) + 0.5)
    slope, level = np.polyfit(centres, np.log10(best.to_numpy()), 1)
    assert table.loc["conv", "exponent"] == pytest.approx(slope)
    assert table.loc["conv", "factor"] == pytest.approx(10**level)
    assert table["bins"].to_dict() == {"conv": 4, "vit": 4, "mlp": 0}
    assert table["x_high"].to_dict()["vit"] == 1e9
    assert "1 of 5 bins" in table["reason"].to_dict()["mlp"]


def test_rows_without_an_amount_of_data_are_left_out() -> None:
    table = runs()
    table.loc[0, "d"] = np.nan
    found = observations(table, "n", "loss", ["net"], quantity=Quantity.LOSS, data="d")
    assert dict(found.missing) == {"conv": 1, "vit": 0, "mlp": 0}
    assert len(found.table) == len(table) - 1
    with pytest.raises(ValueError, match="three columns"):
        observations(table, "n", "loss", quantity=Quantity.LOSS, data="n")
    with pytest.raises(ValueError, match="no column 'tokens'"):
        observations(table, "n", "loss", quantity=Quantity.LOSS, data="tokens")
    with pytest.raises(ValueError, match="d is -1; a log scale"):
        observations(table.assign(d=-1.0), "n", "loss", quantity=Quantity.LOSS, data="d")
