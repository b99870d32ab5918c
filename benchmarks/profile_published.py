"""Count every architecture whose cost is published, at each published resolution.

    python benchmarks/profile_published.py

In one process, on the meta device. Prints the wall time, the worst difference from the published
params (M) and GMACs (%), the latter also with norms and pooling, which the published counts
include, and every pair that failed or whose GMACs differ by more than 3 %. Published figures are
rounded to 0.01, so below 1 GMAC half of that is allowed.
"""

from __future__ import annotations

import sys
from time import perf_counter

from bench import registry
from bench.checkpoints.catalog import with_preprocessing
from bench.cost import profile
from bench.published.figures import Checkpoint, checkpoints
from bench.spec.errors import BenchError

ROUNDED = 0.005


def pairs() -> list[Checkpoint]:
    """One row for each architecture and resolution."""
    found = {(row.architecture, row.resolution): row for row in checkpoints()}
    return list(found.values())


def main() -> None:
    """Count all; exit status 1 if one fails or is off."""
    start = perf_counter()
    worst = {"params": (0.0, ""), "gmacs": (0.0, ""), "gmacs with norms": (0.0, "")}
    off = []
    rows = pairs()
    for row in rows:
        (model,) = registry.models(row.model)
        label = f"{row.architecture} at {row.resolution}"
        try:
            if model.resolution != row.resolution:
                model = with_preprocessing(model, img_size=row.resolution)
            cost = profile.counted(model)
            profile.agreed(cost, label)
        except BenchError as error:
            off.append(f"{label}: {error}")
            continue
        published = row.figures["gmacs"]
        macs = sum(cost.macs.values()) / 1e9
        with_norms = macs + sum(cost.elementwise.values()) / 1e9
        apart = {
            "params": abs(sum(cost.params.values()) / 1e6 - row.figures["params"]),
            "gmacs": _percent(macs, published),
            "gmacs with norms": _percent(with_norms, published),
        }
        worst = {name: max(known, (apart[name], label)) for name, known in worst.items()}
        if apart["gmacs"] > 3 or apart["params"] > ROUNDED + 1e-4:
            off.append(f"{label}: {macs:.3f} GMACs, published {published}; {apart['params']:.4f} M")
    print(f"{len(rows)} pairs in {perf_counter() - start:.0f} s")
    for name, (difference, label) in worst.items():
        print(f"worst {name}: {difference:.4f} {'M' if name == 'params' else '%'}, {label}")
    print(*(off or ["none failed or is off"]), sep="\n")
    sys.exit(bool(off))


def _percent(value: float, published: float) -> float:
    """Difference beyond rounding, % of the published."""
    return 100 * max(0.0, abs(value - published) - ROUNDED) / published


if __name__ == "__main__":
    main()
