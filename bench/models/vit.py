"""Vision Transformer (Dosovitskiy et al., ICLR 2021): 16 patches of 8 pixels, a class token."""

from bench.checkpoints.catalog import published
from bench.checkpoints.zoo import family
from bench.spec import Kind

SIZES = {
    "xs": {"depth": 2, "embed_dim": 20, "num_heads": 2},
    "s": {"depth": 3, "embed_dim": 28, "num_heads": 4},
    "m": {"depth": 3, "embed_dim": 44, "num_heads": 4},
    "l": {"depth": 4, "embed_dim": 60, "num_heads": 6},
    "xl": {"depth": 4, "embed_dim": 96, "num_heads": 8},
}

MODELS = family(
    "vit",
    Kind.TRANSFORMER,
    "timm.models.vision_transformer:VisionTransformer",
    SIZES,
    img_size=32,
    patch_size=8,
) + published(
    [
        *(
            f"vit_{size}_patch16_{at}.augreg_in1k"
            for size in ("small", "base")
            for at in (224, 384)
        ),
        *(
            f"vit_{size}_patch16_{at}.augreg_in21k_ft_in1k"
            for size in ("tiny", "small", "base", "large")
            for at in (224, 384)
        ),
    ]
)
