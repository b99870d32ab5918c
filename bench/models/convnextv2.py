"""ConvNeXt V2 (Woo et al., CVPR 2023): each size masked on ImageNet-1K first, without labels."""

from bench.checkpoints.catalog import published

MODELS = published(
    [
        *(
            f"convnextv2_{size}.fcmae_ft_in1k"
            for size in ("atto", "femto", "pico", "nano", "tiny", "base", "large", "huge")
        ),
        *(
            f"convnextv2_{size}.fcmae_ft_in22k_in1k{at}"
            for size in ("nano", "tiny", "base", "large")
            for at in ("", "_384")
        ),
        "convnextv2_huge.fcmae_ft_in22k_in1k_384",
        "convnextv2_huge.fcmae_ft_in22k_in1k_512",
    ]
)
