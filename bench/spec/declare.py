"""Declarations: models, datasets, suites and options, as data that a user can add in one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.spec.kinds import AmpDtype, CropMode, Interpolation, Kind, Measure, Role, Scale

_IMAGENET_CLASSES = 1000


@dataclass(frozen=True, kw_only=True)
class Transform:
    """How an encoded image becomes ``size`` x ``size`` pixels: everything that affects them."""

    size: int  #: pixels, height and width
    crop_pct: float = 1.0  #: share of the resized side that is kept
    crop_mode: CropMode = CropMode.CENTER
    interpolation: Interpolation = Interpolation.BICUBIC
    fill: tuple[int, int, int] = (0, 0, 0)  #: RGB of the area that a crop leaves empty


@dataclass(frozen=True, kw_only=True)
class Model:
    """One network with one set of weights.

    ``arch`` is the import path of a class or function that builds the network
    (``timm.models.convnext:ConvNeXt``) and ``kwargs`` are its arguments, so two models with equal
    ``arch`` and ``kwargs`` cost the same whatever their weights. A model that timm knows by name is
    ``timm:create_model`` with that name in ``kwargs``.
    """

    name: str  #: unique, ``<architecture>.<weights tag>`` as in timm: ``convnext_m.g22k``
    family: str  #: ``convnext``
    kind: Kind
    size: str  #: position on the family's ladder: ``xs``, ``s``, ``m``, ``l``, ``xl``
    arch: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    resolution: int  #: input height and width, pixels
    classes: int  #: length of the logits
    mean: tuple[float, float, float]  #: RGB, of pixels scaled to 0..1
    std: tuple[float, float, float]
    world: str  #: the datasets that share its labels: ``glyphs``, ``imagenet``
    scale: Scale  #: pretraining scale
    trained_on: str  #: the datasets in order, ``glyphs-22k>glyphs-1k``
    #: distinct images of the largest pretraining set; 0 if from scratch, None if unknown
    pretrain_images: int | None
    #: training images with repeats, over all stages; None if unknown
    images_seen: int | None = None
    #: a safetensors file in the zoo folder, or ``hf-hub:<owner>/<repository>`` if published
    weights: str
    #: hex digest of that file, from its card or once it is fetched; "" before that
    weights_sha256: str
    weights_path: str = ""  #: path of that file on this disk; "" until it is found
    revision: str | None = None  #: commit of the hub's repository that the file is from
    source: str = "zoo"  #: ``zoo``, ``timm``
    crop_pct: float = 1.0
    crop_mode: CropMode = CropMode.CENTER
    interpolation: Interpolation = Interpolation.BICUBIC
    #: the user's changes to the published preprocessing: ``img-size=288 crop-pct=1.0``
    changed: str = ""

    @property
    def scorable(self) -> bool:
        """Whether accuracy can be measured: it has weights, and a head for its world's labels.

        Some of timm's models have heads for other datasets than ImageNet-1K: timed, not scored.
        """
        return bool(self.weights) and (self.source != "timm" or self.classes == _IMAGENET_CLASSES)

    @property
    def transform(self) -> Transform:
        """How its input images are prepared; a border has the mean colour, as in timm."""
        red, green, blue = (round(255 * mean) for mean in self.mean)
        border = self.crop_mode is CropMode.BORDER
        return Transform(
            fill=(red, green, blue) if border else (0, 0, 0),
            size=self.resolution,
            crop_pct=self.crop_pct,
            crop_mode=self.crop_mode,
            interpolation=self.interpolation,
        )

    @property
    def architecture(self) -> str:
        """Name without the weights tag; models with the same one share params, MACs and speed."""
        return self.name.split(".", 1)[0]


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One labelled set of images, drawn by a function or read from disk or the hub.

    ``draw`` is the import path of ``(dataset, index) -> (pixels, label)``, pixels a uint8
    array of shape (resolution, resolution, 3); ``options`` are for that function. A dataset that is
    read has no ``draw``; ``place`` is its location, once the user has given one.
    """

    name: str  #: unique: ``glyphs-r``
    world: str  #: ``glyphs``, ``imagenet``
    role: Role
    images: int  #: as published; the number found on disk may differ
    classes: int  #: number of classes that its labels cover
    resolution: int  #: pixels; 0 if images differ in size
    draw: str = ""
    place: str = ""  #: folder, tar shards or ``hf:<id>`` to read it from
    options: Mapping[str, Any] = field(default_factory=dict)
    twin: str | None = None  #: the in-distribution dataset that a shifted one is compared with
    digest: str | None = None  #: published sha256 of pixels and labels; None if not published
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """What ``bench run NAME`` does by default."""

    name: str
    title: str
    models: tuple[str, ...]  #: selectors, as ``--models`` takes them
    datasets: tuple[str, ...]  #: dataset names or globs
    measures: tuple[Measure, ...]
    report: str  #: name of the report that shows it
    #: the world of its datasets and models by default; "" allows any
    world: str = ""
    #: how speed is measured, as ``--conditions`` takes it; "" follows the run's options
    conditions: str = ""
    replicates: int = 1  #: processes that time each speed
    #: run networks at the size they were trained at, even if timm tests at another
    train_size: bool = False
    notebook: str = ""  #: the suite file's docstring: command, duration, what to expect


@dataclass(frozen=True, kw_only=True)
class Options:
    """How jobs are run, in timm's terms."""

    device: str = "cpu"  #: torch device string
    device_name: str = "cpu"  #: ``NVIDIA H200``, or the CPU's model and threads
    batch_size: int = 256  #: images at a time; 0: chosen for the device, for speed the fastest
    amp: bool = False
    amp_dtype: AmpDtype = AmpDtype.FLOAT16
    channels_last: bool = False
    compile: bool = False
    workers: int = 2  #: processes or threads that prepare images
    limit: int | None = None  #: images used of each dataset; None is all
    cache: bool = True  #: keep prepared images on disk for the next model
    replicates: int = 1  #: processes that time the same job, one after another
    #: the user's own folders with networks and metrics, needed in any process that runs the job
    folders: tuple[str, ...] = ()

    @property
    def precision(self) -> str:
        """``float32`` or the autocast dtype."""
        return str(self.amp_dtype) if self.amp else "float32"

    @property
    def condition(self) -> str:
        """Precision, layout and mode in words: ``bfloat16+channels_last+compile``."""
        layout = "+channels_last" if self.channels_last else ""
        return f"{self.precision}{layout}{'+compile' if self.compile else ''}"
