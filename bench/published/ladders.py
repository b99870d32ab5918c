"""The ladders that published checkpoints form, and a frame of them for a scaling report.

A ladder is one design in several sizes, trained by one recipe: a law fitted through distilled
models, other resolutions or other recipes besides would take those for scaling.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, cast

from bench.checkpoints import catalog
from bench.published.figures import Checkpoint, checkpoints, rows
from bench.registry import select
from bench.spec import Model
from bench.spec.errors import UnknownNameError, UsageError
from bench.spec.kinds import Scale

if TYPE_CHECKING:
    import pandas as pd

#: Networks that form a family's ladder: one design in several sizes, ``*`` being the size.
DESIGNS = frozenset(
    {
        *("convnext_*", "convnextv2_*", "swin_*_patch4_window7_224", "resnet*"),
        *("swinv2_*_window16_256", "swinv2_*_window12to16_192to256"),
        *("vit_*_patch16_224", "deit_*_patch16_224", "deit3_*_patch16_224", "deit3_*_patch14_224"),
    }
)
#: Weights tags of the ladders: one recipe for each family and pretraining scale.
RECIPES: Mapping[str, frozenset[str]] = {
    "convnext": frozenset({"fb_in1k", "fb_in22k_ft_in1k"}),
    "convnextv2": frozenset({"fcmae_ft_in1k", "fcmae_ft_in22k_in1k"}),
    "swin": frozenset({"ms_in1k", "ms_in22k_ft_in1k"}),
    "swinv2": frozenset({"ms_in1k", "ms_in22k_ft_in1k"}),
    "vit": frozenset({"augreg_in1k", "augreg_in21k_ft_in1k"}),
    "deit": frozenset({"fb_in1k"}),
    "deit3": frozenset({"fb_in1k", "fb_in22k_ft_in1k"}),
    "resnet": frozenset({"a1_in1k"}),
}


@dataclass(frozen=True)
class _Named:
    """A checkpoint as selectors see it."""

    name: str
    architecture: str
    family: str
    size: str
    scale: Scale
    row: Checkpoint
    world: str = "imagenet"


@dataclass(frozen=True)
class _Figures:
    """What selectors mean beyond names of the table: former names, and models without figures."""

    known: Sequence[_Named]

    def search(self, part: str) -> tuple[Model, ...]:
        """Rows of the table; UsageError for what timm has and the table lacks."""
        with suppress(UnknownNameError):  # as without the prefix that had it looked up here
            return select.models(part, cast("Sequence[Model]", self.known))
        meant = {model.name for model in catalog.search(part)}
        found = tuple(item for item in self.known if item.name in meant)
        if meant and not found:
            names = ", ".join(sorted(meant)[:3]) + (" …" if len(meant) > 3 else "")
            raise UsageError(
                f"no published figures of {names}: timm has such weights, the table of figures has "
                "not; leave them out, or measure them with `bench run`"
            )
        return cast("tuple[Model, ...]", found)

    def architectures(self) -> tuple[str, ...]:
        """None: what may be suggested has figures."""
        return ()


def ladders(
    models: str | Iterable[str] | None = None, scales: str | Iterable[str | Scale] | None = None
) -> pd.DataFrame:
    """Rows that a scaling report can be made of; arguments as `bench.registry.models` takes them.

    Families and sizes mean the ladders: one design and one recipe a family and pretraining scale,
    at the resolution they were trained at. Names, architectures and globs reach every published
    checkpoint; one tested beyond its training resolution is called ``<name>@288``, and a design
    off the ladder is a family of its own. None is every ladder. Raises as `bench.registry.models`,
    and `UsageError` for a model that timm publishes without figures.

    >>> sorted(set(ladders("swin", "in22k")["size"]))
    ['base', 'large', 'small', 'tiny']
    """
    known = [_named(row) for row in checkpoints()]
    if models is None:
        models = sorted(RECIPES)
    # These have all that a selector looks at.
    chosen = select.models(models, cast("Sequence[Model]", known), _Figures(known))
    kept = select.with_scales(chosen, select.parse_scales(scales), models)
    found = cast("Sequence[_Named]", kept)
    return rows((item.name, _family(item.row), item.row) for item in found)


def _named(row: Checkpoint) -> _Named:
    beyond = row.resolution > _trained_at()[row.model]
    name = f"{row.model}@{row.resolution}" if beyond else row.model
    # Off the ladder no family or size must match, so they are the name itself.
    on = _on_ladder(row) and not beyond
    architecture = name if beyond else row.architecture
    family, size = (row.family, row.size) if on else (name, name)
    return _Named(name, architecture, family, size, row.scale, row)


@cache
def _trained_at() -> Mapping[str, int]:
    """Test resolution nearest to training: timm's tests beyond it come on top of that."""
    lowest: dict[str, int] = {}
    for row in checkpoints():
        lowest[row.model] = min(row.resolution, lowest.get(row.model, row.resolution))
    return lowest


def _family(row: Checkpoint) -> str:
    return row.family if _design(row) in DESIGNS or row.family not in RECIPES else _design(row)


def _on_ladder(row: Checkpoint) -> bool:
    tag = row.model.partition(".")[2]
    return _design(row) in DESIGNS and tag in RECIPES.get(row.family, ())


def _design(row: Checkpoint) -> str:
    """The network's name with ``*`` for its size."""
    return row.architecture.replace(row.size, "*", 1)
