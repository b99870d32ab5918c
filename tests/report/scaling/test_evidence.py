"""What the reports say with stored predictions at hand, each number by another road."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench import registry
from bench.analysis.compare.gain import pretraining_gain
from bench.analysis.scaling.laws import SeriesLaws, fit_series
from bench.analysis.stats.proportions import mcnemar_midp
from bench.analysis.tables.axes import CostAxis
from bench.analysis.tables.scaling import scaling_table
from bench.blocks import Heading, Report, Table, Text
from bench.report.build import of_store
from bench.report.fit import checklist
from bench.report.scaling import evidence
from bench.store import Store
from bench.store import predictions as stored_answers
from tests import stored, synthetic


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(stored.make(tmp_path_factory.mktemp("evidence")), readonly=True) as opened:
        yield opened


def built(store: Store, name: str) -> Report:
    report = of_store(registry.report(name), store)
    assert isinstance(report, Report)
    return report


def table(report: Report, start: str) -> Any:
    return next(b for b in report.blocks if isinstance(b, Table) and b.name.startswith(start))


def test_places_are_what_tests_of_all_pairs_leave_open(store: Store) -> None:
    from statsmodels.stats.multitest import multipletests

    rows = {row["model"]: row for row in table(built(store, "leaderboard"), "leaderboard").rows}
    right = {model: stored.right(model) for model in stored.MODELS}
    pairs = list(combinations(stored.MODELS, 2))
    p = [
        mcnemar_midp(int((right[a] & ~right[b]).sum()), int((~right[a] & right[b]).sum()))
        for a, b in pairs
    ]
    clear = dict(zip(pairs, multipletests(p, 0.05, "holm")[0], strict=True))
    for model in stored.MODELS:
        better = worse = 0
        for pair, surely in clear.items():
            if surely and model in pair:
                other = pair[0] if pair[1] == model else pair[1]
                ahead = right[other].sum() > right[model].sum()
                better, worse = better + ahead, worse + (not ahead)
        assert rows[model]["best"] == rows[model]["rank"] == 1 + better
        assert rows[model]["worst"] == len(stored.MODELS) - worse
    assert any(row["tied"] == "=" for row in rows.values())


def test_gains_are_paired_where_answers_are_stored(store: Store) -> None:
    frame = store.frame()
    correct = stored_answers.correct(frame, stored_answers.reader(store))
    assert set(correct) == {(m, r) for m in stored.MODELS for r in ("val", "r")}
    for (model, role), given in correct.items():
        assert (given == stored.right(model, f"glyphs-{role}")).all()
    report = built(store, "scaling")
    notes = table(report, "pretraining").notes
    assert any("95 % and paired" in note for note in notes)
    gain = pretraining_gain(scaling_table(frame), correct)
    said = next(b.text for b in report.blocks if isinstance(b, Text) and "after Holm" in b.text)
    assert said.startswith(f"{(gain['p_holm'] <= 0.05).sum()} of {len(gain)} gains differ")


def test_a_report_without_read_is_called_as_before(store: Store) -> None:
    seen = []

    def build(frame: pd.DataFrame, env: Any) -> str:
        seen.append(len(frame))
        return "made"

    assert of_store(build, store) == "made"  # type: ignore[comparison-overlap]
    assert seen == [len(store.frame())]


def test_other_images_leave_a_gain_unpaired(store: Store) -> None:
    frame = store.frame()
    mine = (frame["model"] == "swin_m.g22k") & (frame["role"] == "val")
    other = frame.assign(dataset_digest=frame["dataset_digest"].mask(mine, "f" * 64))
    correct = stored_answers.correct(other, stored_answers.reader(store))
    assert ("swin_m.g22k", "val") not in correct
    assert ("swin_m.g22k", "r") in correct


@pytest.fixture(scope="module")
def fitted() -> tuple[pd.DataFrame, SeriesLaws]:
    """Three families of four sizes, from scratch."""
    frame = synthetic.frame(("convnext", "swin", "vit"))
    few = scaling_table(frame[(frame["scale"] == "1k") & (frame["size"] != "xs")])
    return few, fit_series(few)


def test_every_fit_has_its_checklist(fitted: Any) -> None:
    _, found = fitted
    blocks = list(evidence.of_fits(found))
    assert isinstance(blocks[0], Heading)
    basis, reach = blocks[1:]
    assert isinstance(basis, Table)
    assert isinstance(reach, Table)
    assert [row["name"] for row in basis.rows] == ["convnext, 1k", "swin, 1k", "vit, 1k"]
    rows: Any = zip(reach.rows, basis.rows, found.table.to_dict("records"), strict=True)
    for row, checked, given in rows:
        assert row["miss"] == given["held_out_miss"]
        assert row["slope_low"] == given["drop_one_low"] <= row["slope"] <= row["slope_high"]
        assert row["spread_low"] <= row["spread"] <= row["spread_high"]
        assert (checked["sizes"], checked["used"], checked["forms"]) == (4, 4, "M2, M3")
        assert checked["converged"] == "2 of 2"
    asked = [note.partition(":")[0] for note in basis.notes]
    assert asked == [
        *("Form, and why", "x", "y", "Training", "Points left out"),
        *("Objective", "Optimiser", "Intervals", "Code and data"),
    ]


def test_refused_fits_have_none(fitted: Any) -> None:
    few, _ = fitted
    none = few[few["size"].isin(["s", "m"])]
    assert list(evidence.of_fits(fit_series(none))) == []
    assert list(checklist.checklist([], evidence._provenance(CostAxis.GMACS))) == []


def test_families_are_tested_in_words(fitted: Any) -> None:
    few, found = fitted
    blocks = list(evidence.between_families(found.laws, few))
    text = " ".join(block.text for block in blocks if isinstance(block, Text))
    assert "ConvNets (convnext) have a lower val error than Transformers (swin and vit)" in text
    for hypothesis in ("curve", "shape", "exponent"):
        assert f"Same {hypothesis} of convnext and swin and vit: " in text
    pairs = next(block for block in blocks if isinstance(block, Table))
    assert [row["pair"] for row in pairs.rows] == [
        "convnext – swin",
        "convnext – vit",
        "swin – vit",
    ]
    assert pairs.name == "pairs-1k"


def test_three_sizes_are_not_testable_in_the_report(fitted: Any) -> None:
    few, _ = fitted
    three = few[few["size"] != "s"]
    laws = fit_series(three).laws
    text = " ".join(b.text for b in evidence.between_families(laws, three) if isinstance(b, Text))
    assert "not testable: convnext has 3 sizes" in text


def test_one_family_is_compared_with_nothing(fitted: Any) -> None:
    few, _ = fitted
    alone = few[few["family"] == "swin"]
    laws = fit_series(alone).laws
    assert list(evidence.between_families(laws, alone)) == []


def test_the_store_made_for_these_tests_is_read_by_folder(tmp_path: Path) -> None:
    with Store(stored.make(tmp_path / "s"), readonly=True) as opened:
        assert len(opened.done()) == 2 * len(stored.MODELS) + 2 * 3


@pytest.mark.parametrize(("detectable", "told"), [(np.nan, False), (7.3, True)])
def test_gains_of_too_few_images_have_no_detectable_size(detectable: float, told: bool) -> None:
    gain = pd.DataFrame({"role": ["val", "r"], "p_holm": [0.01, 0.5], "detectable": detectable})
    (block,) = evidence.of_gains(gain)
    assert isinstance(block, Text)
    assert block.text.startswith("1 of 2 gains differ from zero at 5 % after Holm over all")
    assert ("Gains found 4 times in 5" in block.text) is told
    assert ("7.3 on val and 7.3 on R." in block.text) is told
    assert list(evidence.of_gains(gain.assign(p_holm=np.nan))) == []
