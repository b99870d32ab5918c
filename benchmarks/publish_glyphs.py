"""Chooses the scenes of glyphs-a and publishes the digests of all embedded sets.

    python benchmarks/publish_glyphs.py

Run it after a change of the drawing code or of the reference model; it rewrites
``bench/images/drawn/kept.py`` and ``bench/images/drawn/digests.py``. ImageNet-A was filtered with a
ResNet-50 (Hendrycks et al., CVPR 2021); glyphs-a with a ResNet of the zoo, named in the file and
in every report: its own accuracy there is 0 by construction.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from bench import registry
from bench.checkpoints.build import build
from bench.images.drawn.store import digest_of, open_images
from bench.network.forward import Forward
from bench.spec import Dataset, Options, replace

REFERENCE = "resnet_l.g1k"
KEEP = 1000
CANDIDATES = 20_000
DATA = Path(__file__).parents[1] / "bench" / "data"


def wrong_scenes(dataset: Dataset) -> list[int]:
    """The first `KEEP` scenes of the set's stream that the reference gets wrong."""
    options = {k: v for k, v in dataset.options.items() if k not in ("kept", "reference")}
    pool = replace(dataset, name="glyphs-a-pool", images=CANDIDATES, options=options)
    images = open_images(pool)
    (model,) = registry.models(REFERENCE)
    with torch.inference_mode():
        logits = Forward(build(model), model, Options()).logits(images.pixels)
    wrong = np.flatnonzero(logits.argmax(axis=1) != images.labels)
    print(f"{REFERENCE} is wrong on {len(wrong):,} of {CANDIDATES:,}; the first {KEEP:,} are kept")
    return [int(scene) for scene in wrong[:KEEP]]


def rewrite(name: str, start: str, text: str) -> None:
    """Replaces what follows ``start`` in a file of the data folder, and formats it."""
    path = DATA / name
    head = path.read_text(encoding="utf-8").split(start)[0]
    path.write_text(head + start + text, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(path)], check=True)  # noqa: S603


def main() -> None:
    """Filter first: the digest of glyphs-a depends on what is kept."""
    datasets = dict(registry.load().datasets)
    if "--digests-only" not in sys.argv:
        kept = wrong_scenes(datasets["glyphs-a"])
        rows = ["    " + " ".join(map(str, kept[i : i + 14])) for i in range(0, len(kept), 14)]
        text = '"""\n' + "\n".join(rows) + '\n"""\n'
        tail = f'\nGLYPHS_A: dict[str, Any] = {{\n    "reference": {REFERENCE!r},\n'
        tail += '    "kept": tuple(map(int, _KEPT.split())),\n}\n'
        rewrite("_filtered.py", "_KEPT = ", text + tail)
        command = [sys.executable, __file__, "--digests-only"]
        subprocess.run(command, check=True)  # noqa: S603  # a fresh process: new declarations
        return
    digests = {
        name: digest_of(dataset)
        for name, dataset in datasets.items()
        if dataset.draw.startswith("bench.images.drawn.scene:")
    }
    rewrite("_published.py", "DIGESTS: Mapping[str, str] = ", repr(digests) + "\n")


if __name__ == "__main__":
    main()
