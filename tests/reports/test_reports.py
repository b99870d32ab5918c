"""The reports on a frame drawn from a known law, each number checked by another road."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from bench import registry
from bench.analysis.scaling.laws import fit_series
from bench.analysis.tables.scaling import robustness_lines, scaling_table
from bench.blocks import Block, Figure, Heading, Note, Report, Table, Text
from bench.render import html, latex, markdown, terminal
from tests import synthetic

ENV = {
    "bench": "0.1.0",
    "packages": {"torch": "2.9", "timm": "1.0"},
    "command": "bench run scaling",
}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return synthetic.frame(failed=2)


@pytest.fixture(scope="module")
def scaling(frame: pd.DataFrame) -> Report:
    return build("scaling", frame)


@pytest.fixture(scope="module")
def small() -> pd.DataFrame:
    """Two families of three sizes: fitted by lines, which is fast."""
    whole = synthetic.frame(("convnext", "resnet"))
    return whole[whole["size"].isin(["s", "m", "l"])].reset_index(drop=True)


def build(name: str, frame: pd.DataFrame) -> Report:
    report = registry.report(name)(frame, ENV)
    assert isinstance(report, Report)
    return report


def blocks(report: Report, kind: type[Block]) -> list[Any]:
    return [block for block in report.blocks if isinstance(block, kind)]


def table(report: Report, name: str) -> Any:
    """The table of that name; its cells are of any type."""
    return next(block for block in blocks(report, Table) if block.name == name)


def by(block: Table, **wanted: str) -> Any:
    return next(r for r in block.rows if all(r.get(k) == v for k, v in wanted.items()))


def measured(frame: pd.DataFrame, model: str, role: str) -> Any:
    rows = frame[(frame["model"] == model) & (frame["role"] == role) & (frame["metric"] == "top1")]
    assert len(rows) == 1
    return rows.iloc[0]


def test_every_model_has_its_own_numbers(scaling: Report, frame: pd.DataFrame) -> None:
    block = table(scaling, "scaling")
    assert len(block.rows) == 40
    for row in block.rows:
        for role in synthetic.ROLES:
            found = measured(frame, str(row["model"]), role)
            assert row[role] == found["value"]
            assert (row[f"{role}_low"], row[f"{role}_high"]) == (found["low"], found["high"])
        assert row["source"] == "measured"
    costs = {(r["family"], r["size"]): r["gmacs"] for r in block.rows}
    assert len(costs) == 20
    for row in block.rows:  # both weights of an architecture cost the same
        assert row["gmacs"] == costs[row["family"], row["size"]]


def test_the_answer_repeats_the_fits(scaling: Report, frame: pd.DataFrame) -> None:
    """At the top of the shared range one family's own top is the fitted error of the table."""
    lead = next(block for block in blocks(scaling, Text) if block.lead).text
    fitted = fit_series(scaling_table(frame)).table
    equal = table(scaling, "equal-cost")
    for scale in ("1k", "22k"):
        own = fitted[fitted["scale"] == scale].set_index("family")
        smallest = str(own["x_top"].idxmin())
        row = by(equal, family=smallest)
        for end in ("", "_low", "_high"):
            assert row[f"{scale}{end}"] == pytest.approx(own.loc[smallest, f"top{end}"], rel=1e-6)
        best = min(equal.rows, key=lambda r: r[scale])
        assert (
            f"{best['family']} has the lowest val error at equal cost, {best[scale]:.1f} %" in lead
        )
        apart = [o["family"] for o in equal.rows if o[f"{scale}_low"] > best[f"{scale}_high"]]
        assert not any(f"but {family}" in lead for family in apart)


def test_fitted_errors_are_near_the_law_the_data_came_from(scaling: Report) -> None:
    equal = table(scaling, "equal-cost")
    cost = float(re.findall(r"[\d.]+", equal.columns[1].unit)[0])
    inside = 0
    for row in equal.rows:
        for scale in ("1k", "22k"):
            truth = 100 * synthetic.true_error(row["family"], scale, cost)
            assert row[scale] == pytest.approx(truth, rel=0.15)
            inside += row[f"{scale}_low"] <= truth <= row[f"{scale}_high"]
    assert inside >= 6  # of 8 at 90 %


def test_gains_are_differences_of_the_table(scaling: Report, frame: pd.DataFrame) -> None:
    block = table(scaling, "pretraining")
    assert len(block.rows) == 20
    for row in block.rows:
        for role in synthetic.ROLES:
            pair = [
                measured(frame, f"{row['family']}_{row['size']}.g{s}", role)["value"]
                for s in ("22k", "1k")
            ]
            assert row[role] == pytest.approx(pair[0] - pair[1])
            assert row[f"{role}_low"] < row[role] < row[f"{role}_high"]


def test_the_mined_model_is_marked_where_its_number_means_nothing(scaling: Report) -> None:
    block = table(scaling, "scaling")
    marked = [row["model"] for row in block.rows if row.get("a_mark")]
    assert marked == [synthetic.REFERENCE]
    assert any(synthetic.REFERENCE in note for note in block.notes)
    figure = next(b for b in blocks(scaling, Figure) if b.name == "robustness")
    page = html._block(figure)
    assert f"not drawn: {synthetic.REFERENCE} (A)" in page
    gains = table(scaling, "pretraining")
    assert [bool(r.get("a_mark")) for r in gains.rows].count(True) == 1


def test_robustness_means_come_from_the_rows(scaling: Report, frame: pd.DataFrame) -> None:
    found = table(scaling, "robustness")
    models = table(scaling, "scaling")
    lines = robustness_lines(scaling_table(frame))
    for row, (role, line) in zip(found.rows, lines.items(), strict=True):
        over = [r[f"er_{role}"] for r in models.rows if r["family"] == "swin"]
        assert row["swin"] == pytest.approx(math.fsum(over) / len(over))
        assert (row["swin_low"], row["swin_high"]) == (min(over), max(over))
        assert row["n"] == line.n


def test_failed_jobs_are_listed_with_their_error(scaling: Report) -> None:
    block = table(scaling, "failures")
    assert len(block.rows) == 2
    assert all("out of memory" in str(row["error"]) for row in block.rows)
    models = table(scaling, "scaling")
    lost = {row["model"] for row in models.rows if row["throughput"] != row["throughput"]}
    assert {row["model"] for row in block.rows} <= lost
    assert "<script>alert" not in html.render(scaling)


def test_all_measurements_travel_with_the_report(scaling: Report, frame: pd.DataFrame) -> None:
    assert scaling.data is not None
    back = pd.read_csv(io.StringIO(scaling.data.text))
    assert len(back) == len(frame)
    of_sets = ["dataset_about", "characters"]  # the table of sets says it once a set
    assert list(back.columns) == list(frame.columns.drop(of_sets))
    assert back["value"].sum() == pytest.approx(frame["value"].sum(), rel=1e-12)


def test_provenance_has_all_of_the_environment(scaling: Report) -> None:
    pairs = dict(scaling.provenance)
    assert pairs["packages"] == "torch 2.9, timm 1.0"
    assert pairs["command"] == "bench run scaling"


def test_altered_pixels_are_a_warning(frame: pd.DataFrame) -> None:
    val = frame["role"] == "val"
    states = {True: "as published", False: "differs from published", None: "no digest is published"}
    for same, state in states.items():
        said = frame["as_published"].astype("boolean").mask(val, same)
        report = build("leaderboard", frame.assign(as_published=said))
        row = by(table(report, "data-sets"), dataset="glyphs-val")
        assert row["as_published"] == state
        warned = any("glyphs-val" in n.text for n in blocks(report, Note) if n.tone == "warn")
        assert warned == (same is False)


def test_one_name_for_different_pixels_is_a_warning(small: pd.DataFrame) -> None:
    other = small["model"].str.startswith("resnet") & (small["role"] == "r")
    mixed = small.assign(dataset_digest=small["dataset_digest"].mask(other, "e" * 64))
    for frame, warned in ((small, False), (mixed, True)):
        said = [note.text for note in blocks(build("leaderboard", frame), Note)]
        assert any("glyphs-r" in text and "different pixels" in text for text in said) == warned


def _in_bfloat16(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    part = (frame["measure"] == measure) & frame["model"].str.startswith("resnet")
    return frame.assign(precision=frame["precision"].mask(part, "bfloat16"))


MIXTURES: dict[str, tuple[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "precision": ("float32", lambda f: _in_bfloat16(f, "evaluate")),
    "speeds": ("(precision)", lambda f: _in_bfloat16(f, "speed")),
    "layout": (
        "(channels last)",
        lambda f: f.assign(channels_last=f["family"] == "resnet", compile=False),
    ),
    "batch": ("(batch size)", lambda f: f.assign(batch_size=f["model"].str.len())),
    "role": (
        "glyphs-r and mine fill one column, R,",
        lambda f: pd.concat([f, f[f["role"] == "r"].assign(dataset="mine")]),
    ),
}


@pytest.mark.parametrize("case", MIXTURES)
def test_what_does_not_compare_in_one_column_is_a_warning(case: str, small: pd.DataFrame) -> None:
    said, mixed = MIXTURES[case]
    for frame, warned in ((small, False), (mixed(small).reset_index(drop=True), True)):
        notes = [n.text for n in blocks(build("leaderboard", frame), Note) if n.tone == "warn"]
        assert any(said in text and "newest" in text for text in notes) == warned, notes


CASES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "nothing": lambda f: f[:0],
    "one model": lambda f: f[f["model"] == "resnet_m.g1k"],
    "one family": lambda f: f[f["family"] == "resnet"],
    "two sizes": lambda f: f[f["size"].isin(["s", "m"])],
    "scratch only": lambda f: f[f["scale"] == "1k"],
    "no val": lambda f: f[f["role"] != "val"],
    "no cost": lambda f: f[f["measure"] == "evaluate"],
    "cost only": lambda f: f[f["measure"] != "evaluate"],
    "no shifts": lambda f: f[(f["role"] == "val") | f["role"].isna()],
    "limited": lambda f: f.assign(limit=200),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", ["scaling", "leaderboard"])
def test_part_of_the_data_still_makes_a_report(
    name: str, case: str, small: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = build(name, CASES[case](small).reset_index(drop=True))
    monkeypatch.setattr("bench.render.chart.svg", lambda *_: "<svg></svg>")  # drawn elsewhere
    out = io.StringIO()
    terminal.render(report, Console(file=out, width=80))
    for text in (out.getvalue(), markdown.render(report), latex.render(report)):
        assert not re.search(r"\bnan\b|\bNone\b", text)
    visible = re.sub(r"<(style|script)>.*?</\1>|<[^>]*>", " ", html.render(report), flags=re.DOTALL)
    assert not re.search(r"\bnan\b|\bNone\b", visible)


def test_what_cannot_be_tested_is_said(small: pd.DataFrame) -> None:
    report = build("scaling", small[small["size"].isin(["s", "m"])])
    assert "Not testable" in next(b for b in blocks(report, Text) if b.lead).text
    remarks = {row["remark"] for row in table(report, "fits").rows}
    assert remarks == {"2 sizes; a fit needs 3"}


def test_worlds_are_never_mixed(small: pd.DataFrame) -> None:
    other = small.assign(world="elsewhere", dataset=small["dataset"].str.replace("glyphs", "other"))
    report = build("scaling", pd.concat([small, other], ignore_index=True))
    assert len(table(report, "scaling-glyphs").rows) == 12
    assert len(table(report, "scaling-elsewhere").rows) == 12
    titles = [block.text for block in blocks(report, Heading)]
    assert len(titles) == len(set(titles))


def test_ranks_follow_the_intervals(frame: pd.DataFrame) -> None:
    report = build("leaderboard", frame)
    rows = list(blocks(report, Table)[0].rows)
    assert [r["val"] for r in rows] == sorted((r["val"] for r in rows), reverse=True)
    for row in rows:
        above = [r for r in rows if r["val_low"] > row["val_high"]]
        assert row["rank"] == 1 + len(above)
    for row, below in pairwise(rows):
        assert row["tied"] or row["val_low"] > below["val_high"]
    assert {bool(row["tied"]) for row in rows} == {True, False}
    assert rows[0]["rank"] == 1


def test_the_same_frame_gives_the_same_report(small: pd.DataFrame) -> None:
    first, second = build("scaling", small), build("scaling", small)
    assert repr(first) == repr(second)
