"""ConvNeXt (Liu et al., CVPR 2022): stages of 8, 4, 2 and 1 positions a side.

No LayerScale: at 1e-6 it leaves a narrow network on a plateau in short training.
"""

from bench.checkpoints.catalog import published
from bench.checkpoints.zoo import family
from bench.spec import Kind

SIZES = {
    "xs": {"depths": (1, 1, 1, 1), "dims": (8, 16, 32, 32)},
    "s": {"depths": (1, 1, 2, 1), "dims": (13, 26, 52, 52)},
    "m": {"depths": (1, 1, 2, 1), "dims": (21, 42, 84, 84)},
    "l": {"depths": (2, 2, 3, 1), "dims": (26, 52, 104, 104)},
    "xl": {"depths": (3, 3, 5, 1), "dims": (34, 68, 136, 136)},
}

MODELS = family(
    "convnext",
    Kind.CONVNET,
    "timm.models.convnext:ConvNeXt",
    SIZES,
    patch_size=2,
    ls_init_value=None,
) + published(
    [
        *(f"convnext_{size}.fb_in1k" for size in ("tiny", "small", "base", "large")),
        *(
            f"convnext_{size}.fb_in22k_ft_in1k{at}"
            for size in ("tiny", "small", "base", "large", "xlarge")
            for at in ("", "_384")
        ),
    ]
)
