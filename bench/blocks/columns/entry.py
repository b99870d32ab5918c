"""One entry of the catalog, and short ways to write the usual kinds of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.blocks.blocks import Form


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is said of one kind of number wherever it stands; see `bench.blocks.Column`."""

    title: str
    unit: str = ""
    form: Form = Form.TEXT
    digits: int = 1
    interval: bool = False  #: the row has ``<key>_low`` and ``<key>_high`` besides
    mark: str | None = None
    about: str = ""
    key: str = ""  #: in the row; that of the entry where nothing is said


def text(title: str, **more: Any) -> Entry:
    """Words."""
    return Entry(title=title, **more)


def whole(title: str, **more: Any) -> Entry:
    """A count."""
    return Entry(title=title, form=Form.FIXED, digits=0, **more)


def fixed(title: str, digits: int = 1, **more: Any) -> Entry:
    """A number with so many decimals."""
    return Entry(title=title, form=Form.FIXED, digits=digits, **more)


def signed(title: str, digits: int = 1, **more: Any) -> Entry:
    """A difference, always with its sign."""
    return Entry(title=title, form=Form.SIGNED, digits=digits, **more)


def significant(title: str, digits: int = 3, **more: Any) -> Entry:
    """A number of any size with so many digits that matter."""
    return Entry(title=title, form=Form.SIGNIFICANT, digits=digits, **more)
