"""The ladder of the embedded zoo: what its families share, so that only the architecture differs.

Each size of each family is trained twice, by the same recipe: from scratch on glyphs-1k (tag
``g1k``), and on glyphs-22k, then fine-tuned on glyphs-1k (tag ``g22k``). Sizes of equal name have
about equal MACs: 0.22, 0.6, 1.4, 3.4 and 8 million.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.spec import Kind, Model, Scale

RESOLUTION = 32
CLASSES = 50
PRETRAIN_IMAGES = 132_000
MEAN = (0.37, 0.37, 0.37)  # of glyphs-1k, as measured
STD = (0.19, 0.19, 0.19)

_TAGS = {
    Scale.IN1K: ("g1k", "glyphs-1k", 0),
    Scale.IN22K: ("g22k", "glyphs-22k>glyphs-1k", PRETRAIN_IMAGES),
}


def own_zoo() -> Path | None:
    """The user's folder of weights and cards, ``$BENCH_ZOO``, whether or not it is there."""
    given = os.environ.get("BENCH_ZOO")
    return Path(given) if given else None


def zoo_file(name: str) -> Path:
    """Path of a weight file or card: in the user's own folder if there, else in the package."""
    own = own_zoo()
    if own is not None and (own / name).exists():
        return own / name
    return Path(__file__).parents[1] / "zoo" / name


def family(
    name: str, kind: Kind, arch: str, sizes: Mapping[str, Mapping[str, Any]], **common: Any
) -> tuple[Model, ...]:
    """Every size of one family at both pretraining scales; ``common`` is in each one's kwargs."""
    return tuple(
        Model(
            name=f"{name}_{size}.{tag}",
            family=name,
            kind=kind,
            size=size,
            arch=arch,
            kwargs={"num_classes": CLASSES, **common, **kwargs},
            resolution=RESOLUTION,
            classes=CLASSES,
            mean=MEAN,
            std=STD,
            world="glyphs",
            scale=scale,
            trained_on=chain,
            pretrain_images=images,
            weights=f"{name}_{size}.{tag}.safetensors",
            weights_sha256=str(card.get("sha256", "")),
            images_seen=card.get("images_seen"),
        )
        for size, kwargs in sizes.items()
        for scale, (tag, chain, images) in _TAGS.items()
        for card in [_card(f"{name}_{size}.{tag}")]
    )


def _card(name: str) -> Mapping[str, Any]:
    """What the model's card states; nothing where it has not been trained."""
    try:
        card = json.loads(zoo_file(f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # absent, or no card
        return {}
    return card if isinstance(card, dict) else {}
