"""The one loop: skips what is done, keeps what fails, stops when told and goes on from there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from bench.run.estimate import Estimate
from bench.run.execute import Execute
from bench.run.executors.local import local
from bench.run.loop import Summary, run
from bench.spec import Job, Measure, Outcome, Status
from bench.spec.errors import StoreError
from bench.store import Store
from tests import declared
from tests.store.test_store import ENV

JOBS = [declared.job(of=declared.model(name)) for name in ("vit_s.g1k", "vit_m.g1k", "vit_l.g1k")]


class Diary:
    """An observer that writes down what it is told, and what the store holds at that moment."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.lines: list[str] = []

    def planned(self, todo: Sequence[Job], done_before: int, left: Estimate) -> None:
        self.lines.append(f"{len(todo)} to do, {done_before} done, {left.timed} timed")

    def started(self, job: Job, expected: Estimate) -> None:
        assert expected.jobs == 1
        self.lines.append(f"start {job.model.size}")

    def finished(self, outcome: Outcome, left: Estimate) -> None:
        with Store(self.store.path, readonly=True) as reader:
            stored = len(reader.frame()["job"].unique())
        self.lines.append(f"{outcome.status} {outcome.job.model.size}, {left.jobs} left, {stored}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as opened:
        yield opened


def go(store: Store, jobs: Sequence[Job], execute: Execute = declared.outcome) -> Summary:
    return run(jobs, store, execute, run_id=store.begin_run(ENV))


def large_fails(job: Job) -> Outcome:
    if job.model.size == "m":
        raise RuntimeError("out of\nmemory")
    return declared.outcome(job)


def test_everything_is_done_once_and_durable_before_the_next_begins(store: Store) -> None:
    diary = Diary(store)
    first = run(JOBS, store, declared.outcome, run_id=store.begin_run(ENV), observer=diary)
    assert (first.done_before, first.ok, first.failed, first.interrupted) == (0, 3, 0, False)
    assert first.seconds > 0
    assert diary.lines == [
        "3 to do, 0 done, 0 timed",
        *("start s", "ok s, 2 left, 1", "start m", "ok m, 1 left, 2"),
        *("start l", "ok l, 0 left, 3"),
    ]  # fmt: skip
    again = go(store, JOBS, execute=lambda job: pytest.fail("done already"))
    assert (again.done_before, again.ok, again.failed) == (3, 0, 0)


def test_a_job_asked_for_twice_is_done_once(store: Store) -> None:
    assert go(store, [*JOBS, *JOBS]).ok == 3


def test_a_failed_job_is_a_row_the_others_go_on_and_it_is_tried_again(store: Store) -> None:
    first = go(store, JOBS, large_fails)
    assert (first.ok, first.failed, first.interrupted) == (2, 1, False)
    assert first.failures[0].error == "RuntimeError: out of memory"
    failed = store.frame().query("status == 'failed'")
    assert failed["model"].tolist() == ["vit_m.g1k"]
    assert failed["error"].tolist() == ["RuntimeError: out of memory"]
    second = go(store, JOBS)
    assert (second.done_before, second.ok, second.failed) == (2, 1, 0)
    assert set(store.frame()["status"]) == {"ok"}


def test_an_allocation_too_large_fails_its_job_alone(store: Store) -> None:
    def execute(job: Job) -> Outcome:
        if job.model.size == "s":
            bytearray(1 << 62)
        return declared.outcome(job)

    summary = go(store, JOBS, execute)
    assert (summary.ok, summary.failed) == (2, 1)
    assert summary.failures[0].error == "MemoryError"


def test_ctrl_c_stops_now_and_the_same_call_goes_on(store: Store) -> None:
    def execute(job: Job) -> Outcome:
        if job.model.size == "m":
            raise KeyboardInterrupt
        return declared.outcome(job)

    first = go(store, JOBS, execute)
    assert (first.ok, first.interrupted) == (1, True)
    second = go(store, JOBS)
    assert (second.done_before, second.ok, second.interrupted) == (1, 2, False)


def test_a_job_without_digested_data_is_never_run(store: Store) -> None:
    job = Job(
        measure=Measure.EVALUATE,
        model=declared.model(),
        options=JOBS[0].options,
        dataset=declared.dataset(),
    )
    with pytest.raises(ValueError, match=r"evaluate convnext_m.* has no dataset digest"):
        go(store, [job])


def test_an_executor_that_loses_or_repeats_jobs_is_found_out(store: Store) -> None:
    def forgetful(execute: Execute, jobs: Iterable[Job]) -> Iterator[Outcome]:
        yield from local(execute, list(jobs)[:1])

    def stammering(execute: Execute, jobs: Iterable[Job]) -> Iterator[Outcome]:
        for outcome in local(execute, jobs):
            yield outcome
            yield outcome

    summary = run(JOBS, store, declared.outcome, run_id=store.begin_run(ENV), executor=forgetful)
    assert (summary.ok, summary.failed) == (1, 2)
    assert {failure.error for failure in summary.failures} == {"the executor returned no outcome"}
    with pytest.raises(ValueError, match="duplicate or unknown job"):
        run(JOBS, store, declared.outcome, run_id=store.begin_run(ENV), executor=stammering)


def test_outcomes_may_come_in_any_order(store: Store) -> None:
    def backwards(execute: Execute, jobs: Iterable[Job]) -> Iterator[Outcome]:
        yield from local(execute, reversed(list(jobs)))

    summary = run(JOBS, store, declared.outcome, run_id=store.begin_run(ENV), executor=backwards)
    assert summary.ok == 3
    assert store.frame()["size"].unique().tolist() == ["l", "m", "s"]


def test_a_store_that_cannot_be_written_ends_the_run(store: Store) -> None:
    run_id = store.begin_run(ENV)
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    heavy = declared.outcome(JOBS[0], predictions=os.urandom(10**6))
    with pytest.raises(StoreError, match="disk is full"):
        run(JOBS[:1], store, lambda job: heavy, run_id=run_id)


def test_a_second_run_is_refused(store: Store) -> None:
    def nested(job: Job) -> Outcome:
        with Store(store.path) as other:
            go(other, JOBS)
        return declared.outcome(job)

    summary = go(store, JOBS[:1], nested)
    assert "another `bench run` is writing" in str(summary.failures[0].error)


def test_the_signal_handler_of_the_caller_is_put_back(store: Store) -> None:
    before = signal.getsignal(signal.SIGTERM)
    go(store, JOBS)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_failed_outcome_needs_no_exception(store: Store) -> None:
    assert go(store, JOBS, declared.failure).failed == 3
    assert {Status.FAILED} == set(store.frame()["status"])


PROGRAM = """
import multiprocessing, signal, sys, time
from bench.run.loop import run
from bench.store import Store
from tests import declared
from tests.run.test_loop import JOBS

# A job that a script starts in the background inherits "ignore SIGINT".
signal.signal(signal.SIGINT, signal.default_int_handler)

def execute(job):
    if job.model.size == "m":
        if sys.argv[2] == "forked":
            multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,)).start()
        print("waiting", flush=True)
        time.sleep(60)
    return declared.outcome(job)

with Store(sys.argv[1]) as store:
    summary = run(JOBS, store, execute, run_id=store.begin_run({}))
    print(summary.ok, summary.interrupted, flush=True)
    for child in multiprocessing.active_children():
        child.terminate()
        child.join()
        print(child.exitcode)
"""


@pytest.mark.parametrize(
    ("how", "number"),
    [("plain", signal.SIGTERM), ("plain", signal.SIGINT), ("forked", signal.SIGTERM)],
)
def test_a_signal_ends_a_real_run_resumably(tmp_path: Path, how: str, number: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path), how],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        time.sleep(0.1)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert err == ""
    # A worker that inherited the handler ends by the signal, without a traceback.
    assert out.split() == ["1", "True", *(["-15"] if how == "forked" else [])]
    with Store(tmp_path) as store:
        assert go(store, JOBS).done_before == 1
