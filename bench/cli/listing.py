"""``bench list``: the models, datasets and suites that the command line accepts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from bench.cli.lib import console
from bench.spec import Dataset, Model, Suite, to_json
from bench.spec.errors import UsageError


class What(StrEnum):
    """Kinds of declarations."""

    MODELS = "models"
    DATASETS = "datasets"
    SUITES = "suites"


def show(
    what: Annotated[
        What | None, typer.Argument(help="What to list; all by default.", show_default=False)
    ] = None,
    selector: Annotated[
        str | None,
        typer.Argument(
            help="Only these models or datasets, as for --models and --data; "
            "'timm:eva02_*' searches everything that timm publishes.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print full declarations as JSON.")
    ] = False,
) -> None:
    """List models, datasets and suites."""
    from bench import registry

    if selector is not None and what is What.SUITES:
        raise UsageError(f"`bench list suites` takes no selector, but got {selector!r}")
    chosen = selector or "all"
    readers: dict[What, Callable[[], Sequence[Model] | Sequence[Dataset] | Sequence[Suite]]] = {
        What.MODELS: lambda: registry.models(chosen),
        What.DATASETS: lambda: registry.datasets(chosen),
        What.SUITES: registry.suites,
    }
    found = {name: readers[name]() for name in ([what] if what else What)}
    if as_json:
        import json

        data = {str(name): [to_json(record) for record in rows] for name, rows in found.items()}
        print(json.dumps(data[str(what)] if what else data, indent=2))
        return
    texts: dict[What, Callable[[Any], str]] = {
        What.MODELS: models_text,
        What.DATASETS: datasets_text,
        What.SUITES: suites_text,
    }
    print("\n\n".join(texts[name](rows) for name, rows in found.items()))


def models_text(models: Sequence[Model]) -> str:
    """One line per model; a model with 0 classes has no head, so it can only be timed."""
    header = ("model", "world", "family", "kind", "size")
    more = ("pretrain", "trained on", "pixels", "classes")
    return console.columns(
        (*header, *more),
        (
            (
                m.name,
                m.world,
                m.family,
                m.kind,
                m.size,
                m.scale,
                m.trained_on or None,
                m.resolution,
                m.classes,
            )
            for m in models
        ),
    )


def datasets_text(datasets: Sequence[Dataset]) -> str:
    """One line per dataset."""
    header = ("dataset", "role", "images", "classes", "pixels", "compared with", "about")
    return console.columns(
        header,
        ((d.name, d.role, d.images, d.classes, d.resolution, d.twin, d.about) for d in datasets),
    )


def suites_text(suites: Sequence[Suite]) -> str:
    """One line per suite."""
    return console.columns(
        ("suite", "title", "measures", "models"),
        ((s.name, s.title, ",".join(s.measures), ",".join(s.models)) for s in suites),
    )
