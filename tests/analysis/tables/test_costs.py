"""Costs of a model are those of its network: its architecture, resolution and head."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from bench.analysis.compare.matching import match
from bench.analysis.tables.axes import MatchBy
from bench.analysis.tables.costs import cost_table
from bench.analysis.tables.efficiency import efficiency_table, profile_table
from bench.analysis.tables.scaling import scaling_table
from bench.published import figures
from tests import costed, synthetic

#: GMACs of convnext_base at each resolution, as published by timm.
GMACS = {224: 15.38, 288: 25.43, 384: 45.21}


def of(model: str, **more: Any) -> list[dict[str, Any]]:
    """A model that was evaluated, and profiled unless ``gmacs`` is None."""
    architecture, _, _tag = model.partition(".")
    about: dict[str, Any] = {"model": model, "architecture": architecture, "family": architecture}
    about |= {"kind": "convnet", "size": "base", "scale": "1k", "trained_on": "in1k"}
    about |= {"world": "imagenet", "status": "ok", "source": "measured", "resolution": 224}
    about |= {"classes": 1000, "finished": "2026-01-01", "channels_last": False, "compile": False}
    gmacs, speeds = more.pop("gmacs", None), more.pop("speeds", {})
    about |= more
    own = f"{model}-{about['resolution']}-{about['finished']}"
    rows = [
        about | {"measure": "evaluate", "job": f"e-{own}", "metric": "top1", "role": "val",
                 "value": 80.0, "n": 50_000, "dataset": "imagenet-val"}
    ]  # fmt: skip
    if gmacs is not None:
        rows += [
            about | {"measure": "profile", "job": f"p-{own}", "metric": name, "value": value}
            for name, value in (("gmacs", gmacs), ("params", 88.6), ("activations", 2 * gmacs))
        ]
    return rows + [
        about | {"measure": "speed", "job": f"s-{own}", "metric": name, "value": value,
                 "low": value, "high": value, "device_name": "cpu", "precision": "float32"}
        for name, value in speeds.items()
    ]  # fmt: skip


def frame(*models: list[dict[str, Any]]) -> pd.DataFrame:
    return costed.typed([row for rows in models for row in rows])


def by_model(table: pd.DataFrame, column: str) -> dict[str, Any]:
    return dict(zip(table["model"], table[column], strict=True))


@pytest.mark.parametrize("order", [1, -1])
def test_two_resolutions_of_one_architecture_are_two_networks(order: int) -> None:
    names = {224: "convnext_base.fb_in1k", 384: "convnext_base.fb_in22k_ft_in1k_384"}
    given = [of(name, resolution=p, gmacs=GMACS[p]) for p, name in names.items()][::order]
    for read in (cost_table, scaling_table):
        assert by_model(read(frame(*given)), "gmacs") == {n: GMACS[p] for p, n in names.items()}


def test_weights_share_what_one_of_them_measured() -> None:
    measured = of("swin.a", gmacs=4.5, speeds={"throughput": 100.0, "latency_p50": 9.0})
    given = frame(measured, of("swin.b"), of("swin.c", resolution=384), of("swin.d", classes=21841))
    for read in (cost_table, scaling_table):
        table = read(given).set_index("model")
        for column, value in (("gmacs", 4.5), ("throughput", 100.0), ("latency", 9.0)):
            assert table.loc[["swin.a", "swin.b"], column].tolist() == [value, value]
            assert table.loc[["swin.c", "swin.d"], column].isna().all()


def test_a_head_of_an_earlier_store_is_the_usual_one_of_its_world() -> None:
    given = frame(of("swin.a", gmacs=4.5), of("swin.b", classes=None))
    assert by_model(cost_table(given), "gmacs") == {"swin.a": 4.5, "swin.b": 4.5}


def test_worlds_with_heads_of_their_own_do_not_share() -> None:
    glyphs = of("swin.g1k", world="glyphs", classes=16, gmacs=1.0)
    found = by_model(cost_table(frame(of("swin.a", gmacs=4.5), glyphs)), "gmacs")
    assert found == {"swin.a": 4.5, "swin.g1k": 1.0}


def test_speeds_are_of_one_job_the_newest() -> None:
    whole = of("a.x", finished="2026-01-01", speeds={"throughput": 1.0, "latency_p50": 2.0})
    part = of("a.x", finished="2026-02-01", speeds={"throughput": 3.0})
    for given in (frame(whole, part), frame(part, whole)):
        (row,) = cost_table(given).to_dict("records")
        assert row["throughput"] == 3.0
        assert pd.isna(row["latency"])  # the older job's would be of another run of the machine
        (timed,) = efficiency_table(given).to_dict("records")
        assert timed["throughput"] == 3.0
        assert pd.isna(timed["latency_p50"])


def test_every_table_has_the_same_costs() -> None:
    given = costed.frame()
    costs = cost_table(given).set_index("architecture")
    for row in profile_table(given).to_dict("records"):
        for name in ("params", "gmacs", "activations"):
            assert costs.loc[row["architecture"], name] == row[name]


def test_published_models_are_matched_at_their_own_cost() -> None:
    names = {row.model for row in figures.checkpoints() if row.architecture == "convnext_base"}
    published = figures.frame(names)
    pixels = published["resolution"].astype(str)
    published["model"] = published["model"] + "@" + pixels  # some were tested at several
    table = cost_table(published)
    assert set(GMACS) <= set(table["resolution"])
    stated = {
        row.resolution: row.figures["gmacs"] for row in figures.checkpoints() if row.model in names
    }
    assert stated.items() >= GMACS.items()
    for row in table.to_dict("records"):
        assert row["gmacs"] == stated[row["resolution"]]
    alike = table.drop_duplicates("resolution")
    others = alike.assign(model=alike["model"] + "+")
    pairs = match(alike, others.assign(trained_on=alike["trained_on"]), MatchBy.GMACS).pairs
    assert len(pairs) == len(alike)


def test_a_model_at_several_resolutions_has_that_of_its_newest_top1() -> None:
    small = of("a.x", gmacs=4.0, finished="2026-02-01")
    large = of("a.x", gmacs=9.0, finished="2026-01-01", resolution=336)
    (row,) = cost_table(frame(large, small)).to_dict("records")
    assert (row["resolution"], row["gmacs"]) == (224, 4.0)


def test_the_synthetic_store_has_no_latency_and_one_device() -> None:
    table = cost_table(synthetic.frame(("convnext",))).set_index("model")
    assert table["latency"].isna().all()
    assert table["throughput"].notna().all()
    assert set(table["device"]) == {"Example CPU, 2 threads"}


def test_failed_costs_are_told_of_every_weights_of_the_network() -> None:
    failed = of("swin.a")[0] | {"measure": "profile", "job": "p", "metric": None, "value": None}
    failed |= {"status": "failed", "error": "too large", "dataset": None, "role": None}
    given = frame([*of("swin.a"), failed], of("swin.b"), of("swin.c", resolution=384))
    found = scaling_table(given).set_index("model")["problems"].to_dict()
    assert found == {"swin.a": "profile: too large", "swin.b": "profile: too large", "swin.c": ""}
