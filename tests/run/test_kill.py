"""SIGKILL at any moment, then the same command: every job exactly once, nothing done is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from bench.store import Store

KILLS = 12
JOBS = 100

#: A run with real jobs that take milliseconds: what is killed is the loop and the store.
LOOP = """
import hashlib, sys, time
from bench.run.loop import Silent, run
from bench.spec import Measurement
from bench.store import Store
from tests import declared

JOBS = [declared.job(of=declared.model(weights_sha256=f"{i}")) for i in range(int(sys.argv[2]))]

def execute(job):
    time.sleep(0.005)  # so that no machine is too fast to be killed in the middle
    digest = hashlib.pbkdf2_hmac("sha256", job.id.encode(), b"", 20_000)
    measurements = tuple(
        Measurement(metric=f"byte{i}", value=byte, unit="") for i, byte in enumerate(digest)
    )
    return declared.outcome(job, measurements=measurements, predictions=digest * 2000)

class Says(Silent):
    def finished(self, outcome, left):
        print(outcome.job.id, flush=True)

print("up", flush=True)
with Store(sys.argv[1]) as store:
    summary = run(JOBS, store, execute, run_id=store.begin_run({}), observer=Says())
assert (summary.failed, summary.interrupted) == (0, False)
"""


def _start(store: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", LOOP, str(store), str(JOBS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n", process.communicate()[1]
    return process


def test_a_killed_run_goes_on_with_each_job_exactly_once(tmp_path: Path) -> None:
    chance = random.Random(2)
    announced: list[str] = []
    for _ in range(KILLS):
        process = _start(tmp_path)
        assert process.stdout is not None
        first = [process.stdout.readline() for _ in range(chance.randrange(4))]
        time.sleep(chance.uniform(0.0, 0.015))
        process.kill()
        out, err = process.communicate()
        assert process.returncode == -signal.SIGKILL, err
        finished = [line.strip() for line in [*first, *out.splitlines()]]
        announced += finished
        if not (tmp_path / "results.db").is_file():
            assert not finished  # killed before there was a store
            continue
        with Store(tmp_path) as store:
            assert store.done() >= set(announced)  # what was said to be finished is on disk
            sizes = store.frame().groupby("job").size()
            assert (sizes == 32).all()  # and whole
    assert KILLS < len(announced) < JOBS, "the kills came too early or too late"

    process = _start(tmp_path)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    announced += out.split()
    with Store(tmp_path) as store:
        frame = store.frame()
        assert len(store.done()) == JOBS
        assert len(frame) == 32 * JOBS
        assert set(frame["status"]) == {"ok"}
        assert not frame.duplicated(["job", "metric"]).any()
        for job in store.done():
            stored = store.predictions(job)
            assert stored is not None
            values = frame[frame["job"] == job]["value"]
            assert bytes(int(value) for value in values) * 2000 == stored
        assert store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(announced) == len(set(announced)), "a finished job was run again"


#: Twenty jobs, of the smallest models.
SUITE = """
from bench.spec import Measure, Suite

SUITE = Suite(name="killed", title="Killed", models=("xs",), report="scaling",
              datasets=("glyphs-val", "glyphs-sketch"),
              measures=(Measure.PROFILE, Measure.EVALUATE))
"""

#: Forks the command from a process that has loaded what is slow to load, and kills it in the
#: middle of its first, second or third job, or before any.
COMMAND = """
import os, random, signal, sys, time
import timm, torch
from bench import registry
from bench.cli import main
from bench.cost import profile
from bench.tasks.classification import evaluate

registry.report("scaling")
kills, output = int(sys.argv[1]), sys.argv[2]
command = ["run", "killed", "--limit", "20", "--workers", "1", "--output", output]
chance = random.Random(3)

def start():
    lines, ours = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(ours, 2)
        os._exit(main(command))
    os.close(ours)
    return child, open(lines)

for number in range(kills):
    child, lines = start()
    if number % 4:
        jobs = chance.choice((0, 0, 1, 1, 2))
        seen = -1
        while seen < jobs:
            line = lines.readline()
            assert line, "ended by itself"
            seen += "to do" in line or line.startswith("[")
    time.sleep(chance.uniform(0.0, 0.1))
    os.kill(child, signal.SIGKILL)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
child, lines = start()
print(lines.read(), file=sys.stderr)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.mark.slow
def test_the_command_itself_survives_being_killed(tmp_path: Path) -> None:
    suite = tmp_path / "own" / "suites" / "killed.py"
    suite.parent.mkdir(parents=True)
    suite.write_text(textwrap.dedent(SUITE))
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, str(KILLS), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, "BENCH_PATH": str(suite.parents[1]), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    codes = [int(line) for line in done.stdout.splitlines() if line.lstrip("-").isdigit()]
    killed = codes.count(-signal.SIGKILL)
    assert codes[-1] == 0, done.stderr
    assert killed >= 10, f"only {killed} of {KILLS} tries were killed: {codes}"
    with Store(tmp_path / "out", readonly=True) as store:
        frame = store.frame()
        assert set(frame["status"]) == {"ok"}
        assert not frame.duplicated(["job", "metric"]).any()
        jobs = frame.drop_duplicates("job")
        counts = jobs.groupby("measure").size().to_dict()
        # 4 families x 2 scales on 2 sets; one profile for both scales.
        assert counts == {"evaluate": 16, "profile": 4}
        assert jobs["run"].nunique() > 2, "no kill came while jobs were being done"
        evaluated = jobs[jobs["measure"] == "evaluate"]
        assert not evaluated.duplicated(["model", "dataset"]).any()
        assert all(store.predictions(job) for job in evaluated["job"])
