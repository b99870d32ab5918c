"""Digests of the embedded sets as published: sha256 over all pixels, then all labels.

Another Pillow or numpy may draw other pixels; the digest then differs and every run says so.
"""

from collections.abc import Mapping

DIGESTS: Mapping[str, str] = {
    "glyphs-1k": "10702d45f61ca451fd9ae247af2348fa40b6e03efa7bf0baede08be38a22d0d5",
    "glyphs-22k": "ab6b4108a41b9e0bef7f83111fc3e7e0b7cacb73eafe0adaa98f1c4b3eb53908",
    "glyphs-val": "36b3fbb1ee3df9eed5d615251018da2cec097ef3b6e237f06233b789f8dff52a",
    "glyphs-v2": "854bae09ed103fac1ea6ceb56a868dfc0564aa96ab561b71f6ab50ee5aac3692",
    "glyphs-a": "4344036cd7d4818c1b7f6a4120c8e04c8d5e34e85741506c89755a4a796cab28",
    "glyphs-r": "3574010fe72855a010856405d2a64cc0132f457d9fb597993d16c4f2ca015b78",
    "glyphs-sketch": "a2b9f26796f6df5c4ab220bfcd998c36270403ffd9a6e7b73c72fc53b9c21583",
    "glyphs-c": "a367fc25f94430a8bc3f97f360cd276a28e504f9a9f43ef45b2a493c93f2d3c7",
}
