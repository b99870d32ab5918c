"""One published checkpoint, or one architecture without any: a line of the catalog."""

from __future__ import annotations

from typing import NamedTuple

from bench.checkpoints.pretraining_tags import UNKNOWN, pretraining
from bench.spec import Model
from bench.spec.kinds import CropMode, Interpolation, Kind, Scale

#: Arch of each model that timm builds by name.
BY_NAME = "timm:create_model"


class Entry(NamedTuple):
    """As written in ``timm.csv``; "" is what timm leaves unsaid.

    Sizes are pixels, of height and width, or ``1024x768``. ``test_pixels`` and ``test_crop_pct``
    are what timm tests with if they differ from training.
    """

    architecture: str
    tag: str  #: of the weights; "" where there are none
    family: str
    kind: str
    size: str
    classes: str  #: length of the logits; 0 is a network without head
    pixels: str
    test_pixels: str
    #: what another ``img_size`` must be a multiple of; 0: takes no other; "": takes any size as is
    step: str
    mean: str  #: three numbers, of pixels scaled to 0..1
    std: str
    crop_pct: str
    test_crop_pct: str
    crop_mode: str
    interpolation: str
    #: ``owner/repository`` on the hub, an ``owner/`` whose repository has the name; or an address
    weights: str

    @property
    def name(self) -> str:
        """``<architecture>.<tag>``."""
        return f"{self.architecture}.{self.tag}" if self.tag else self.architecture


def declaration(entry: Entry, *, train_size: bool = False) -> Model:
    """The declaration of an entry, prepared as timm's ``validate.py`` does by default.

    That is at test size and crop where there are such, with ``train_size`` at those of training.
    """
    seen = pretraining(entry.architecture, entry.tag) if entry.tag else UNKNOWN
    pixels = entry.pixels if train_size else entry.test_pixels or entry.pixels
    crop_pct = entry.crop_pct if train_size else entry.test_crop_pct or entry.crop_pct
    height, _, width = pixels.partition("x")
    # Images are prepared square; a network of another aspect is built for that, and says so.
    squared = {"img_size": int(height)} if width else {}
    return Model(
        name=entry.name,
        family=entry.family,
        kind=Kind(entry.kind),
        size=entry.size,
        arch=BY_NAME,
        kwargs={"model_name": entry.architecture, **squared},
        resolution=int(height),
        classes=int(entry.classes),
        mean=_three(entry.mean),
        std=_three(entry.std),
        world="imagenet",
        scale=seen.scale if entry.tag else Scale.UNKNOWN,
        trained_on=seen.chain if entry.tag else "",
        pretrain_images=seen.images,
        weights=_weights(entry),
        weights_sha256="",
        source="timm",
        crop_pct=float(crop_pct),
        crop_mode=CropMode(entry.crop_mode),
        interpolation=Interpolation(entry.interpolation),
        changed=f"img-size={height}" if width else "",
    )


def _weights(entry: Entry) -> str:
    address = entry.weights + entry.name if entry.weights.endswith("/") else entry.weights
    return address if "://" in address or not address else f"hf-hub:{address}"


def _three(text: str) -> tuple[float, float, float]:
    red, green, blue = map(float, text.split())
    return red, green, blue
