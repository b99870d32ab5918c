"""``bench run``: measures once, shows, goes on, and says what failed."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bench.store import Store

Call = Callable[..., Any]


def test_a_run_measures_everything_once(bench: Call, here: Path) -> None:
    first = bench("run", "tiny")
    assert first.code == 0, first.err
    opening, *_ = first.out.splitlines()
    assert opening.startswith("tiny on tiny (images drawn on this machine)")
    assert "This is not ImageNet; for ImageNet add --data imagenet --data-dir FOLDER." in opening
    assert re.findall(r"^\[(\d)/3\] (\w+) tiny_xs.g1k", first.err, re.M) == [
        ("1", "evaluate"),
        ("2", "evaluate"),
        ("3", "profile"),
    ]
    assert "3 jobs: 3 done" in first.out
    assert str(Path("results", "results.db")) in first.out
    assert "tiny_xs.g1k" in first.out.split("3 jobs:")[0]  # the report's table

    second = bench("run", "tiny")
    assert second.code == 0
    assert "nothing to do, 3 already in the store" in second.err
    assert "3 jobs: 0 done" in second.out
    with Store(here / "results", readonly=True) as store:
        assert len(store.done()) == 3
        assert len(store.runs()) == 2


def test_the_stored_accuracy_is_that_of_the_stored_predictions(bench: Call, here: Path) -> None:
    assert bench("run", "tiny", "--data", "tiny-val", "--limit", "25").code == 0
    with Store(here / "results", readonly=True) as store:
        frame = store.frame()
    row = frame[frame["metric"] == "top1"].iloc[0]
    assert (row["n"], row["limit"]) == (25, 25)
    # Five classes in turn: a network can be right on 0 to 25 of 25, in steps of 4 %.
    assert row["value"] * 25 / 100 == pytest.approx(round(row["value"] * 25 / 100), abs=1e-9)


def test_dry_run_shows_the_jobs_and_does_nothing(bench: Call, here: Path) -> None:
    said = bench("run", "tiny", "--dry-run", "--output", "elsewhere")
    assert said.code == 0
    jobs = re.findall(r"^(evaluate|profile) (\S+) ?(\S*) +todo +\d+\.\d$", said.out, re.M)
    assert sorted(jobs) == [
        ("evaluate", "tiny_xs.g1k", "tiny-r"),
        ("evaluate", "tiny_xs.g1k", "tiny-val"),
        ("profile", "tiny_xs.g1k", ""),
    ]
    assert "3 jobs, 0 done, 3 to do: about " in said.out
    assert not any(here.iterdir())


def test_dry_run_knows_what_is_done_and_how_long_it_took(bench: Call) -> None:
    assert bench("run", "tiny", "--data", "tiny-val").code == 0
    said = bench("run", "tiny", "--dry-run")
    assert re.search(r"^evaluate tiny_xs.g1k tiny-val +done", said.out, re.M)
    assert re.search(r"^evaluate tiny_xs.g1k tiny-r +todo", said.out, re.M)
    assert "3 jobs, 2 done, 1 to do" in said.out
    assert "(1 of 1 from similar jobs timed on this device)" in said.out


def test_a_failed_job_is_told_and_the_others_go_on(bench: Call, here: Path) -> None:
    said = bench("run", "tiny", "--models", "misfit,tiny")
    assert said.code == 3
    assert "6 jobs: 4 done" in said.out
    assert "2 failed" in said.out
    assert said.err.count("bench: failed: evaluate misfit_xs.g1k") == 2
    assert "Traceback" not in said.err
    with Store(here / "results", readonly=True) as store:
        frame = store.frame()
    assert set(frame[frame["status"] == "failed"]["model"]) == {"misfit_xs.g1k"}
    assert "tiny_xs.g1k" in set(frame[frame["metric"] == "top1"]["model"])
    # Tried again, for the reason may be gone; what went well is not.
    assert "2 jobs to do, 4 already in the store" in bench("run", "tiny", "-m", "misfit,tiny").err


def test_pixels_other_than_published_are_told(bench: Call) -> None:
    said = bench("run", "tiny", "--data", "tiny-v2")
    assert said.code == 0
    (warning,) = [line for line in said.err.splitlines() if "warning" in line]
    assert warning.startswith("bench: warning: tiny-v2: pixels differ from the published ones")
    assert "numpy" in warning
    assert "pillow" in warning


def test_data_may_be_a_world_a_name_a_role_or_a_glob(bench: Call) -> None:
    def evaluated(data: str) -> set[str]:
        out = bench("run", "tiny", "--dry-run", "--data", data).out
        return set(re.findall(r"^evaluate \S+ (\S+)", out, re.M))

    assert evaluated("tiny") == {"tiny-val", "tiny-r"}  # the suite's, of that world
    assert evaluated("tiny-v2") == {"tiny-v2"}
    assert evaluated("v2") == {"tiny-v2"}
    assert evaluated("tiny-v*") == {"tiny-val", "tiny-v2"}
    assert evaluated("tiny-val,r") == {"tiny-val", "tiny-r"}


def test_options_reach_the_jobs(bench: Call, here: Path) -> None:
    said = bench(
        *("run", "tiny", "--data", "tiny-val", "--limit", "7", "-b", "3", "--device", "cpu"),
        *("--amp", "--amp-dtype", "bfloat16", "--channels-last", "-j", "1", "-o", "mine"),
    )
    assert said.code == 0, said.err
    assert said.out.endswith("Next: bench report --html --output mine\n")
    with Store(here / "mine", readonly=True) as store:
        frame = store.frame()
        (run,) = store.runs()
    row = frame[frame["metric"] == "top1"].iloc[0]
    assert (row["precision"], row["batch_size"], row["limit"]) == ("bfloat16", 3, 7)
    options = run["env"]["options"]
    assert (options["channels_last"], options["workers"], options["amp"]) == (True, 1, True)


def test_another_run_on_the_same_store_is_refused(bench: Call, here: Path) -> None:
    with Store(here / "results") as store, store.driver():
        said = bench("run", "tiny")
    assert said.code == 2
    assert "another `bench run` is writing" in said.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_an_output_without_permission_is_one_line(bench: Call, here: Path) -> None:
    (here / "locked").mkdir(mode=0o500)
    said = bench("run", "tiny", "--output", "locked/results")
    assert said.code == 2
    assert len(said.err.splitlines()) == 1


def interrupted(at: str, number: int) -> tuple[int, list[str]]:
    """Exit code and stderr of a run that gets a signal when it says ``at``."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench", "run", "tiny"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        told = []
        for line in process.stderr:
            told.append(line)
            if line.startswith(at):
                process.send_signal(number)
    return process.returncode, told


def test_ctrl_c_ends_with_130_and_the_same_command_goes_on(bench: Call, here: Path) -> None:
    code, told = interrupted("[1/3]", signal.SIGINT)
    # The last jobs take milliseconds: it may have been faster than the signal.
    assert code in (0, 130), told
    if code == 130:
        assert told[-1] == "bench: interrupted; run the same command to resume\n"
    assert not any("Traceback" in line for line in told)
    assert bench("run", "tiny").code == 0
    with closing(sqlite3.connect(here / "results" / "results.db")) as connection:
        rows = connection.execute("SELECT status, count(*) FROM outcomes GROUP BY status")
        assert rows.fetchall() == [("ok", 3)]


def test_sigterm_before_the_first_job_is_told_too(bench: Call, here: Path) -> None:
    code, told = interrupted("loading PyTorch", signal.SIGTERM)
    assert code == 130, told
    assert told[-1] == "bench: interrupted; run the same command to resume\n"
