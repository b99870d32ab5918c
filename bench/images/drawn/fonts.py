"""Glyph shapes from the fonts that ship inside matplotlib; matplotlib itself is never imported."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bench.spec.errors import DataError

#: Side of a master shape, pixels; the ink's longer side fills `INK` of it.
SIDE = 96
INK = 64


@cache
def font_folder() -> Path:
    """Folder of matplotlib's TrueType files. Raises `DataError` where matplotlib is absent."""
    spec = find_spec("matplotlib")
    if spec is None or not spec.submodule_search_locations:
        raise DataError("the glyphs are drawn from matplotlib's fonts: pip install matplotlib")
    return Path(spec.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"


@cache
def _font(name: str) -> ImageFont.FreeTypeFont:
    path = font_folder() / f"{name}.ttf"
    if not path.is_file():
        raise DataError(f"font {name}.ttf is not in {path.parent}: reinstall matplotlib")
    # The basic layout engine: raqm is not in every build of Pillow and would move pixels.
    return ImageFont.truetype(str(path), INK, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=8192)
def shape(character: str, font: str) -> Image.Image:
    """Coverage of one glyph, mode L, `SIDE` x `SIDE`, ink centred, longer side `INK` pixels."""
    face = _font(font)
    left, top, right, bottom = face.getbbox(character)
    size = (max(1, int(right - left)), max(1, int(bottom - top)))
    ink = Image.new("L", size)
    ImageDraw.Draw(ink).text((-left, -top), character, fill=255, font=face)
    box = ink.getbbox()
    if box is None:
        raise DataError(f"{font} has no ink for U+{ord(character):04X}")
    ink = ink.crop(box)
    scale = INK / max(ink.size)
    ink = ink.resize(
        (max(1, round(ink.width * scale)), max(1, round(ink.height * scale))),
        Image.Resampling.BILINEAR,
    )
    master = Image.new("L", (SIDE, SIDE))
    master.paste(ink, ((SIDE - ink.width) // 2, (SIDE - ink.height) // 2))
    return master
