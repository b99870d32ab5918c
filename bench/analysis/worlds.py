"""What holds of a world as a whole, whoever was measured in it: its training set, its reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.analysis.robustness.published_errors import ALEXNET

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class World:
    """Facts of a world that no single job holds."""

    #: images of the set that all its models are trained on last; None: not known
    train_images: int | None = None
    #: classes whose order labels and models may disagree on; 0 where labels are drawn
    ordered_classes: int = 0
    #: what mCE is relative to: a model, or each corruption's mean error in %; None: no mCE
    mce_reference: str | Mapping[str, float] | None = None
    #: no image is in two corruptions, so that counts alone give an interval
    distinct_corruptions: bool = False


#: By name. A world that is not here has no training set, no chance level and no mCE.
WORLDS: Mapping[str, World] = {
    "glyphs": World(train_images=12_800, mce_reference="resnet_l.g1k", distinct_corruptions=True),
    "imagenet": World(
        train_images=1_281_167, ordered_classes=1000, mce_reference=ALEXNET
    ),  # Russakovsky et al. (2015), table 2
}
_UNKNOWN = World()


def world(name: object) -> World:
    """The facts of that world; none are known of one that is not in `WORLDS`.

    >>> world("glyphs").train_images, world("mine").train_images
    (12800, None)
    """
    return WORLDS.get(str(name), _UNKNOWN)


def world_of(frame: pd.DataFrame) -> World:
    """The facts of the one world that all rows of a results frame belong to.

    Nothing is known of several worlds, nor of none.
    """
    names = set(frame["world"].dropna())
    return world(names.pop()) if len(names) == 1 else _UNKNOWN
