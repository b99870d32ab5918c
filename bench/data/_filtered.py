"""Which scenes glyphs-a keeps: the first of its stream that the reference model gets wrong.

Written by ``benchmarks/publish_glyphs.py``.
"""

from typing import Any

_KEPT = """
    0 1 2
"""

GLYPHS_A: dict[str, Any] = {
    "reference": "resnet_l.g1k",
    "kept": tuple(map(int, _KEPT.split())),
}
