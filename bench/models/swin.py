"""Swin Transformer (Liu et al., ICCV 2021): three stages of 8, 4 and 2 tokens a side."""

from bench.models._zoo import family
from bench.spec import Kind

SIZES = {
    "xs": {"depths": (2, 1, 1), "embed_dim": 7, "num_heads": (1, 2, 4)},
    "s": {"depths": (2, 2, 2), "embed_dim": 10, "num_heads": (1, 2, 4)},
    "m": {"depths": (2, 2, 2), "embed_dim": 16, "num_heads": (2, 4, 8)},
    "l": {"depths": (2, 2, 2), "embed_dim": 26, "num_heads": (2, 4, 8)},
    "xl": {"depths": (2, 2, 2), "embed_dim": 38, "num_heads": (2, 4, 8)},
}

MODELS = family(
    "swin",
    Kind.TRANSFORMER,
    "timm.models.swin_transformer:SwinTransformer",
    SIZES,
    img_size=32,
    patch_size=4,
    window_size=4,
    drop_path_rate=0.0,
)
