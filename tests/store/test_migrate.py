"""A store of version 1, made by the program of that time: opened, resumed, sent, nothing lost."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench import registry
from bench.run.plan import plan
from bench.spec import AmpDtype, Job, Options, Suite, replace
from bench.spec.errors import StoreError
from bench.store import Store, migrate, sqlite

HERE = Path(__file__).parent
#: What ``bench run scaling --models convnext_xs,resnet_xs --data val,a,c --limit 12`` asks for.
ASKED = {"models": "convnext_xs,resnet_xs", "data": ("glyphs-val", "glyphs-a", "glyphs-c")}


def _unpacked(name: str, to: Path) -> Path:
    with gzip.open(HERE / f"{name}.gz") as packed, to.open("wb") as file:
        shutil.copyfileobj(packed, file)
    return to


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return _unpacked("version1.db", tmp_path / "results.db")


def _version(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _stored_options(store: Store) -> Options:
    """As that machine was described, or nothing of speed would be resumed anywhere else."""
    (text,) = store.connection.execute("SELECT job FROM outcomes LIMIT 1").fetchone()
    return Options(device_name=json.loads(text)["options"]["device_name"], limit=12)


def _asked(store: Store) -> list[Job]:
    """The same jobs, planned today; those whose measure has another definition now are left out."""
    suite = registry.suite("scaling")
    digests: dict[str, str | None] = {}
    for (text,) in store.connection.execute("SELECT job FROM outcomes"):
        job = json.loads(text)
        if job["dataset"]:
            digests[job["dataset"]["name"]] = job["dataset_digest"]
    options = _stored_options(store)
    jobs = plan(suite, registry.models(ASKED["models"]), _datasets(), options, digests)
    mixed = replace(options, amp=True, amp_dtype=AmpDtype.BFLOAT16)
    val = [dataset for dataset in _datasets() if dataset.name == "glyphs-val"]
    jobs += plan(suite, registry.models("convnext_xs.g1k"), val, mixed, digests)
    return [job for job in jobs if _then(job.measure)]


def _then(measure: Any) -> bool:
    from bench.spec import MEASURE_VERSION

    return MEASURE_VERSION[measure] == {"evaluate": 1, "profile": 2, "speed": 2}[measure]


def _datasets() -> tuple[Any, ...]:
    return registry.datasets(ASKED["data"])


def test_it_goes_on_where_it_was(old: Path) -> None:
    assert _version(old) == 1
    with Store(old) as store:
        asked = _asked(store)
        assert len(asked) >= 13
        missing = [job.label for job in asked if job.id not in store.done()]
    assert missing == []
    assert _version(old) == sqlite.VERSION


def test_every_number_and_every_prediction_is_still_there(old: Path, tmp_path: Path) -> None:
    then = pd.read_csv(
        io.BytesIO(gzip.decompress((HERE / "version1.csv.gz").read_bytes())), dtype={"job": str}
    )
    with Store(old) as store:
        now = store.frame()
        kept = {job: store.predictions(job) for job in now["job"].unique()}
    same = ["model", "dataset", "metric", "value", "low", "high", "n", "run", "status", "precision"]
    pd.testing.assert_frame_equal(then[same], now[same], check_dtype=False)
    scored = now[now["measure"] == "evaluate"]["job"].unique()
    assert len(scored) == 13
    assert all(kept[job] for job in scored)


def test_a_store_that_is_only_read_stays_as_it_is(old: Path) -> None:
    before = old.read_bytes()
    with Store(old, readonly=True) as store:
        assert len(store.frame()) > 100
    assert old.read_bytes() == before


def test_what_is_interrupted_leaves_the_old_store(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(old, readonly=True) as store:
        before = sorted(store.done())
    calls = []

    def failing(job_id: str, stored: Any) -> str:
        calls.append(job_id)
        if len(calls) == 7:
            raise KeyboardInterrupt
        return f"new of {job_id}"

    with monkeypatch.context() as patched:
        patched.setattr(migrate, "present_id", failing)
        with pytest.raises(KeyboardInterrupt):
            Store(old)
    assert _version(old) == 1
    with Store(old, readonly=True) as store:
        assert sorted(store.done()) == before
    Store(old).close()
    assert _version(old) == sqlite.VERSION


def test_what_is_not_of_the_job_that_it_stores_keeps_its_id(old: Path) -> None:
    with sqlite3.connect(old) as connection:
        connection.execute(
            "UPDATE outcomes SET job = replace(job, '\"limit\": 12', '\"limit\": 11')"
        )
    with Store(old, readonly=True) as store:
        before = store.done()
    with Store(old) as store:
        after = store.done()
        evaluated = set(store.frame().query("measure == 'evaluate'")["job"])
    assert evaluated <= before & after


def test_lines_of_the_first_version_are_taken_under_present_ids(old: Path, tmp_path: Path) -> None:
    lines = _unpacked("version1.jsonl", tmp_path / "lines.jsonl")
    with Store(tmp_path / "new.db") as store:
        heard: list[str] = []
        assert store.import_jsonl(lines, heard.append) == 18
        assert "cannot tell whether it is complete; 18 outcomes were read" in heard[0]
        imported = store.done()
        assert store.import_jsonl(lines) == 0
    with Store(old) as store:
        assert store.done() == imported
        back = tmp_path / "back.jsonl"
        store.export_jsonl(back)
        assert store.import_jsonl(back, heard.append) == 0
        assert len(heard) == 1
    whole = back.read_bytes().splitlines(keepends=True)
    for cut in (whole[:-1], whole[:-3], whole[:1]):
        (tmp_path / "cut.jsonl").write_bytes(b"".join(cut))
        with (
            Store(tmp_path / "other.db") as store,
            pytest.raises(StoreError, match="is truncated after"),
        ):
            store.import_jsonl(tmp_path / "cut.jsonl")
    (tmp_path / "cut.jsonl").write_bytes(b"".join(whole[:3] + whole[4:]))
    with (
        Store(tmp_path / "other.db") as store,
        pytest.raises(StoreError, match="outcomes were written"),
    ):
        store.import_jsonl(tmp_path / "cut.jsonl")


def test_suites_are_not_part_of_an_id(old: Path) -> None:
    """Jobs of the old store serve any suite that asks for the same."""
    with Store(old) as store:
        options = _stored_options(store)
        mine = Suite(
            name="mine",
            title="",
            models=(),
            datasets=(),
            measures=registry.suite("scaling").measures[-1:],
            report="scaling",
        )
        jobs = plan(mine, registry.models("convnext_xs.g1k"), (), options, {})
        assert {job.id for job in jobs if _then(job.measure)} <= store.done()
