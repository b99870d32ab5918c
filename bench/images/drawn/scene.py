"""Draws the embedded world: one labelled image for each (stream, index), the same on every machine.

Only additions, multiplications, divisions and uniform random numbers touch a pixel: sines,
logarithms and normal draws differ in the last bit between maths libraries. What is left to chance
is Pillow's FreeType; a dataset's digest tells when that changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from bench.images.drawn.corrupt import corrupt
from bench.images.drawn.fonts import SIDE, shape
from bench.spec import Dataset

Pixels = NDArray[np.uint8]
_UNIFORMS = 96


def draw(dataset: Dataset, index: int) -> tuple[Pixels, int]:
    """Image ``index`` of a glyphs set: uint8 (resolution, resolution, 3) RGB, and its label.

    ``options``: ``stream`` (seeds the scenes), ``characters`` (the class names), ``fonts``,
    ``style`` (scene, rendition, sketch), and for some sets ``kept`` (scene numbers, for
    an adversarially filtered set) or ``groups`` (``corruption-severity`` names).
    """
    options = dataset.options
    scene = index
    if "kept" in options:
        scene = options["kept"][index]
    groups: Sequence[str] = options.get("groups", ())
    if groups:
        # Shifting by one each round gives every class every corruption equally often.
        scene = index + index // len(groups)
    characters: str = options["characters"]
    label = scene % dataset.classes
    rng = np.random.Generator(np.random.PCG64([options["stream"], scene]))
    character, fonts = characters[label], options["fonts"]
    match options["style"]:
        case "sketch":
            pixels = _sketch(rng, character, fonts, dataset.resolution)
        case "rendition":
            pixels = _rendition(rng, character, fonts, dataset.resolution)
        case _:
            pixels = _scene(rng, character, fonts, dataset.resolution, characters)
    if groups:
        kind, severity = groups[index % len(groups)].rsplit("-", 1)
        pixels = corrupt(pixels, kind, int(severity), rng)
    return pixels, label


def _between(low: float, high: float, u: float) -> float:
    return low + (high - low) * u


def _placed(u: NDArray[np.float64], ink: Image.Image, resolution: int) -> Image.Image:
    """The shape turned, sheared, scaled and moved by six uniforms; mode L, at twice the size."""
    side = 2 * resolution
    size = _between(0.75, 1.1, u[0])
    half = _between(-0.2, 0.2, u[1])  # tan(angle / 2): angles within 23 degrees, no sine needed
    cos, sin = (1 - half * half) / (1 + half * half), 2 * half / (1 + half * half)
    shear, squeeze = _between(-0.2, 0.2, u[2]), _between(0.85, 1.15, u[3])
    step = 64 / (side * size)  # source pixels per target pixel: the ink's longer side is 64
    a, b = cos * step * squeeze, (sin + shear * cos) * step * squeeze
    d, e = -sin * step / squeeze, (cos - shear * sin) * step / squeeze
    centre, x, y = SIDE / 2, side * _between(0.42, 0.58, u[4]), side * _between(0.42, 0.58, u[5])
    matrix = (a, b, centre - a * x - b * y, d, e, centre - d * x - e * y)
    return ink.transform((side, side), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _texture(
    u: NDArray[np.float64], base: NDArray[np.float64], strength: float, side: int
) -> NDArray[np.float64]:
    """A smooth colour field: 16 random cells around ``base``, enlarged; (side, side, 3), 0..255."""
    cells = base + strength * (u[:16, None] - 0.5) * (0.7 + 0.6 * u[16:19])
    small = np.clip(cells, 0, 255).astype(np.uint8).reshape(4, 4, 3)
    large = Image.fromarray(small).resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(large, dtype=np.float64)


def _ink(u: NDArray[np.float64], character: str, fonts: Sequence[str]) -> Image.Image:
    return shape(character, fonts[int(u[0] * len(fonts))])


def _clutter(image: Image.Image, u: NDArray[np.float64]) -> None:
    """Two to five line segments of random colour, in place."""
    pen = ImageDraw.Draw(image)
    side = image.width
    for k in range(2 + int(u[0] * 4)):
        p = u[1 + 7 * k : 8 + 7 * k]
        ends = [int(v * side) for v in p[:4]]
        pen.line(ends, fill=tuple(int(40 + 150 * v) for v in p[4:7]), width=1)


def _scene(
    rng: np.random.Generator, character: str, fonts: Sequence[str], side: int, others: str
) -> Pixels:
    """A textured glyph on a textured, cluttered ground, partly hidden, with noise."""
    u = rng.random(_UNIFORMS)
    dark = 20 + 110 * u[0:3]
    light = dark + _between(55, 130, u[3]) * (0.6 + 0.4 * u[4:7])
    ground = Image.fromarray(_texture(u[8:27], dark, 110, side).astype(np.uint8))
    _clutter(ground, u[27:64])
    coverage = _placed(u[64:70], _ink(u[70:71], character, fonts), side).reduce(2)
    alpha = np.asarray(coverage, dtype=np.float64)[:, :, None] / 255
    figure = _texture(u[71:90], light, 60, side)
    pixels = np.asarray(ground, dtype=np.float64) * (1 - alpha) + figure * alpha
    if u[90] < 0.6:  # an occluder: a flat bar of the ground's colours
        width, height = (
            int(side * _between(0.15, 0.5, u[91])),
            int(side * _between(0.25, 0.7, u[92])),
        )
        x, y = int(u[93] * (side - width)), int(u[94] * (side - height))
        pixels[y : y + height, x : x + width] = dark + 60 * u[95]
    return _noisy(rng, pixels, 7.0)


def _noisy(rng: np.random.Generator, pixels: NDArray[np.float64], sigma: float) -> Pixels:
    """Adds noise of standard deviation ``sigma``: the sum of three uniform bytes, centred."""
    bytes_ = np.frombuffer(rng.bytes(3 * pixels.size), np.uint8).reshape(3, *pixels.shape)
    noise = (bytes_.sum(axis=0, dtype=np.int64) - 382.5) / 127.9
    noisy: Pixels = np.clip(pixels + sigma * noise + 0.5, 0, 255).astype(np.uint8)
    return noisy


def _rendition(rng: np.random.Generator, character: str, fonts: Sequence[str], side: int) -> Pixels:
    """The glyph as other hands would draw it: unseen fonts, one of seven styles."""
    u = rng.random(_UNIFORMS)
    ink = _placed(u[0:6], _ink(u[6:7], character, fonts), side)
    style = int(u[7] * 7)
    if style == 0:
        ink = ink.filter(ImageFilter.MaxFilter(5))  # thick
    elif style == 1:
        ink = ink.filter(ImageFilter.MinFilter(3))  # thin
    elif style == 2:
        ink = ImageChops.subtract(ink, ink.filter(ImageFilter.MinFilter(5)))  # hollow
    alpha = np.asarray(ink.reduce(2), dtype=np.float64)[:, :, None] / 255
    dark, light = 15 + 90 * u[8:11], 150 + 105 * u[11:14]
    if style == 3:
        dark, light = light, dark  # polarity turned round
    strength = 150.0 if style == 4 else 30.0  # a patterned ground, or a plain one
    ground, figure = _texture(u[14:33], dark, strength, side), _texture(u[33:52], light, 40, side)
    pixels = ground * (1 - alpha) + figure * alpha
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if style == 5:
        image = image.filter(ImageFilter.EMBOSS)
    elif style == 6:
        image = image.point([64 * (v // 64) + 32 for v in range(256)] * 3)  # posterised
    return _noisy(rng, np.asarray(image, dtype=np.float64), 3.0)


def _sketch(rng: np.random.Generator, character: str, fonts: Sequence[str], side: int) -> Pixels:
    """The outline on white paper, drawn round the glyph with a soft, broad pencil."""
    u = rng.random(_UNIFORMS)
    ink = _placed(u[0:6], _ink(u[6:7], character, fonts), side)
    outline = ImageChops.subtract(ink.filter(ImageFilter.MaxFilter(11)), ink)
    alpha = np.asarray(outline.reduce(2), dtype=np.float64)[:, :, None] / 255
    paper, pencil = 235 + 20 * u[7], 50 + 60 * u[8]
    pixels = np.broadcast_to(paper * (1 - alpha) + pencil * alpha, (side, side, 3))
    return _noisy(rng, pixels, 2.0)
