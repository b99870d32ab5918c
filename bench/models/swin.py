"""Swin Transformer (Liu et al., ICCV 2021): three stages of 8, 4 and 2 tokens a side."""

from bench.checkpoints.catalog import published
from bench.checkpoints.zoo import family
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
) + published(
    [
        "swin_tiny_patch4_window7_224.ms_in1k",
        "swin_tiny_patch4_window7_224.ms_in22k_ft_in1k",
        "swin_small_patch4_window7_224.ms_in1k",
        "swin_small_patch4_window7_224.ms_in22k_ft_in1k",
        "swin_base_patch4_window7_224.ms_in1k",
        "swin_base_patch4_window7_224.ms_in22k_ft_in1k",
        "swin_base_patch4_window12_384.ms_in1k",
        "swin_base_patch4_window12_384.ms_in22k_ft_in1k",
        "swin_large_patch4_window7_224.ms_in22k_ft_in1k",
        "swin_large_patch4_window12_384.ms_in22k_ft_in1k",
    ]
)
