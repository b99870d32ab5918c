"""``bench compare`` on a store whose every answer is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench import registry
from bench.spec import Job, Measure, Measurement, Options, Outcome, Status
from bench.store import Store
from bench.tasks.classification import calibration
from bench.tasks.classification.predictions import pack
from tests.stored import IMAGES, answers, fill, make, right

Call = Callable[..., Any]


@pytest.fixture
def stored(bench: Call, here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store in ``results`` with costs, and answers on val and R."""
    monkeypatch.delenv("BENCH_PATH")
    return make(here / "results")


def test_a_gap_is_what_statsmodels_and_sklearn_make_of_it(bench: Call, stored: Path) -> None:
    from sklearn.metrics import cohen_kappa_score
    from statsmodels.stats.contingency_tables import mcnemar

    found = json.loads(bench("compare", "convnext_m.g1k", "swin_m.g1k", "--json").out)
    for row in found["sets"]:
        x, y = (right(m, f"glyphs-{row['role']}") for m in ("convnext_m.g1k", "swin_m.g1k"))
        b, c = int((x & ~y).sum()), int((~x & y).sum())
        exact = mcnemar([[0, b], [c, 0]], exact=True).pvalue
        assert row["gap"] == pytest.approx(100 * (x.mean() - y.mean()))
        assert row["gap_low"] < row["gap"] < row["gap_high"]
        assert 0.3 * exact <= row["p"] <= exact  # the mid-p value is the smaller
        assert row["kappa"] == pytest.approx(cohen_kappa_score(x, y))
        assert row["discordance"] == pytest.approx(100 * (b + c) / IMAGES)
    assert {row["role"] for row in found["sets"]} == {"val", "r"}


def test_confidence_is_as_the_metrics_have_it(bench: Call, stored: Path) -> None:
    found = json.loads(bench("compare", "convnext_m.g1k", "swin_m.g1k", "--json").out)
    row = next(r for r in found["confidence"] if r["role"] == "val")
    one = answers("convnext_m.g1k", "glyphs-val")
    assert row["confidence_first"] == pytest.approx(100 * one.confidence.mean(), rel=1e-6)
    assert row["nll_first"] == pytest.approx(-one.target_logp.mean(), rel=1e-5)
    assert row["over_first"] == pytest.approx(
        100 * (one.confidence.mean() - right("convnext_m.g1k").mean()), rel=1e-5
    )


def by_bins(sure: Any, hit: Any) -> float:
    """Guo et al. 2017, equation 3, in percent: bin by bin, by another's edges and means."""
    table = pd.DataFrame({"sure": np.asarray(sure, dtype=float), "hit": np.asarray(hit, float)})
    bins = table.groupby(pd.cut(table["sure"], np.linspace(0, 1, 16).tolist()), observed=True)
    weight = bins.size() / len(table)
    return float(100 * (weight * (bins["hit"].mean() - bins["sure"].mean()).abs()).sum())


def test_ece_is_its_definition_and_that_of_the_runs(bench: Call, stored: Path) -> None:
    found = json.loads(bench("compare", "convnext_m.g1k", "swin_m.g1k", "--json").out)
    rows = {row["role"]: row for row in found["confidence"]}
    assert set(rows) == {"val", "r"}
    for role, row in rows.items():
        for side, model in (("first", "convnext_m.g1k"), ("second", "swin_m.g1k")):
            sure, hit = answers(model, f"glyphs-{role}").confidence, right(model, f"glyphs-{role}")
            assert row[f"ece_{side}"] == pytest.approx(by_bins(sure, hit), rel=1e-5)
            pairs = np.stack([sure.astype(float), hit], axis=1)
            assert row[f"ece_{side}"] == pytest.approx(calibration.expected_error(pairs), rel=1e-5)
    assert rows["val"]["ece_first"] > 1, "these answers are badly calibrated"


def test_the_answer_in_words(bench: Call, stored: Path) -> None:
    out = " ".join(bench("compare", "convnext_m.g1k", "swin_m.g1k").out.split())
    assert "The gap clearly changes under shift: R +" in out  # 30 points were taken from Swin there
    tied = " ".join(bench("compare", "convnext_m.g22k", "swin_m.g22k").out.split())
    assert "cannot be told apart" in tied
    assert "would be found 4 times in 5" in tied
    mixed = " ".join(bench("compare", "convnext_m.g22k", "swin_m.g1k").out.split())
    assert "Not held equal: pretraining" in mixed


def test_steps_add_up(bench: Call, stored: Path) -> None:
    found = json.loads(bench("compare", "convnext_m.g22k", "swin_m.g1k", "--json").out)
    whole = next(row["gap"] for row in found["sets"] if row["role"] == "val")
    gaps = [step["gap"] for step in found["steps"]]
    assert len(gaps) == 4
    assert gaps[0] + gaps[1] == pytest.approx(whole)
    assert gaps[2] + gaps[3] == pytest.approx(whole)
    assert "pretraining: swin_m.g22k less swin_m.g1k" in [s["step"] for s in found["steps"]]
    alike = json.loads(bench("compare", "convnext_m.g1k", "swin_m.g1k", "--json").out)
    assert alike["steps"] == []


def test_classes_are_named_and_adjusted(bench: Call, stored: Path) -> None:
    from statsmodels.stats.multitest import multipletests

    found = json.loads(bench("compare", "convnext_m.g1k", "swin_m.g1k", "--json").out)["classes"]
    assert len(found) == 50
    assert {"A", "Z", "2"} <= {row["part"] for row in found}
    gaps = [abs(row["gap"]) for row in found]
    assert gaps == sorted(gaps, reverse=True)
    adjusted = multipletests([row["p"] for row in found], method="holm")[1]
    assert [row["p_holm"] for row in found] == pytest.approx(adjusted.tolist())
    assert sum(row["n"] * row["gap"] for row in found) / IMAGES == pytest.approx(
        100 * (right("convnext_m.g1k").mean() - right("swin_m.g1k").mean())
    )


def test_families_are_matched_within_a_band(bench: Call, stored: Path) -> None:
    found = json.loads(bench("compare", "convnext", "swin", "--match", "gmacs", "--json").out)
    pairs = {(row["first"], row["second"]) for row in found["pairs"]}
    assert pairs == {("convnext_m.g1k", "swin_m.g1k"), ("convnext_m.g22k", "swin_m.g22k")}
    assert [row["model"] for row in found["unmatched"]] == ["swin_l.g1k"]
    assert "0.41x" in found["unmatched"][0]["reason"]
    none = bench("compare", "convnext", "swin", "--band", "1.001")
    assert none.code == 0
    assert "no pairs" in none.out
    assert "Unmatched" in none.out


def test_two_models_may_be_matched_too(bench: Call, stored: Path) -> None:
    said = bench("compare", "convnext_m.g1k", "swin_l.g1k", "--match", "latency", "--band", "3")
    assert said.code == 0
    assert "match in latency within 3x" in said.out


@pytest.mark.parametrize("form", ["--html", "--markdown", "--latex"])
@pytest.mark.parametrize("sides", [("convnext_m.g22k", "swin_m.g1k"), ("convnext", "swin")])
def test_every_form(bench: Call, here: Path, stored: Path, form: str, sides: Any) -> None:
    said = bench("compare", *sides, form, "--to", "out")
    assert said.code == 0, said.err
    assert "swin" in (here / "out").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["convnext_q.g1k", "swin_m.g1k"], "convnext_m.g1k"),
        (["vit_m.g1k", "swin_m.g1k"], "run `bench run scaling --models vit_m.g1k` first"),
        (["swin", "swin_m.g1k"], "swin_m.g1k is on both sides"),
        (["convnext_m.g1k", "swin_m.g1k", "--band", "2"], "add --match"),
        (["convnext", "swin", "--band", "0.9"], "at least 1"),
        (["convnext", "swin", "--band", "nan"], "at least 1"),
        (["convnext", "swin", "--match", "flops"], "'gmacs'"),
        (["convnext", "swin", "--html", "--json"], "give only one of"),
        (["convnext", "swin", "--to", "x"], "--to needs a format"),
        (["", "swin"], "no model given"),
        (["a", "b", "--output", "nowhere"], "no results at"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_mistakes_are_one_line(bench: Call, stored: Path, words: list[str], said: str) -> None:
    answer = bench("compare", *words)
    assert answer.code == 2
    assert said in answer.err
    assert len(answer.err.splitlines()) == 1


def test_without_predictions_the_command_is_named(bench: Call, stored: Path) -> None:
    with Store(stored) as store:
        fill(store, store.begin_run({}), "swin_l.g1k")
        store.connection.execute("DELETE FROM predictions")
        store.connection.commit()
    for sides in (("convnext_m.g1k", "swin_m.g1k"), ("convnext", "swin")):
        said = bench("compare", *sides)
        assert said.code == 2
        assert "`bench run scaling --models convnext_m.g1k,swin_m.g1k --output" in said.err


def test_damaged_predictions_are_data_errors(bench: Call, stored: Path) -> None:
    with Store(stored) as store:
        store.connection.execute("UPDATE predictions SET data = ?", (b"PK\x03\x04 no archive",))
        store.connection.commit()
    said = bench("compare", "convnext_m.g1k", "swin_m.g1k")
    assert (said.code, len(said.err.splitlines())) == (4, 1)
    assert "damaged" in said.err


def test_other_images_are_never_paired(bench: Call, stored: Path) -> None:
    """One more model, measured on pixels of another digest and at another limit."""
    name = "swin_s.g1k"
    model = registry.models(name)[0]
    given = answers("swin_m.g1k", "glyphs-val")
    with Store(stored) as store:
        run = store.begin_run({})
        for digest, limit in (("other", None), ("glyphs-val", 500)):
            job = Job(
                measure=Measure.EVALUATE,
                model=model,
                options=Options(limit=limit),
                dataset=registry.datasets("glyphs-val")[0],
                dataset_digest=digest,
            )
            top1 = Measurement(metric="top1", value=50.0, unit="%", n=IMAGES)
            outcome = Outcome(
                job=job, status=Status.OK, measurements=(top1,), predictions=pack(given)
            )
            store.append(outcome, run)
    said = bench("compare", "convnext_m.g1k", name)
    assert said.code == 2
    assert "no stored predictions of the same images" in said.err


def test_torch_is_never_loaded(program: Call, stored: Path, here: Path) -> None:
    import subprocess
    import sys

    probe = (
        "import sys; from bench.cli import main; "
        "code = main(['compare', 'convnext_m.g1k', 'swin_m.g1k']); "
        "print(code, sorted({'torch', 'timm'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "0 []"
