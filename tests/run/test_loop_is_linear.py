"""Many trivial jobs: the loop, its estimates and the store add little to each, however many."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from bench.run.estimate import Estimate
from bench.run.loop import Silent, run
from bench.spec import Job, Measure
from bench.store import Store
from tests import declared

MANY = 1000


def many() -> list[Job]:
    """Half of them share their architecture with nobody."""
    models = [declared.model(f"net{n}_m.g1k", arch=f"nowhere:Net{n}") for n in range(MANY // 2)]
    return [declared.job(m, of=model) for model in models for m in (Measure.PROFILE, Measure.SPEED)]


class Watch(Silent):
    """Keeps what it is told of the time left."""

    def __init__(self) -> None:
        self.left: list[Estimate] = []

    def planned(self, todo: Sequence[Job], done_before: int, left: Estimate) -> None:
        self.left.append(left)

    def finished(self, outcome: object, left: Estimate) -> None:
        self.left.append(left)


def test_a_thousand_jobs_cost_seconds(tmp_path: Path) -> None:
    jobs, watch = many(), Watch()
    with Store(tmp_path) as store:
        begun = time.process_time()  # waiting for the disk, or for others, is not ours
        done = run(jobs, store, declared.outcome, run_id=store.begin_run({}), observer=watch)
        seconds = time.process_time() - begun
        assert done.ok == MANY
        # About 1 s on two shared cores; sums made anew for each job took 39 s.
        assert seconds < 10
    assert [left.jobs for left in watch.left] == list(range(MANY, -1, -1))
    assert watch.left[-1].seconds == 0.0
    assert all(left.seconds > 0 for left in watch.left[:-1])
