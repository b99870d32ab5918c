"""timm's own benchmark.py beside the speed measure, in turns: same network, batch and threads.

    python benchmarks/benchmark_timm.py PATH/pytorch-image-models/benchmark.py
        resnet18 swin_tiny_patch4_window7_224 vit_tiny_patch16_224 --batch-size 4 --rounds 7

timm's script is in its repository, not in its package. In each round either times every network in
a process of its own, the one that goes first alternating; what is printed is the median over rounds
of our throughput over timm's, with the order statistics that hold it with 95 % (six rounds or
more).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.network import device
from bench.spec import Job, Kind, Measure, Model, Options, Scale
from bench.speed.pool import processes
from bench.speed.sampling import median, median_interval


def declared(name: str) -> Model:
    """An architecture of timm's at 224 pixels; nothing but its cost is asked for."""
    half = (0.5, 0.5, 0.5)
    return Model(
        name=name, family=name, kind=Kind.HYBRID, size="", arch="timm:create_model",
        kwargs={"model_name": name}, resolution=224, classes=1000, mean=half, std=half,
        world="imagenet", scale=Scale.UNKNOWN, trained_on="", pretrain_images=None,
        weights="", weights_sha256="", source="timm",
    )  # fmt: skip


def ours(name: str, options: Options) -> float:
    """img/s by one fresh process of the speed measure."""
    job = Job(measure=Measure.SPEED, model=declared(name), options=options)
    with processes(1) as (process,):
        found = process.time_job(job)
    return found.batch / median(found.passes)


def theirs(script: Path, name: str, options: Options) -> float:
    """img/s by timm's script, of as many passes as its defaults have."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        command = [
            *(sys.executable, "-W", "ignore", str(script), "--model", name, "--bench", "inference"),
            *("--device", options.device, "--batch-size", str(options.batch_size)),
            *("--img-size", "224", "--no-retry", "--results-format", "json"),
            *("--results-file", str(result)),
        ]
        done = subprocess.run(  # noqa: S603 - a script the user named, no shell
            command, capture_output=True, text=True, check=False
        )
        if done.returncode or not result.exists():
            sys.exit(f"{name}: {done.stderr.strip().splitlines()[-1:]}")
        read = json.loads(result.read_text())
    row = read[0] if isinstance(read, list) else read
    return float(row["infer_samples_per_sec"])


def main() -> None:
    """Measure in turns and print one line a network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("script", type=Path, help="timm's benchmark.py")
    parser.add_argument("models", nargs="+", help="timm's names, of networks for 224 pixels")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch-size", type=int, default=4)
    given = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(device.threads())  # for both
    described = device.describe(given.device)
    options = Options(
        device=described["device"], device_name=described["name"], batch_size=given.batch_size
    )
    ratios: dict[str, list[float]] = {name: [] for name in given.models}
    for turn in range(given.rounds):
        for name, found in ratios.items():
            if turn % 2:
                mine, timms = ours(name, options), theirs(given.script, name, options)
            else:
                timms, mine = theirs(given.script, name, options), ours(name, options)
            found.append(mine / timms)
            print(f"{turn + 1}/{given.rounds} {name}: {mine:.2f} and {timms:.2f}", file=sys.stderr)
    print(f"{'model':32} {'ours/timm':>9} {'95 % interval':>16}")
    for name, found in ratios.items():
        interval = median_interval(found)
        shown = f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else "too few"
        print(f"{name:32} {median(found):9.3f} {shown:>16}")


if __name__ == "__main__":
    main()
