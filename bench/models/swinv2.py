"""Swin Transformer V2 (Liu et al., CVPR 2022): windows of two sizes, tested at 256 and 384."""

from bench.checkpoints.catalog import published

MODELS = published(
    [
        *(
            f"swinv2_{size}_window{window}_256.ms_in1k"
            for size in ("tiny", "small", "base")
            for window in (8, 16)
        ),
        *(
            f"swinv2_{size}_window{windows}.ms_in22k_ft_in1k"
            for size in ("base", "large")
            for windows in ("12to16_192to256", "12to24_192to384")
        ),
    ]
)
