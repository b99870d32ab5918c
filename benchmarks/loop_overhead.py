"""What the loop and the store add to a job: trivial jobs, planned, run and stored.

    python benchmarks/loop_overhead.py [--jobs 1000]

Prints the seconds of each part for N and 2 N jobs, and their ratio: 2 is linear.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.run.estimate import estimate
from bench.run.loop import run
from bench.run.plan import plan
from bench.spec import Job, Measure, Options, Suite
from bench.store import Store
from tests import declared

SUITE = Suite(
    name="loop",
    title="",
    models=("all",),
    datasets=("*",),
    measures=(Measure.PROFILE, Measure.EVALUATE),
    report="scaling",
)


def planned(count: int) -> list[Job]:
    """So many jobs, two for each of as many architectures as that takes."""
    models = [
        declared.model(f"net{n}_m.g1k", arch=f"nowhere:Net{n}") for n in range((count + 1) // 2)
    ]
    data = declared.dataset()
    return plan(SUITE, models, [data], Options(), {data.name: "digest"})[:count]


def seconds(what: Callable[[], object]) -> float:
    """Wall time of one call."""
    begun = perf_counter()
    what()
    return perf_counter() - begun


def parts(count: int) -> dict[str, float]:
    """Seconds of planning, of the loop with its store, of the estimate, and of resuming."""
    found = {"plan": seconds(lambda: planned(count))}
    jobs = planned(count)
    with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        begin = store.begin_run({})
        found["loop and store"] = seconds(lambda: run(jobs, store, declared.outcome, run_id=begin))
        found["estimate"] = seconds(lambda: estimate(jobs, store.durations()))
        found["resume"] = seconds(lambda: run(jobs, store, declared.outcome, run_id=begin))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    count = parser.parse_args().jobs
    once, twice = parts(count), parts(2 * count)
    print(f"{'':16}{count:>10,} jobs{2 * count:>10,} jobs  ratio")
    for name, took in once.items():
        print(f"{name:16}{took:>13.2f} s{twice[name]:>13.2f} s{twice[name] / took:>7.2f}")


if __name__ == "__main__":
    main()
