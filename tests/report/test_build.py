"""From a store to a report: one way, for a run's own jobs as for all that is stored."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import registry
from bench.render import markdown
from bench.report.build import of_jobs, of_store
from bench.spec.errors import UsageError
from bench.store import Store
from tests import stored


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(stored.make(tmp_path), readonly=True)


@pytest.mark.parametrize("name", ["scaling", "leaderboard", "efficiency"])
def test_a_run_that_asked_for_all_shows_what_a_report_shows(store: Store, name: str) -> None:
    build = registry.report(name)
    jobs = [job for model in stored.MODELS for job in stored.jobs(model)]
    ran, reported = of_store(build, store, jobs), of_store(build, store)
    assert markdown.render(ran) == markdown.render(reported)
    assert len(markdown.render(ran)) > 1000


def test_both_compare_image_by_image(store: Store) -> None:
    """What pretraining buys is a difference on the same images: its interval is narrower paired."""
    build = registry.report("scaling")
    jobs = [job for model in stored.MODELS for job in stored.jobs(model)]
    gain = 100 * (stored.right("convnext_m.g22k").mean() - stored.right("convnext_m.g1k").mean())
    paired = markdown.render(of_store(build, store, jobs))
    unpaired = markdown.render(build(store.frame(), store.env()))
    widths = []
    for text in (paired, unpaired):
        low, high = re.findall(rf"\| \+{gain:.1f} \\\[\+([\d.]+), \+([\d.]+)\\\]", text)[0]
        widths.append(float(high) - float(low))
    assert widths[0] < widths[1]


def test_a_run_shows_its_own_jobs_under_its_own_models_names(store: Store) -> None:
    mine = [job for model in stored.MODELS[1:2] for job in stored.jobs(model)]
    frame = of_jobs(store.frame(), mine)
    assert set(frame["model"]) == {"convnext_m.g22k"}
    assert set(frame["metric"]) == {"gmacs", "latency_p50", "top1"}
    assert set(frame["trained_on"]) == {mine[0].model.trained_on}


def test_an_empty_store_has_no_report(tmp_path: Path) -> None:
    with Store(tmp_path / "new.db") as empty, pytest.raises(UsageError, match="no results in"):
        of_store(registry.report("scaling"), empty)
