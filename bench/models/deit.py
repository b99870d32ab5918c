"""DeiT (Touvron et al., ICML 2021): ViT on ImageNet-1K alone; those without distillation."""

from bench.checkpoints.catalog import published

MODELS = published(
    [
        "deit_tiny_patch16_224.fb_in1k",
        "deit_small_patch16_224.fb_in1k",
        "deit_base_patch16_224.fb_in1k",
        "deit_base_patch16_384.fb_in1k",
    ]
)
