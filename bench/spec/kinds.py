"""The words of declarations: every option that is one of a few. Standard library only."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What mixes information across space."""

    CONVNET = "convnet"
    TRANSFORMER = "transformer"
    HYBRID = "hybrid"
    OTHER = "other"  #: perceptrons, pooling, recurrence; or not known


class Scale(StrEnum):
    """Pretraining scale: the largest set seen before or in the last stage, by its usual name.

    ``22k`` is ImageNet-21K too, which is the same release under its other name; ``web`` is any
    larger collection (LAION, WebLI, Instagram, JFT).
    """

    IN1K = "1k"
    IN12K = "12k"
    IN22K = "22k"
    WEB = "web"
    UNKNOWN = "unknown"


class CropMode(StrEnum):
    """How a resized image is cut to its size, as timm's ``crop_mode`` names it."""

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
    """The part a dataset plays; ImageNet's sets and the embedded ones share these names."""

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
    """Autocast dtype, as timm's ``--amp-dtype`` names it."""

    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"


class Status(StrEnum):
    """How a job ended."""

    OK = "ok"
    FAILED = "failed"
