"""The zoo's training recipe, the same for every family and size so that only these differ.

Standard library only. `bench.training.train` follows it and every card records it.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.spec import Scale


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Training on one dataset, with one cosine cycle of the learning rate."""

    dataset: str
    images_seen: int
    lr: float  #: peak learning rate


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """AdamW (Loshchilov & Hutter, ICLR 2019) with warm-up and cosine decay to zero."""

    stages: tuple[Stage, ...]
    batch_size: int = 128
    weight_decay: float = 0.05  #: on matrices and kernels; not on biases, norms and tables
    betas: tuple[float, float] = (0.9, 0.99)
    warmup: float = 0.1  #: share of a stage's steps
    label_smoothing: float = 0.1
    clip_norm: float = 1.0
    shift: int = 2  #: augmentation: shifts by up to this many pixels each way, edges repeated
    init: str = "fan-in"  #: PyTorch's default for every linear and convolution, in all families
    position_std: float = 0.5  #: of position tables; at timm's 0.02 a small ViT stays at chance

    def steps(self, stage: Stage) -> int:
        """Optimiser steps of a stage, without the last, partial batch."""
        return max(1, stage.images_seen // self.batch_size)


_TARGET = Stage(dataset="glyphs-1k", images_seen=96_000, lr=4e-3)

#: Both scales end with the same stage, so they differ only in the weights that it starts from.
RECIPES = {
    Scale.IN1K: Recipe(stages=(_TARGET,)),
    Scale.IN22K: Recipe(stages=(Stage(dataset="glyphs-22k", images_seen=96_000, lr=4e-3), _TARGET)),
}
