"""Enumerations used in declarations. Standard library only."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """How a network mixes information across space."""

    CONVNET = "convnet"
    TRANSFORMER = "transformer"
    HYBRID = "hybrid"
    OTHER = "other"  #: perceptrons, pooling, recurrence, or unknown


class Scale(StrEnum):
    """Pretraining scale: the largest dataset used in any training stage, by its usual name.

    ``22k`` includes ImageNet-21K, another name for the same release; ``web`` is any larger
    collection (LAION, WebLI, Instagram, JFT).
    """

    IN1K = "1k"
    IN12K = "12k"
    IN22K = "22k"
    WEB = "web"
    UNKNOWN = "unknown"


class CropMode(StrEnum):
    """How a resized image is cropped, in the terms of timm's ``crop_mode``."""

    CENTER = "center"  #: shorter side to size / crop_pct, then the centre
    SQUASH = "squash"  #: both sides to size / crop_pct, whatever the aspect, then the centre
    BORDER = "border"  #: longer side to size / crop_pct, the rest filled


class Interpolation(StrEnum):
    """Resampling filter of the resize."""

    BICUBIC = "bicubic"
    BILINEAR = "bilinear"
    LANCZOS = "lanczos"
    NEAREST = "nearest"
    BOX = "box"
    HAMMING = "hamming"


class Role(StrEnum):
    """A dataset's role; ImageNet's datasets and the embedded ones share these names."""

    TRAIN = "train"
    PRETRAIN = "pretrain"
    VAL = "val"
    REAL = "real"
    V2 = "v2"
    A = "a"
    R = "r"
    SKETCH = "sketch"
    C = "c"


class Measure(StrEnum):
    """A kind of job; `bench.run.execute` maps each to one function."""

    EVALUATE = "evaluate"
    PROFILE = "profile"
    SPEED = "speed"


class AmpDtype(StrEnum):
    """Autocast dtype, as in timm's ``--amp-dtype``."""

    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"


class Status(StrEnum):
    """How a job ended."""

    OK = "ok"
    FAILED = "failed"
