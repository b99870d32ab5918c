"""Random files for every reader of others' files, for as long as asked; failing ones are kept.

    python benchmarks/fuzz_readers.py --minutes 60
    python benchmarks/fuzz_readers.py --minutes 5 --readers tar,parquet --seed 7
    python benchmarks/fuzz_readers.py --again fuzz/tar-KeyError-1a2b3c4d

The file that is being read is ``<to>/<reader>-last``, for what ends the process. Ends with 1 where
something failed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.readers import READERS
from tests.fuzz.watched import watched

_EXAMPLES = 200  # of one reader before the next has its turn


def read(name: str, data: bytes) -> Exception | None:
    """What a reader makes of a file: None if all is well."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BENCH_CACHE"] = f"{folder}/cache"
        try:
            (root := Path(folder) / "given").mkdir()
            with watched(Path(folder)):
                READERS[name].read(root, data)
        except Exception as error:
            return error
    return None


def fuzz(name: str, number: int, to: Path, until: float) -> tuple[int, Counter[str]]:
    """Examples of one seed: how many, and what failed by kind and place, once each kept."""
    failed: Counter[str] = Counter()
    count = 0

    @seed(number)
    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(READERS[name].made())
    def one(data: bytes) -> None:
        nonlocal count
        if time.monotonic() > until:
            return
        count += 1
        (to / f"{name}-last").write_bytes(data)
        if (error := read(name, data)) is None:
            return
        where = traceback.extract_tb(error.__traceback__)
        own = [f for f in where if "/bench/" in f.filename][-1:] or where[-1:]
        said = re.sub(r"/\S*/|\d+", "_", str(error))[:150]
        kind = f"{name}: {type(error).__name__} in {own[0].name}: {said!r}"
        failed[kind] += 1
        digest = hashlib.sha256(f"{type(error)}{own[0].name}".encode()).hexdigest()[:8]
        kept = to / f"{name}-{type(error).__name__}-{digest}"
        if not kept.exists() or kept.stat().st_size > len(data):
            kept.write_bytes(data)

    one()
    return count, failed


def main() -> int:
    """Runs until the time is over, readers in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--readers", default=",".join(READERS))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--to", type=Path, default=Path("fuzz"))
    parser.add_argument("--again", type=Path, help="a kept file, read once with its traceback")
    given_ = parser.parse_args()
    warnings.simplefilter("ignore")
    if given_.again:
        name = max((n for n in READERS if given_.again.name.startswith(f"{n}-")), key=len)
        if error := read(name, given_.again.read_bytes()):
            traceback.print_exception(error)
        return int(error is not None)
    given_.to.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 60 * given_.minutes
    counts: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    number = given_.seed
    while time.monotonic() < until:
        for name in given_.readers.split(","):
            count, found = fuzz(name, number, given_.to, until)
            counts[name] += count
            for kind in found.keys() - failed.keys():
                print(kind, flush=True)
            failed.update(found)
        number += 1
    print(
        f"seeds {given_.seed} to {number - 1}; " + ", ".join(f"{n} {c}" for n, c in counts.items())
    )
    for name in counts:
        (given_.to / f"{name}-last").unlink(missing_ok=True)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
