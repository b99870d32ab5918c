"""ImageNet's validation set, and the sets that shift it or label it anew.

None of them is drawn: a user says where each lies (see `bench.images.listed.sources`). Counts are
those of the publications. ``options`` holds ``per_class``, images a class where all have the same;
``classes``, the subset that a set covers; ``subsets``, those on which val is compared with such a
set; ``numbered``, where the published archive names class folders by index.
"""

from typing import Any

from bench.spec import Dataset, Role

#: The fifteen of mCE, in the order of its table; the archive's four extra ones are not in it.
CORRUPTIONS = (
    "gaussian_noise",
    "shot_noise",
    "impulse_noise",
    "defocus_blur",
    "glass_blur",
    "motion_blur",
    "zoom_blur",
    "snow",
    "frost",
    "fog",
    "brightness",
    "contrast",
    "elastic_transform",
    "pixelate",
    "jpeg_compression",
)


def _set(tail: str, role: Role, images: int, about: str, **options: Any) -> Dataset:
    return Dataset(
        name=f"imagenet-{tail}",
        world="imagenet",
        role=role,
        images=images,
        classes=200 if "classes" in options else 1000,
        resolution=0,
        options=options,
        twin=None if role is Role.VAL else "imagenet-val",
        about=about,
    )


DATASETS = (
    _set(
        "val",
        Role.VAL,
        50_000,
        "ILSVRC 2012 validation set",
        per_class=50,
        subsets={"a": "imagenet-a", "r": "imagenet-r"},
    ),
    _set("real", Role.REAL, 46_837, "val with the ReaL labels: every class that is in the image"),
    _set(
        "v2", Role.V2, 10_000, "val collected anew, matched frequency", per_class=10, numbered=True
    ),
    _set(
        "a",
        Role.A,
        7_500,
        "natural images that a ResNet-50 gets wrong",
        classes="imagenet-a",
    ),
    _set(
        "r",
        Role.R,
        30_000,
        "renditions: art, cartoons, toys, embroidery",
        classes="imagenet-r",
    ),
    _set("sketch", Role.SKETCH, 50_889, "sketches found by image search"),
    _set(
        "c",
        Role.C,
        3_750_000,
        "fifteen corruptions at five severities of val",
        per_class=50,
        groups=tuple(f"{kind}-{severity}" for kind in CORRUPTIONS for severity in range(1, 6)),
    ),
)
