"""What a selector means: pure functions from a string and declarations to some of them.

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

#: Sizes from small to large, as papers and timm name them; others follow in declared order.
LADDER = (
    *("zepto", "atto", "femto", "pico", "nano", "xxs", "xs", "ti", "t", "tiny", "s", "small", "m"),
    *("medium", "b", "base", "l", "large", "xl", "xlarge", "xxl", "xxlarge", "so400m"),
    *("h", "huge", "g", "giant", "gigantic", "enormous"),
)
_SCALE = re.compile(r"(?:(?:in|imagenet|g|glyphs)[-_]?)?(1k|12k|21k|22k|web|unknown)")
_SCALES = "in1k, in12k, in22k, web, unknown"
_LONGEST_SHOWN = 60
#: Starts a selector that is looked up in the catalog of published models, whatever is declared.
CATALOG = "timm:"
Declared = TypeVar("Declared", Model, Dataset)


class Catalog(Protocol):
    """Models beyond the declared ones, by name: `bench.checkpoints.catalog`."""

    def search(self, part: str) -> tuple[Model, ...]:
        """Those that a name or glob means; none if it means nothing."""

    def architectures(self) -> tuple[str, ...]:
        """What a mistyped name may have meant."""


def models(
    selector: str | Iterable[str], known: Sequence[Model], catalog: Catalog | None = None
) -> tuple[Model, ...]:
    """The models that a selector names, see `bench.registry.models`.

    A part that means none of the known ones is looked up in the catalog, one that begins with
    ``timm:`` there alone; without a catalog that prefix says nothing. Raises UnknownNameError for a
    part that matches nothing, UsageError for an empty selector or an ``@file`` that cannot be read.
    """
    chosen: dict[str, Model] = {}
    for part in _parts(selector, "model"):
        name = part.removeprefix(CATALOG)
        elsewhere = catalog and name != part
        matches = [] if elsewhere else [m for m in known if _is(name, m)]
        if not matches and catalog:
            matches = list(catalog.search(name))
        if not matches:
            near = [word for m in known for word in (m.family, m.architecture, m.name)]
            more = catalog.architectures() if catalog else ()
            raise UnknownNameError("model", _short(part), _unique([*near, *more]))
        chosen |= {m.name: m for m in matches}
    return _in_order(chosen.values(), known)


def _in_order(chosen: Collection[Model], known: Sequence[Model]) -> tuple[Model, ...]:
    """By world and family as selected, then up the ladder of sizes and scales."""
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
    """The known datasets that a selector names, in the order selected.

    Raises as `models` does.
    """
    near = _unique(word for d in known for word in (d.name, d.role))
    chosen: dict[str, Dataset] = {}
    for part in _parts(selector, "dataset"):
        matches = [d for d in known if _matches(part, d.name, d.name, d.role)]
        if not matches:
            raise UnknownNameError("dataset", _short(part), near)
        chosen = {**chosen, **{d.name: d for d in matches if d.name not in chosen}}
    return tuple(chosen.values())


def with_scales(
    chosen: Sequence[Model], scales: Sequence[Scale], selector: str | Iterable[str]
) -> tuple[Model, ...]:
    """Those of ``chosen`` that have one of ``scales``; UsageError if none has."""
    kept = tuple(model for model in chosen if model.scale in scales)
    if not kept:
        said = selector if isinstance(selector, str) else ",".join(selector)
        wanted = " or ".join(_written(scale) for scale in scales)
        there = ", ".join(_unique(_written(model.scale) for model in chosen))
        raise UsageError(
            f"no model left: --models {_short(said)!r} selects {len(chosen)}, none pretrained at "
            f"{wanted}; available: {there}"
        )
    return kept


def _written(scale: Scale) -> str:
    return f"in{scale}" if scale[0].isdigit() else str(scale)


def parse_scales(scales: str | Iterable[str | Scale] | None) -> tuple[Scale, ...]:
    """Pretraining scales as people write them: ``in1k``, ``IN-22k``, ``1k``, ``glyphs-22k``.

    ``in21k`` and ``in22k`` are the same; None is all of them. Raises UsageError for anything else.
    """
    if scales is None:
        return tuple(Scale)
    parts = split(scales)
    found = []
    for part in parts:
        match = _SCALE.fullmatch(part.lower())
        if match is None:
            raise UsageError(
                f"unknown pretraining scale {_short(part)!r}; allowed: {_SCALES}, several with a "
                "comma between"
            )
        found.append(Scale("22k" if match[1] == "21k" else match[1]))
    if not found:
        raise UsageError(f"no pretraining scale given; allowed: {_SCALES}")
    return tuple(scale for scale in Scale if scale in found)


def split(selector: str | Iterable[str]) -> tuple[str, ...]:
    """Parts of a comma list, or of several, without blanks."""
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
    """Selectors of an ``@file``: any number a line, ``#`` starts a comment."""
    try:
        lines = Path(name).expanduser().read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError, RuntimeError) as error:  # absent, not text, no such home
        reason = getattr(error, "strerror", None) or "no text file"
        raise UsageError(f"cannot read selectors from {_short(name)!r}: {reason}") from error
    parts = split(line.split("#", 1)[0] for line in lines)
    if any(part.startswith("@") for part in parts):
        raise UsageError(f"{_short(name)!r} names another @file; one level only")
    return list(parts)


def _is(part: str, model: Model) -> bool:
    groups = (model.family, model.size, f"{model.family}_{model.size}")
    return _matches(part, model.name, model.architecture, *groups)


def _matches(part: str, name: str, architecture: str, *groups: str) -> bool:
    """Whether a part is one of the names, or globs a full one; case does not matter.

    A glob never looks at groups: ``s*`` would be every small model besides every Swin.
    """
    part, name, architecture = part.lower(), name.lower(), architecture.lower()
    if part in ("all", name, architecture, *(group.lower() for group in groups)):
        return True
    return fnmatchcase(name, part) or fnmatchcase(architecture, part)


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(str(word) for word in words))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
