"""Ten corruptions at five severities after ImageNet-C (Hendrycks & Dietterich, ICLR 2019).

Scaled to 32-pixel images, and made from uniform random numbers only, to be the same everywhere.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.uint8]


def corrupt(pixels: Pixels, kind: str, severity: int, rng: np.random.Generator) -> Pixels:
    """``pixels``, uint8 (H, W, 3), corrupted; severity 1..5.

    Raises ValueError for an unknown ``kind``.
    """
    level = severity - 1
    x = pixels.astype(np.float64)
    match kind:
        case "gaussian_noise":
            x = x + (16, 26, 38, 52, 70)[level] * _bell(rng, x.shape)
        case "shot_noise":
            x = x + (1.2, 1.9, 2.8, 3.9, 5.2)[level] * np.sqrt(x) * _bell(rng, x.shape)
        case "impulse_noise":
            u = rng.random(x.shape)
            share = (0.03, 0.07, 0.12, 0.2, 0.3)[level] / 2
            x = np.where(u < share, 0.0, np.where(u > 1 - share, 255.0, x))
        case "defocus_blur":
            x = _filtered(pixels, ImageFilter.BoxBlur((0.5, 0.9, 1.3, 1.8, 2.4)[level]))
        case "motion_blur":
            radius = (0.6, 1.1, 1.7, 2.4, 3.3)[level]
            along = (radius, 0) if rng.random() < 0.5 else (0, radius)
            x = _filtered(pixels, ImageFilter.BoxBlur(along))
        case "fog":
            cells = (rng.random((4, 4)) * 255).astype(np.uint8)
            size = (pixels.shape[1], pixels.shape[0])
            haze = np.asarray(Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC))
            share = (0.25, 0.37, 0.5, 0.62, 0.74)[level]
            x = x * (1 - share) + share * (110 + 0.57 * haze.astype(np.float64))[:, :, None]
        case "brightness":
            x = x + (25, 45, 68, 92, 120)[level]
        case "contrast":
            share = (0.6, 0.45, 0.32, 0.22, 0.14)[level]
            x = x.mean(axis=(0, 1)) * (1 - share) + x * share
        case "pixelate":
            x = _pixelated(pixels, (20, 16, 13, 11, 9)[level])
        case "jpeg":
            x = _jpeg(pixels, (30, 20, 14, 9, 5)[level])
        case _:
            raise ValueError(
                f"unknown corruption {kind!r}; see CORRUPTIONS in bench/data/glyphs.py"
            )
    return np.clip(x + 0.5, 0, 255).astype(np.uint8)


def _bell(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Twelve uniforms summed: mean 0, variance 1, near normal, no logarithm."""
    return np.asarray(rng.random((12, *shape)).sum(axis=0) - 6.0)


def _filtered(pixels: Pixels, kernel: ImageFilter.BoxBlur) -> NDArray[np.float64]:
    return np.asarray(Image.fromarray(pixels).filter(kernel), dtype=np.float64)


def _pixelated(pixels: Pixels, side: int) -> NDArray[np.float64]:
    image = Image.fromarray(pixels)
    small = image.resize((side, side), Image.Resampling.BOX)
    return np.asarray(small.resize(image.size, Image.Resampling.NEAREST), dtype=np.float64)


def _jpeg(pixels: Pixels, quality: int) -> NDArray[np.float64]:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    with Image.open(file) as image:
        return np.asarray(image, dtype=np.float64)
