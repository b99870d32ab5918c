"""DeiT III (Touvron et al., ECCV 2022): ViT from scratch and from ImageNet-22K, one recipe."""

from bench.checkpoints.catalog import published

MODELS = published(
    f"deit3_{architecture}.{tag}"
    for architecture in (
        "small_patch16_224",
        "small_patch16_384",
        "medium_patch16_224",
        "base_patch16_224",
        "base_patch16_384",
        "large_patch16_224",
        "large_patch16_384",
        "huge_patch14_224",
    )
    for tag in ("fb_in1k", "fb_in22k_ft_in1k")
)
