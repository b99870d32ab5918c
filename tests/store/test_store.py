"""Results on disk: durable, exactly once, readable by anyone, clear about what is wrong."""

from __future__ import annotations

import errno
import json
import math
import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.spec import Job, Measure, Measurement, Outcome, replace
from bench.spec.errors import StoreError
from bench.store import Store, frame, sqlite
from tests import declared

ENV = {"bench": "0.1.0", "command": "bench run scaling", "packages": {"torch": "2.15.0"}}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "results.db") as opened:
        yield opened


def jobs(count: int) -> list[Job]:
    return [
        declared.job(of=declared.model(weights_sha256=f"weights {number}"))
        for number in range(count)
    ]


def test_a_stored_outcome_comes_back_whole(store: Store) -> None:
    outcome = declared.outcome()
    run = store.begin_run(ENV)
    assert store.append(outcome, run)
    with Store(store.path) as again:
        assert again.done() == {outcome.job.id}
        assert again.predictions(outcome.job.id) == outcome.predictions
        assert again.notes(outcome.job.id) == outcome.notes
        assert [row["id"] for row in again.runs()] == [run]
        table = again.frame()
    assert list(table.columns) == list(frame.COLUMNS)
    top1, nll = (table.iloc[row] for row in (0, 1))
    expected = {
        "job": outcome.job.id,
        "run": run,
        "measure": "evaluate",
        "model": "convnext_m.g1k",
        "architecture": "convnext_m",
        "family": "convnext",
        "kind": "convnet",
        "size": "m",
        "scale": "1k",
        "trained_on": "glyphs-1k",
        "pretrain_images": 0,
        "resolution": 32,
        "world": "glyphs",
        "dataset": "glyphs-val",
        "role": "val",
        "dataset_digest": "digest of glyphs-val",
        "metric": "top1",
        "value": 81.5,
        "unit": "%",
        "low": 79.7,
        "high": 83.1,
        "n": 2000,
        "status": "ok",
        "device": "cpu",
        "device_name": "cpu",
        "precision": "float32",
        "batch_size": 256,
        "channels_last": False,
        "compile": False,
        "seconds": 1.25,
        "source": "measured",
    }
    assert {name: top1[name] for name in expected} == expected
    assert all(pd.isna(top1[name]) for name in ("twin", "limit", "error"))
    assert (nll["metric"], nll["value"], nll["unit"]) == ("nll", 0.7, "nat")
    assert math.isnan(nll["low"])
    assert nll["n"] is pd.NA


def test_the_frame_has_the_same_columns_and_types_whatever_is_in_it(store: Store) -> None:
    empty = store.frame()
    assert len(empty) == 0
    run = store.begin_run(ENV)
    store.append(declared.failure(declared.job(Measure.SPEED, limit=5)), run)
    failed = store.frame()
    store.append(declared.outcome(), run)
    assert list(empty.dtypes) == list(failed.dtypes) == list(store.frame().dtypes)
    (row,) = failed.to_dict("records")
    assert row["error"] == "JobError: no"
    assert row["limit"] == 5
    assert all(pd.isna(row[name]) for name in ("metric", "value", "dataset", "role"))


def test_precision_and_half_used_options_are_columns(store: Store) -> None:
    job = declared.job(Measure.SPEED, amp=True, batch_size=8, device="cuda:0", device_name="H200")
    store.append(declared.outcome(job), store.begin_run(ENV))
    row = store.frame().iloc[0]
    assert (row["precision"], row["batch_size"], row["device_name"]) == ("float16", 8, "H200")


def test_a_good_outcome_is_never_replaced_and_a_failed_one_always_is(store: Store) -> None:
    run = store.begin_run(ENV)
    job = declared.job()
    assert store.append(declared.failure(job, "first"), run)
    assert store.append(declared.failure(job, "second"), run)
    assert store.frame()["error"].tolist() == ["second"]
    assert store.done() == set()
    assert store.append(declared.outcome(job), run)
    assert not store.append(declared.failure(job, "late"), run)
    assert not store.append(declared.outcome(job, measurements=()), run)
    assert store.frame()["metric"].tolist() == ["top1", "nll"]


def test_numpy_numbers_not_a_number_and_infinity_are_kept(store: Store) -> None:
    measurements = (
        Measurement(metric="a", value=np.float32(0.5), unit="%", n=np.int64(7)),  # type: ignore[arg-type]
        Measurement(metric="b", value=math.nan, unit="%"),
        Measurement(metric="c", value=math.inf, unit="%", low=-math.inf),
    )
    notes = {"samples": [math.nan, 1.0], "where": Path("x")}
    outcome = declared.outcome(measurements=measurements, notes=notes)
    store.append(outcome, store.begin_run(ENV))
    table = store.frame().set_index("metric")
    assert (table.loc["a", "value"], table.loc["a", "n"]) == (0.5, 7)
    assert table["value"].isna().tolist() == [False, True, False]
    assert (table.loc["c", "value"], table.loc["c", "low"]) == (math.inf, -math.inf)
    assert store.notes(outcome.job.id) == {"samples": ["nan", 1.0], "where": "x"}


def test_an_error_is_one_line_whatever_it_quotes(store: Store) -> None:
    store.append(declared.failure(error="no file\n 'caf\udce9'"), store.begin_run(ENV))
    assert store.frame()["error"].tolist() == ["no file 'caf?'"]


def test_an_outcome_that_cannot_be_stored_whole_is_not_stored_at_all(store: Store) -> None:
    twice = Measurement(metric="top1", value=1.0, unit="%")
    run = store.begin_run(ENV)
    with pytest.raises(StoreError, match=r"UNIQUE.*metric"):
        store.append(declared.outcome(measurements=(twice, twice)), run)
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        store.append(declared.outcome(), "a run that never began")
    assert len(store.frame()) == 0
    assert store.append(declared.outcome(), run)


def test_durations_are_those_of_good_jobs(store: Store) -> None:
    run = store.begin_run(ENV)
    store.append(declared.outcome(declared.job(limit=300)), run)
    store.append(declared.failure(declared.job(Measure.PROFILE)), run)
    (duration,) = store.durations()
    assert (duration.measure, duration.architecture) == ("evaluate", "convnext_m")
    assert (duration.images, duration.seconds, duration.device_name) == (300, 1.25, "cpu")


def test_env_is_of_the_latest_run_with_results_and_says_what_differs(store: Store) -> None:
    assert store.env() == {}
    one, two = jobs(2)
    store.append(declared.outcome(one), store.begin_run(ENV))
    assert store.env() == {**ENV, "runs": 1, "differing": {}}
    newer = {**ENV, "command": "bench run again", "packages": {"torch": "2.16.0"}}
    run = store.begin_run(newer)
    store.begin_run({"bench": "9"})  # gave nothing, so says nothing about what is stored
    store.append(declared.outcome(two), run)
    differing = {"packages.torch": ["2.15.0", "2.16.0"]}
    assert store.env() == {**newer, "runs": 2, "differing": differing}


def test_a_commit_is_synchronous_and_logged(store: Store) -> None:
    assert store.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store.connection.execute("PRAGMA synchronous").fetchone() == (2,)


@pytest.mark.parametrize(("given", "made"), [("new/deep", "new/deep/results.db"), ("x.db", "x.db")])
def test_a_path_is_a_folder_unless_it_ends_with_db(tmp_path: Path, given: str, made: str) -> None:
    with Store(tmp_path / given) as store:
        assert store.path == tmp_path / made
    assert (tmp_path / made).is_file()


# What can be wrong with the file


def _damage(path: Path, how: str) -> None:
    with Store(path) as store:
        run = store.begin_run(ENV)
        for job in jobs(40):
            store.append(declared.outcome(job, predictions=b"x" * 9000), run)
    if how == "text":
        path.write_text("this is no database, and long enough to be taken for one" * 99)
    elif how == "middle":
        content = bytearray(path.read_bytes())
        content[4096:-4096] = os.urandom(len(content) - 8192)
        path.write_bytes(content)
    elif how == "short":
        path.write_bytes(path.read_bytes()[:9000])


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("text", "not a results store"),
        ("middle", "damaged"),
        ("short", "damaged|not a results store"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path: Path, how: str, why: str) -> None:
    path = tmp_path / "results.db"
    _damage(path, how)
    with pytest.raises(StoreError, match=why) as caught, Store(path) as store:  # noqa: PT012
        store.frame()
        store.done()
        for job in jobs(40):
            store.predictions(job.id)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "photos.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE photos (id)")

    before = path.read_bytes()
    with pytest.raises(StoreError, match="is not a results store"):
        Store(path)
    assert path.read_bytes() == before


def test_a_store_of_a_newer_version_says_who_wrote_it(store: Store) -> None:
    store.connection.execute("UPDATE meta SET value = '7.2'")
    store.connection.execute(f"PRAGMA user_version = {sqlite.VERSION + 4}")
    message = r"was written by bench 7\.2 \(store version 6\); this is bench .* upgrade bench"
    for readonly in (True, False):
        with pytest.raises(StoreError, match=message):
            Store(store.path, readonly=readonly)
    store.connection.execute("DROP TABLE meta")
    with pytest.raises(StoreError, match="bench a later version"):
        Store(store.path)


def test_reading_needs_a_store_and_leaves_no_trace(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StoreError, match=r"no results at .*absent.*run `bench run SUITE` first"):
        Store(tmp_path / "absent", readonly=True)
    assert not (tmp_path / "absent").exists()
    store.append(declared.outcome(), store.begin_run(ENV))
    with Store(store.path, readonly=True) as reader:
        assert len(reader.frame()) == 2
        with pytest.raises(StoreError, match="cannot be written"):
            reader.begin_run(ENV)


def test_a_folder_under_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot create folder .*Not a directory"):
        Store(tmp_path / "file" / "below")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.append(declared.outcome(), store.begin_run(ENV))
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(StoreError, match="cannot"):
            Store(tmp_path / "other")
        with Store(tmp_path, readonly=True) as reader:
            assert len(reader.frame()) == 2
    finally:
        tmp_path.chmod(stat.S_IRWXU)


@pytest.mark.parametrize(
    ("call", "number", "missing"),
    [
        ("fcntl.lockf", errno.ENOLCK, "file locks"),
        ("fcntl.lockf", errno.ENOSYS, "file locks"),
        ("mmap.mmap", errno.ENODEV, "shared memory"),
    ],
)
def test_a_disk_without_locks_is_named_at_once_and_can_be_read(
    call: str, number: int, missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As NFS without a lock service, or Lustre without flock."""
    outcome = declared.outcome()
    with Store(tmp_path) as store:
        store.append(outcome, store.begin_run(ENV))

    def refused(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(call, refused)
    started = time.monotonic()
    with pytest.raises(StoreError, match=f"on a disk without {missing}.* --output"):
        Store(tmp_path)
    assert time.monotonic() - started < 5
    with Store(tmp_path, readonly=True) as reader:
        assert reader.done() == {outcome.job.id}
    (tmp_path / "results.db-wal").write_bytes(b"part of it")
    with pytest.raises(StoreError, match=f"on a disk without {missing}"):
        Store(tmp_path, readonly=True)


def test_a_full_disk_is_clear_and_costs_only_what_did_not_fit(store: Store) -> None:
    run = store.begin_run(ENV)
    one, two, three = jobs(3)
    store.append(declared.outcome(one), run)
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match=r"the disk is full; free some space .* jobs are kept"):
        store.append(declared.outcome(two, predictions=os.urandom(10**6)), run)
    assert store.done() == {one.id}
    store.connection.execute("PRAGMA max_page_count = 1000000")
    assert store.append(declared.outcome(three), run)


def test_a_file_size_limit_of_the_system_is_clear(tmp_path: Path) -> None:
    program = f"""
import resource, signal, sys
from bench.spec.errors import StoreError
from bench.store import Store
from tests import declared
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store({str(tmp_path)!r})
run = store.begin_run({{}})
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    store.append(declared.outcome(predictions=b"x" * 10**6), run)
except StoreError as error:
    print(error)
"""
    done = _python(program)
    assert "results.db cannot be read or written: the disk" in done
    with Store(tmp_path) as store:
        assert store.done() == set()


# Several processes


def _python(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


WRITER = """
import sys
from bench.store import Store
from tests.store.test_store import jobs, ENV
from tests import declared
with Store(sys.argv[1]) as store:
    run = store.begin_run(ENV)
    print(sum(store.append(declared.outcome(job), run) for job in jobs(40)))
"""


def test_two_writers_and_a_reader_at_once(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "results.db")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    seen: list[int] = []
    while any(writer.poll() is None for writer in writers):
        if (tmp_path / "results.db").is_file():
            try:
                with Store(tmp_path, readonly=True) as reader:
                    table = reader.frame()
            except StoreError as error:
                if "no results at" not in str(error):  # the file is there, its tables not yet
                    raise
                continue
            assert (table.groupby("job").size() == 2).all()
            seen.append(len(table))
    added = [int(writer.communicate(timeout=60)[0]) for writer in writers]
    assert sum(added) == 40
    assert seen == sorted(seen)
    with Store(tmp_path) as store:
        assert store.done() == {job.id for job in jobs(40)}
        assert len(store.frame()) == 80
        assert len(store.runs()) == 2


def test_a_second_run_on_the_store_is_refused_until_the_first_ends(store: Store) -> None:
    hold = f"""
from bench.store import Store
with Store({str(store.path)!r}) as store, store.driver():
    print("held", flush=True)
    input()
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match="another `bench run` is writing"), store.driver():
            pass
        assert store.append(declared.outcome(), store.begin_run(ENV))  # an import may still write
        holder.kill()
    with store.driver(), pytest.raises(StoreError, match="another"), store.driver():
        pass
    with store.driver():
        pass


def test_a_locked_file_is_one_line(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.connection.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(sqlite, "_PATIENCE", 0.05)
    with Store(store.path) as other, pytest.raises(StoreError, match="locked by another process"):
        other.begin_run(ENV)
    store.connection.execute("ROLLBACK")


# Lines of JSON

REAL = st.floats() | st.none()
OUTCOMES = st.builds(
    lambda number, error, values, data, notes, seconds: (
        declared.failure(jobs(9)[number], error)
        if error is not None
        else declared.outcome(
            jobs(9)[number],
            measurements=tuple(
                Measurement(metric=metric, value=value, unit="%", low=low, high=low, n=n)
                for metric, (value, low, n) in values.items()
            ),
            predictions=data,
            notes=notes,
            seconds=seconds,
        )
    ),
    st.integers(0, 8),
    st.none() | st.text(),
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=9),
        st.tuples(st.floats(), REAL, st.none() | st.integers(0, 2**62)),
        max_size=4,
    ),
    st.none() | st.binary(max_size=50),
    st.dictionaries(st.text(max_size=5), REAL | st.lists(st.integers() | st.text()), max_size=3),
    st.floats(0, 1e6),
)


def _content(store: Store) -> list[Any]:
    rows = store.connection.execute(
        "SELECT job_id, run_id, status, job, seconds, notes, error, finished, metric, value, unit, "
        "low, high, n, data FROM outcomes LEFT JOIN measurements USING (job_id) "
        "LEFT JOIN predictions USING (job_id) ORDER BY outcomes.rowid, position"
    )
    return [store.runs(), list(rows)]


@settings(max_examples=25)
@given(outcomes=st.lists(OUTCOMES, max_size=6))
def test_lines_of_json_hold_all_of_a_store(
    outcomes: list[Outcome], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("jsonl")
    with Store(folder / "a.db") as store, Store(folder / "b.db") as copy:
        run = store.begin_run(ENV)
        for outcome in outcomes:
            store.append(outcome, run)
        count = store.export_jsonl(folder / "a.jsonl")
        assert count == len({outcome.job.id for outcome in outcomes})
        for line in (folder / "a.jsonl").read_text().splitlines():
            json.loads(line, parse_constant=pytest.fail)  # strict: no NaN, no Infinity
        assert copy.import_jsonl(folder / "a.jsonl") == count
        assert _content(copy) == _content(store)
        copy.frame()
        before = copy.done()
        assert copy.import_jsonl(folder / "a.jsonl") == count - len(before)
        assert _content(copy)[0] == _content(store)[0]
        assert copy.done() == store.done()


def test_merging_keeps_good_outcomes_and_replaces_failed_ones(tmp_path: Path) -> None:
    one, two, three = jobs(3)
    with Store(tmp_path / "a.db") as mine, Store(tmp_path / "b.db") as theirs:
        run = mine.begin_run(ENV)
        mine.append(declared.outcome(one, seconds=1.0), run)
        mine.append(declared.failure(two), run)
        run = theirs.begin_run(ENV)
        theirs.append(declared.outcome(one, seconds=9.0), run)
        theirs.append(declared.outcome(two), run)
        theirs.append(declared.outcome(three), run)
        theirs.export_jsonl(tmp_path / "b.jsonl")
        assert mine.import_jsonl(tmp_path / "b.jsonl") == 2
        assert mine.done() == {one.id, two.id, three.id}
        table = mine.frame()
        assert table[table["job"] == one.id]["seconds"].tolist() == [1.0, 1.0]
        assert len(mine.runs()) == 2


def _lines(tmp_path: Path) -> list[str]:
    with Store(tmp_path / "source.db") as store:
        store.append(declared.outcome(), store.begin_run(ENV))
        store.export_jsonl(tmp_path / "source.jsonl")
    return (tmp_path / "source.jsonl").read_text().splitlines()


def test_a_flag_that_is_none_is_damage(tmp_path: Path, store: Store) -> None:
    good = "\n".join(_lines(tmp_path))
    bad = good.replace('"channels_last": false', '"channels_last": "no"')
    assert bad != good
    (tmp_path / "bad.jsonl").write_text(bad)
    with pytest.raises(StoreError, match="neither true nor false"):
        store.import_jsonl(tmp_path / "bad.jsonl")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("not json", "JSONDecodeError"),
        ("3", "AttributeError"),
        ("{}", "ValueError"),
        ('{"cat": {}}', "neither a run nor an outcome"),
        ('{"outcome": {}}', "KeyError: 'job'"),
        ('{"run": {"id": "\\ud800", "started": "2030-01-01", "env": {}}}', "Unicode"),
        ("[" * 10**5, "RecursionError"),
        ('{"store": {"version": 1}}', "first line"),
    ],
)
def test_a_line_that_is_not_ours_is_named_and_nothing_is_taken(
    tmp_path: Path, store: Store, line: str, why: str
) -> None:
    good = _lines(tmp_path)
    file = tmp_path / "bad.jsonl"
    file.write_text("\n".join([*good[:-1], line]))
    with pytest.raises(StoreError, match=rf"bad\.jsonl line 4 is damaged: .*{why}"):
        store.import_jsonl(file)
    assert store.runs() == []
    assert store.done() == set()


def test_other_files_that_cannot_be_merged(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StoreError, match=r"cannot read .*No such file"):
        store.import_jsonl(tmp_path / "absent.jsonl")
    newer = tmp_path / "newer.jsonl"
    newer.write_text('{"store": {"version": 99, "bench": "7.2"}}\n')
    with pytest.raises(StoreError, match=r"written by bench 7\.2; this is .*: upgrade"):
        store.import_jsonl(newer)
    headless = tmp_path / "headless.jsonl"
    headless.write_text("\n".join(_lines(tmp_path)[1:]))
    with pytest.raises(StoreError, match="line 1 is damaged"):
        store.import_jsonl(headless)
    with pytest.raises(StoreError, match=r"cannot write .*No such file"):
        store.export_jsonl(tmp_path / "no" / "folder.jsonl")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return _lines(tmp_path_factory.mktemp("good"))


@settings(max_examples=60)
@given(data=st.data())
def test_a_wild_record_is_taken_whole_or_refused(
    data: st.DataObject, lines: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    record = json.loads(lines[2])
    place = record["outcome"]
    for _ in range(data.draw(st.integers(0, 3))):  # some way down, then replace what is there
        inner = [key for key, value in place.items() if isinstance(value, dict) and value]
        if inner:
            place = place[data.draw(st.sampled_from(inner))]
    key = data.draw(st.sampled_from(sorted(place)))
    place[key] = data.draw(VALUES)
    folder = tmp_path_factory.mktemp("wild")
    (folder / "wild.jsonl").write_text("\n".join([*lines[:2], json.dumps(record)]))
    with Store(folder / "wild.db") as store:
        try:
            taken = store.import_jsonl(folder / "wild.jsonl")
        except StoreError:
            taken = 0
        assert len(store.frame()["job"].unique()) == taken
        assert len(store.durations()) in (0, taken)
        store.env()


def test_replacing_a_declaration_makes_another_job() -> None:
    job = declared.job()
    assert replace(job, dataset_digest="other pixels").id != job.id
