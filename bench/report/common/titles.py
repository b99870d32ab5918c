"""What readers call families and image sets, and the order in which they stand."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.tables.axes import ROLES

#: Families in the order of their colours; others follow by name.
FAMILIES = ("convnext", "swin", "vit", "resnet", "convnextv2", "swinv2", "deit", "deit3")
#: Image sets by role.
TITLES = {
    "val": "val",
    "real": "ReaL",
    "v2": "V2",
    "a": "A",
    "r": "R",
    "sketch": "Sketch",
    "c": "C",
}
#: Pretraining scales.
SCALE_TITLES = {
    "1k": "Trained on 1k alone",
    "12k": "Pretrained on 12k",
    "22k": "Pretrained on 22k",
    "web": "Pretrained on the web",
}


def title(role: object) -> str:
    """What readers call a set."""
    return TITLES.get(str(role), str(role))


def order(found: set[str], known: tuple[str, ...]) -> tuple[str, ...]:
    """Known names in their order, then the others by name.

    >>> order({"swin", "mixer", "convnext"}, ("convnext", "swin", "vit"))
    ('convnext', 'swin', 'vit', 'mixer')
    """
    return (*known, *sorted(found - set(known)))


def ordered(names: Sequence[str]) -> list[str]:
    """Roles in their order, then sets by name.

    >>> ordered(["mine", "r", "val"])
    ['val', 'r', 'mine']
    """
    known = [role for role in ROLES if role in names]
    return [*known, *sorted(set(names) - set(known))]


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "model"), counted(0, "model")
    ('1 model', '0 models')
    """
    return f"{number} {noun}" + ("" if number == 1 else "s")
