"""Give the same command again and again: are its medians within its own intervals?

    python benchmarks/speed_repeat.py convnext_m.g1k vit_m.g1k --times 6 --replicates 5

Each time new processes time every model, as each run of the suite would. Of all ordered pairs of
times the share is printed in which the second's median lies within the first's interval, beside
the mean width of the intervals and the spread of the medians.
"""

from __future__ import annotations

import argparse
import sys
from itertools import permutations
from statistics import mean, median, pstdev

from bench import registry
from bench.network.device import describe
from bench.run.execute import execute
from bench.spec import Job, Measure, Measurement, Options
from bench.speed import pool

METRICS = ("throughput", "latency_p50")


def once(jobs: list[Job]) -> dict[tuple[str, str], Measurement]:
    """Rows by model and metric, from processes of their own."""
    found = {}
    for job in jobs:
        outcome = execute(job)
        if outcome.error:
            sys.exit(f"{job.label}: {outcome.error}")
        for row in outcome.measurements:
            if row.metric in METRICS:
                found[job.model.name, row.metric] = row
            if row.metric in ("throughput", "disturbed"):
                print(f"{job.model.name}: {row.metric} {row.value:.4g} {row.unit}", file=sys.stderr)
    pool.close()
    return found


def main() -> None:
    """Measure, and print one line a model and metric."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("models", nargs="+", help="as --models takes them: convnext_m.g1k")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--replicates", type=int, default=5, help="2 or more processes")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch-size", type=int, default=64)
    given = parser.parse_args()
    described = describe(given.device)
    options = Options(
        device=described["device"],
        device_name=described["name"],
        batch_size=given.batch_size,
        replicates=given.replicates,
    )
    jobs = [
        Job(measure=Measure.SPEED, model=model, options=options)
        for model in registry.models(given.models)
    ]
    times = [once(jobs) for _ in range(given.times)]
    print(f"{'model':22} {'metric':12} {'median':>9} {'spread':>7} {'width':>7} {'inside':>7}")
    for model, metric in times[0]:
        rows = [one[model, metric] for one in times]
        inside = [
            first.low <= second.value <= first.high
            for first, second in permutations(rows, 2)
            if first.low is not None and first.high is not None
        ]
        middle = median(row.value for row in rows)
        width = mean(((row.high or 0) - (row.low or 0)) / row.value for row in rows)
        spread = pstdev(row.value for row in rows) / middle
        share = f"{mean(inside):7.0%}" if inside else "   none"
        print(f"{model:22} {metric:12} {middle:9.4g} {spread:7.1%} {width:7.1%} {share}")


if __name__ == "__main__":
    main()
