"""How the zoo is trained: the same for every family and size, so that only those differ.

Standard library only; `bench.training.train` carries it out and every card records it.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.spec import Scale


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One dataset for one cosine cycle of the learning rate."""

    dataset: str
    images_seen: int
    lr: float  #: peak learning rate


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """AdamW (Loshchilov & Hutter, ICLR 2019) with warm-up and cosine decay to zero."""

    stages: tuple[Stage, ...]
    batch_size: int = 128
    weight_decay: float = 0.05  #: on matrices and kernels; biases, norms and tables are spared
    betas: tuple[float, float] = (0.9, 0.99)
    warmup: float = 0.1  #: share of a stage's steps
    label_smoothing: float = 0.1
    clip_norm: float = 1.0
    shift: int = 2  #: augmentation: up to so many pixels in each direction, edges repeated
    init: str = "fan-in"  #: PyTorch's default for every linear and convolution, in all families
    position_std: float = 0.5  #: of learned position tables; at timm's 0.02 a small ViT stays blind

    def steps(self, stage: Stage) -> int:
        """Optimiser steps of a stage; the last, partial batch is left out."""
        return max(1, stage.images_seen // self.batch_size)


_TARGET = Stage(dataset="glyphs-1k", images_seen=96_000, lr=4e-3)

#: The last stage is the same, so that the two scales differ in where it starts, and in that alone.
RECIPES = {
    Scale.IN1K: Recipe(stages=(_TARGET,)),
    Scale.IN22K: Recipe(stages=(Stage(dataset="glyphs-22k", images_seen=96_000, lr=4e-3), _TARGET)),
}
