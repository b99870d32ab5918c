"""ResNet-D (He et al., CVPR 2016 and 2019): basic blocks, stages of 8, 4, 2 and 1 positions."""

from bench.checkpoints.catalog import published
from bench.checkpoints.zoo import family
from bench.spec import Kind

SIZES = {
    "xs": {"layers": (1, 1, 1, 1), "stem_width": 3, "channels": (6, 12, 24, 24)},
    "s": {"layers": (1, 1, 1, 1), "stem_width": 5, "channels": (10, 20, 40, 40)},
    "m": {"layers": (1, 1, 1, 1), "stem_width": 8, "channels": (16, 32, 64, 64)},
    "l": {"layers": (2, 2, 1, 1), "stem_width": 11, "channels": (22, 44, 88, 88)},
    "xl": {"layers": (3, 3, 2, 1), "stem_width": 14, "channels": (28, 56, 112, 112)},
}

MODELS = family(
    "resnet",
    Kind.CONVNET,
    "bench.checkpoints.build:basic_resnet",
    SIZES,
    stem_type="deep",
    avg_down=True,
) + published(
    f"resnet{depth}.{recipe}_in1k" for depth in (18, 34, 50, 101, 152) for recipe in ("tv", "a1")
)
