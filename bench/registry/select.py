"""Selectors: pure functions from a string and declarations to the declarations it selects.

>>> split("convnext, swin_m,,*.g22k")
('convnext', 'swin_m', '*.g22k')
>>> [str(scale) for scale in parse_scales("in1k,glyphs-22k")]
['1k', '22k']
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol, TypeVar

from bench.spec import Dataset, Model, Scale
from bench.spec.errors import UnknownNameError, UsageError

#: Sizes from small to large, as papers and timm name them; others follow in the order declared.
LADDER = (
    *("zepto", "atto", "femto", "pico", "nano", "xxs", "xs", "ti", "t", "tiny", "s", "small", "m"),
    *("medium", "b", "base", "l", "large", "xl", "xlarge", "xxl", "xxlarge", "so400m"),
    *("h", "huge", "g", "giant", "gigantic", "enormous"),
)
_SCALE = re.compile(r"(?:(?:in|imagenet|g|glyphs)[-_]?)?(1k|12k|21k|22k|web|unknown)")
_SCALES = "in1k, in12k, in22k, web, unknown"
_LONGEST_SHOWN = 60
#: Prefix of a selector that is looked up in the catalog of published models only.
CATALOG = "timm:"
Declared = TypeVar("Declared", Model, Dataset)


class Catalog(Protocol):
    """Models beyond the declared ones, by name: `bench.checkpoints.catalog`."""

    def search(self, part: str) -> tuple[Model, ...]:
        """Models that match a name or glob; empty if none do."""

    def architectures(self) -> tuple[str, ...]:
        """All names, to suggest one for a mistyped name."""


def models(
    selector: str | Iterable[str], known: Sequence[Model], catalog: Catalog | None = None
) -> tuple[Model, ...]:
    """The models that a selector matches, see `bench.registry.models`.

    A part that matches no known model is looked up in the catalog; one that starts with ``timm:``
    is looked up only there. Without a catalog the prefix is ignored. Raises UnknownNameError for a
    part that matches nothing, UsageError for an empty selector or an ``@file`` that cannot be read.
    """
    chosen: dict[str, Model] = {}
    for part in _parts(selector, "model"):
        name = part.removeprefix(CATALOG)
        elsewhere = catalog and name != part
        matches = [] if elsewhere else [m for m in known if _selects(name, m)]
        if not matches and catalog:
            matches = list(catalog.search(name))
        if not matches:
            near = [word for m in known for word in (m.family, m.architecture, m.name)]
            more = catalog.architectures() if catalog else ()
            raise UnknownNameError("model", _shortened(part), _unique([*near, *more]))
        chosen |= {m.name: m for m in matches}
    return _in_order(chosen.values(), known)


def _in_order(chosen: Collection[Model], known: Sequence[Model]) -> tuple[Model, ...]:
    """Sort by world and family in the order selected, then by size and by pretraining scale."""
    worlds = _unique(m.world for m in chosen)
    families = _unique(m.family for m in chosen)
    present = _unique(m.size for m in (*known, *chosen))
    sizes = [size for size in LADDER if size in present]
    sizes += [size for size in present if size not in LADDER]
    scales = list(Scale)

    def place(model: Model) -> tuple[int, int, int, int, str]:
        return (
            worlds.index(model.world),
            families.index(model.family),
            sizes.index(model.size),
            scales.index(model.scale),
            model.name,
        )

    return tuple(sorted(chosen, key=place))


def datasets(selector: str | Iterable[str], known: Sequence[Dataset]) -> tuple[Dataset, ...]:
    """The known datasets that a selector matches, in the order selected.

    Raises the same errors as `models`.
    """
    near = _unique(word for d in known for word in (d.name, d.role))
    chosen: dict[str, Dataset] = {}
    for part in _parts(selector, "dataset"):
        matches = [d for d in known if _matches(part, d.name, d.name, d.role)]
        if not matches:
            raise UnknownNameError("dataset", _shortened(part), near)
        chosen = {**chosen, **{d.name: d for d in matches if d.name not in chosen}}
    return tuple(chosen.values())


def with_scales(
    chosen: Sequence[Model], scales: Sequence[Scale], selector: str | Iterable[str]
) -> tuple[Model, ...]:
    """The ``chosen`` models pretrained at one of ``scales``; UsageError if there are none."""
    kept = tuple(model for model in chosen if model.scale in scales)
    if not kept:
        given = selector if isinstance(selector, str) else ",".join(selector)
        wanted = " or ".join(_scale_name(scale) for scale in scales)
        there = ", ".join(_unique(_scale_name(model.scale) for model in chosen))
        raise UsageError(
            f"no model left: --models {_shortened(given)!r} selects {len(chosen)}, none pretrained "
            f"at {wanted}; available: {there}"
        )
    return kept


def _scale_name(scale: Scale) -> str:
    return f"in{scale}" if scale[0].isdigit() else str(scale)


def parse_scales(scales: str | Iterable[str | Scale] | None) -> tuple[Scale, ...]:
    """Pretraining scales as people write them: ``in1k``, ``IN-22k``, ``1k``, ``glyphs-22k``.

    ``in21k`` means the same as ``in22k``; None is all. Raises UsageError for anything else.
    """
    if scales is None:
        return tuple(Scale)
    parts = split(scales)
    found = []
    for part in parts:
        match = _SCALE.fullmatch(part.lower())
        if match is None:
            raise UsageError(
                f"unknown pretraining scale {_shortened(part)!r}; allowed: {_SCALES}, or several "
                "separated by commas"
            )
        found.append(Scale("22k" if match[1] == "21k" else match[1]))
    if not found:
        raise UsageError(f"no pretraining scale given; allowed: {_SCALES}")
    return tuple(scale for scale in Scale if scale in found)


def split(selector: str | Iterable[str]) -> tuple[str, ...]:
    """The parts of one or more comma-separated lists, stripped, without empty ones."""
    lists = [selector] if isinstance(selector, str) else selector
    return tuple(part for text in lists for raw in text.split(",") if (part := raw.strip()))


def _parts(selector: str | Iterable[str], what: str) -> tuple[str, ...]:
    parts: list[str] = []
    for part in split(selector):
        parts += _read(part[1:]) if part.startswith("@") else [part]
    if not parts:
        raise UsageError(f"no {what} selected; `bench list {what}s` shows what there is")
    return tuple(parts)


def _read(name: str) -> list[str]:
    """The selectors in an ``@file``: any number per line, ``#`` starts a comment."""
    try:
        lines = Path(name).expanduser().read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError, RuntimeError) as error:  # absent, not text, no such home
        reason = getattr(error, "strerror", None) or "not a text file"
        raise UsageError(f"cannot read selectors from {_shortened(name)!r}: {reason}") from error
    parts = split(line.split("#", 1)[0] for line in lines)
    if any(part.startswith("@") for part in parts):
        raise UsageError(f"{_shortened(name)!r} refers to another @file; they cannot be nested")
    return list(parts)


def _selects(part: str, model: Model) -> bool:
    groups = (model.family, model.size, f"{model.family}_{model.size}")
    return _matches(part, model.name, model.architecture, *groups)


def _matches(part: str, name: str, architecture: str, *groups: str) -> bool:
    """Whether a part equals one of the names, or is a glob that matches a full one; ignores case.

    A glob is not matched against groups: ``s*`` would select every small model besides every Swin.
    """
    part, name, architecture = part.lower(), name.lower(), architecture.lower()
    if part in ("all", name, architecture, *(group.lower() for group in groups)):
        return True
    return fnmatchcase(name, part) or fnmatchcase(architecture, part)


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(str(word) for word in words))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
