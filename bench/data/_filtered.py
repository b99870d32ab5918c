"""Which scenes glyphs-a keeps: those the reference model gets wrong."""

from typing import Any

GLYPHS_A: dict[str, Any] = {"reference": "resnet_l.g1k", "kept": tuple(range(100))}
