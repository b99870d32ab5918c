"""From an encoded image to the pixels that timm's evaluation transform gives, by Pillow alone.

The sizes follow ``timm.data.transforms_imagenet_eval`` and torchvision's ``resize`` and
``center_crop``, rounding included, and Pillow resizes there as it does here, so pixels are equal
and not just close. EXIF rotation is ignored, as it is there. Where one image cannot be read timm
counts the next one twice; here an image that is not whole ends the pass with its name.
"""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError, features

from bench.spec import CropMode, Transform
from bench.spec.errors import DataError

#: Tried in this order. Pillow knows more, and would start Ghostscript for one of them.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
_MOST_PIXELS = 178_956_970  #: where Pillow itself speaks of a decompression bomb

# ImageNet's training set has EXIF blocks that Pillow complains of; no pixel depends on them.
warnings.filterwarnings("ignore", module=r"PIL\.")


def decoder() -> dict[str, str | None]:
    """What the pixels depend on besides the image: versions of libraries, and this file."""
    return {
        "pillow": PIL.__version__,
        **{name: features.version(name) for name in ("jpg", "libjpeg_turbo", "webp", "libtiff")},
        "code": hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16],
    }


def prepared(data: bytes, transform: Transform, name: str = "image") -> NDArray[np.uint8]:
    """Pixels (size, size, 3), RGB 0..255, of one encoded image.

    Raises `DataError`, one line with ``name``, where ``data`` is no image, or not a whole one, or
    would fill the memory.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            cut = _cut(_rgb(image), transform)
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged bytes
        raise DataError(f"{name}: {_reason(data, error)}") from None
    return np.asarray(cut)


def resized(width: int, height: int, transform: Transform) -> tuple[int, int]:
    """Width and height in pixels after the resize, before the crop.

    >>> resized(500, 375, Transform(size=224, crop_pct=0.875))
    (341, 256)
    >>> resized(500, 375, Transform(size=224, crop_pct=0.9, crop_mode=CropMode.BORDER))
    (248, 186)
    """
    side = math.floor(transform.size / transform.crop_pct)
    if transform.crop_mode is CropMode.SQUASH:
        return side, side
    if transform.crop_mode is CropMode.BORDER:
        ratio = max(width / side, height / side)
        return round(width / ratio), round(height / ratio)
    if width <= height:
        return side, int(side * height / width)
    return int(side * width / height), side


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    image.load()
    image.info.pop("transparency", None)  # colours of transparent pixels count as they are
    return image.convert("RGB")


def _cut(image: Image.Image, transform: Transform) -> Image.Image:
    width, height = resized(*image.size, transform)
    if width * height > _MOST_PIXELS:
        raise ValueError(f"{image.width}x{image.height} pixels would become {width}x{height}")
    image = image.resize((width, height), Image.Resampling[transform.interpolation.name])
    canvas = Image.new("RGB", (transform.size, transform.size), transform.fill)
    canvas.paste(image, (_offset(width, transform.size), _offset(height, transform.size)))
    return canvas


def _offset(extent: int, size: int) -> int:
    """Where the resized image begins on the canvas; torchvision rounds halves of a crop to even."""
    return (size - extent) // 2 if extent < size else -round((extent - size) / 2)


def _reason(data: bytes, error: Exception) -> str:
    if not data:
        return "has no bytes"
    if isinstance(error, UnidentifiedImageError):
        return f"is no image of a known kind ({', '.join(_FORMATS)}); it begins with {data[:8]!r}"
    return f"cannot be prepared: {' '.join(str(error).split()) or type(error).__name__}"
