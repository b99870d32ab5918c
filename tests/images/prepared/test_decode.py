"""Pixels against timm's own evaluation transform; and images that are none."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from timm.data.transforms_factory import create_transform

from bench.images.prepared.decode import prepared
from bench.spec import CropMode, Interpolation, Transform, replace
from bench.spec.errors import DataError


@cache
def picture(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Smooth shapes with noise on them, so that filters and chroma subsampling show."""
    rng = np.random.default_rng(width * 10_000 + height)
    coarse = rng.integers(0, 256, (height // 9 + 1, width // 9 + 1, 3), dtype=np.uint8)
    smooth = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    noise = rng.integers(-20, 21, (height, width, 3))
    pixels = np.clip(np.asarray(smooth) + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels).convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def by_timm(data: bytes, transform: Transform) -> NDArray[np.uint8]:
    """What timm's `ImageDataset` and evaluation transform make of it."""
    prepare = create_transform(
        input_size=transform.size,
        is_training=False,
        use_prefetcher=True,
        crop_pct=transform.crop_pct,
        crop_mode=str(transform.crop_mode),
        interpolation=str(transform.interpolation),
    )
    pixels = prepare(Image.open(io.BytesIO(data)).convert("RGB")).numpy()
    return np.ascontiguousarray(pixels.transpose(1, 2, 0))


def filled(transform: Transform) -> Transform:
    """With ImageNet's mean as the border's colour, as a model of that mean has it."""
    border = transform.crop_mode is CropMode.BORDER
    return replace(transform, fill=(124, 116, 104)) if border else transform


transforms = st.builds(
    Transform,
    size=st.integers(8, 97),
    crop_pct=st.one_of(
        st.sampled_from([0.875, 0.9, 0.95, 0.96, 1.0, 224 / 256]), st.floats(0.5, 1.3)
    ),
    crop_mode=st.sampled_from(CropMode),
    interpolation=st.sampled_from(Interpolation),
).map(filled)


@settings(max_examples=300)
@given(width=st.integers(1, 130), height=st.integers(1, 130), transform=transforms)
def test_pixels_are_those_of_timm(width: int, height: int, transform: Transform) -> None:
    data = encoded(picture(width, height))
    try:
        expected = by_timm(data, transform)
    except ValueError:  # a side shrinks to nothing
        with pytest.raises(DataError, match="odd: cannot be prepared"):
            prepared(data, transform, "odd")
        return
    np.testing.assert_array_equal(prepared(data, transform), expected)


@pytest.mark.parametrize("size", [(500, 375), (375, 500), (333, 500), (224, 224), (100, 61)])
@pytest.mark.parametrize(("side", "share"), [(224, 0.875), (224, 0.9), (288, 1.0), (384, 1.0)])
def test_usual_sizes(size: tuple[int, int], side: int, share: float) -> None:
    data = encoded(picture(*size), quality=95)
    transform = Transform(size=side, crop_pct=share)
    np.testing.assert_array_equal(prepared(data, transform), by_timm(data, transform))


def _rotated() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(picture(90, 60), exif=exif)


def _sixteen_bits() -> bytes:
    grey = np.linspace(0, 65535, 90 * 60).reshape(60, 90).astype(np.uint16)
    return encoded(Image.fromarray(grey), "PNG")


def _transparent_palette() -> bytes:
    return encoded(picture(90, 60).quantize(32), "PNG", transparency=bytes(range(32)))


def _damaged_exif() -> bytes:
    """An entry of 40 bytes whose place lies beyond the block."""
    entry = struct.pack("<HHII", 0x010E, 2, 40, 5_000)
    tiff = b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
    return encoded(picture(90, 60), exif=b"Exif\0\0" + tiff)


KINDS = {
    "cmyk": encoded(picture(90, 60, "CMYK")),
    "grey": encoded(picture(90, 60, "L")),
    "grey, 16 bits": _sixteen_bits(),
    "rotated by EXIF": _rotated(),
    "damaged EXIF": _damaged_exif(),
    "progressive": encoded(picture(90, 60), progressive=True),
    "no subsampling": encoded(picture(90, 60), subsampling=0),
    "png": encoded(picture(90, 60), "PNG"),
    "rgba": encoded(picture(90, 60, "RGBA"), "PNG"),
    "la": encoded(picture(90, 60, "LA"), "PNG"),
    "palette": encoded(picture(90, 60).quantize(32), "PNG"),
    "palette, one clear": encoded(picture(90, 60).quantize(32), "PNG", transparency=3),
    "palette, all part clear": _transparent_palette(),
    "one bit": encoded(picture(90, 60, "1"), "PNG"),
    "webp": encoded(picture(90, 60), "WEBP"),
    "gif": encoded(picture(90, 60), "GIF"),
}


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", CropMode)
def test_kinds_of_images(kind: str, mode: CropMode) -> None:
    transform = filled(Transform(size=32, crop_pct=0.9, crop_mode=mode))
    np.testing.assert_array_equal(prepared(KINDS[kind], transform), by_timm(KINDS[kind], transform))


def _bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is large."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


WHOLE = encoded(picture(90, 60))
NO_IMAGES = {
    "empty": (b"", "has no bytes"),
    "half": (WHOLE[: len(WHOLE) // 2], "truncated"),
    "head": (WHOLE[:200], "cannot be prepared|is no image"),
    "all but the end": (encoded(picture(90, 60), "PNG")[:-60], "truncated|cannot be prepared"),
    "text": (b"<html>404 not found</html>", r"is no image of a known kind .*b'<html>40'"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is no image"),
    "bomb": (_bomb(20_000, 20_000), "decompression bomb"),
    "one line of pixels": (encoded(picture(1, 20_000)), "1x20000 pixels would become"),
}


@pytest.mark.parametrize("which", NO_IMAGES)
def test_what_is_no_whole_image_is_said_in_one_line(which: str) -> None:
    data, said = NO_IMAGES[which]
    with pytest.raises(DataError, match=f"val/7.JPEG: .*(?:{said})") as failed:
        prepared(data, Transform(size=224), "val/7.JPEG")
    assert "\n" not in str(failed.value)


@settings(max_examples=150)
@given(at=st.integers(2, len(WHOLE) - 1), byte=st.integers(0, 255))
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_wrong_byte_is_decoded_as_by_timm_or_named(at: int, byte: int) -> None:
    data = WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]
    transform = Transform(size=16)
    try:
        expected = by_timm(data, transform)
    except (OSError, SyntaxError, ValueError):
        with pytest.raises(DataError, match=r"\An01440764/7.JPEG: [^\n]+\Z"):
            prepared(data, transform, "n01440764/7.JPEG")
    else:
        np.testing.assert_array_equal(prepared(data, transform), expected)
