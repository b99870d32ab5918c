"""Repeat the speed measure in fresh processes: what one process's interval does not show.

    python benchmarks/speed_repeat.py convnext_m swin_m --repeats 7

Memory layout, clock and neighbours differ from process to process, so the process is the unit of
replication. The architectures take turns, so that a drift of the machine meets them all alike. Each
line is one architecture: the median over processes, the spread between them, and for comparison
the mean width of the interval that a single process claims.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from statistics import mean, median, pstdev

ONE = """
import json, sys
from bench import registry
from bench.measure import execute
from bench.measure.device import describe
from bench.spec import Job, Measure, Options
found = describe(sys.argv[2])
options = Options(
    device=found["device"], device_name=found["name"], batch_size=int(sys.argv[3])
)
job = Job(measure=Measure.SPEED, model=registry.models(sys.argv[1])[0], options=options)
outcome = execute(job)
if outcome.error:
    sys.exit(outcome.error)
(row,) = (m for m in outcome.measurements if m.metric == "throughput")
print(json.dumps([row.value, row.low, row.high]))
"""


def one(name: str, device: str, batch_size: int) -> tuple[float, float, float]:
    """Throughput and its interval in img/s, from one fresh process."""
    command = [sys.executable, "-W", "ignore", "-c", ONE, name, device, str(batch_size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{name}: {done.stderr.strip().splitlines()[-1]}")
    value, low, high = json.loads(done.stdout.splitlines()[-1])
    return value, low, high


def main() -> None:
    """Measure in turns and print one line an architecture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("models", nargs="+", help="one name each: convnext_m")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch-size", type=int, default=256)
    given = parser.parse_args()
    rows: dict[str, list[tuple[float, float, float]]] = {name: [] for name in given.models}
    for turn in range(given.repeats):
        for name, found in rows.items():
            found.append(one(name, given.device, given.batch_size))
            print(f"{turn + 1}/{given.repeats} {name}: {found[-1][0]:.0f} img/s", file=sys.stderr)
    print(f"{'model':24} {'img/s':>9} {'between':>8} {'within':>8}")
    for name, found in rows.items():
        values = [value for value, _, _ in found]
        middle = median(values)
        within = mean((high - low) / value for value, low, high in found)
        print(f"{name:24} {middle:9.0f} {pstdev(values) / middle:8.1%} {within:8.1%}")


if __name__ == "__main__":
    main()
