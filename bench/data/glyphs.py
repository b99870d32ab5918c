"""The embedded world, in ImageNet's shape: train and pretrain sets, val, and the shifted sets.

Drawn on the fly, deterministic by (stream, index); see `bench.images.drawn.scene` for how.
"""

from typing import Any

from bench.images.drawn.alphabet import CHARACTERS, TARGETS
from bench.images.drawn.digests import DIGESTS
from bench.images.drawn.kept import GLYPHS_A
from bench.spec import Dataset, Role

RESOLUTION = 32

SEEN_FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
)
UNSEEN_FONTS = (
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
    "cmr10",
    "cmb10",
    "cmss10",
    "cmti10",
    "cmtt10",
)
CORRUPTIONS = (
    "gaussian_noise",
    "shot_noise",
    "impulse_noise",
    "defocus_blur",
    "motion_blur",
    "fog",
    "brightness",
    "contrast",
    "pixelate",
    "jpeg",
)

_STREAM_VAL, _STREAM_V2, _STREAM_A, _STREAM_R, _STREAM_SKETCH, _STREAM_1K, _STREAM_22K = range(1, 8)


def _set(tail: str, role: Role, images: int, stream: int, about: str, **options: Any) -> Dataset:
    name = f"glyphs-{tail}"
    scene: dict[str, Any] = {
        "stream": stream,
        "characters": TARGETS,
        "fonts": SEEN_FONTS,
        "style": "scene",
    }
    options = scene | options
    shifted = role not in (Role.TRAIN, Role.PRETRAIN, Role.VAL)
    return Dataset(
        name=name,
        world="glyphs",
        role=role,
        images=images,
        classes=len(options["characters"]),
        resolution=RESOLUTION,
        draw="bench.images.drawn.scene:draw",
        options=options,
        twin="glyphs-val" if shifted else None,
        digest=DIGESTS.get(name),
        about=about,
    )


DATASETS = (
    _set("1k", Role.TRAIN, 12_800, _STREAM_1K, "training set of the 50 target classes"),
    _set(
        "22k",
        Role.PRETRAIN,
        132_000,
        _STREAM_22K,
        "pretraining set: 600 classes, the targets among them",
        characters=CHARACTERS,
    ),
    _set("val", Role.VAL, 2_000, _STREAM_VAL, "validation set, drawn like glyphs-1k"),
    _set("v2", Role.V2, 2_000, _STREAM_V2, "a fresh draw of val from another stream"),
    _set(
        "a",
        Role.A,
        len(GLYPHS_A["kept"]),
        _STREAM_A,
        f"scenes like val's that {GLYPHS_A['reference']} gets wrong",
        **GLYPHS_A,
    ),
    _set(
        "r",
        Role.R,
        2_000,
        _STREAM_R,
        "unseen fonts; thick, thin, hollow, inverted, patterned, embossed, posterised",
        fonts=UNSEEN_FONTS,
        style="rendition",
    ),
    _set(
        "sketch",
        Role.SKETCH,
        1_000,
        _STREAM_SKETCH,
        "outlines in pencil on white paper",
        style="sketch",
    ),
    _set(
        "c",
        Role.C,
        2_500,
        _STREAM_VAL,
        "ten corruptions at five severities of val's scenes",
        groups=tuple(f"{kind}-{severity}" for kind in CORRUPTIONS for severity in range(1, 6)),
    ),
)
