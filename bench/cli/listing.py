"""``bench list``: what can be named on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from bench.cli import _print
from bench.spec import Dataset, Model, Suite, to_json


class What(StrEnum):
    """Kinds of declarations."""

    MODELS = "models"
    DATASETS = "datasets"
    SUITES = "suites"


def show(
    what: Annotated[
        What | None, typer.Argument(help="Only these; all if not given.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Whole declarations as JSON.")] = False,
) -> None:
    """List models, datasets and suites."""
    from bench import registry

    sections = [what] if what else list(What)
    found: dict[What, Sequence[Model] | Sequence[Dataset] | Sequence[Suite]] = {
        What.MODELS: registry.models(),
        What.DATASETS: registry.datasets(),
        What.SUITES: registry.suites(),
    }
    if as_json:
        import json

        data = {str(name): [to_json(record) for record in found[name]] for name in sections}
        print(json.dumps(data[str(what)] if what else data, indent=2))
        return
    texts = {
        What.MODELS: models_text(registry.models()),
        What.DATASETS: datasets_text(registry.datasets()),
        What.SUITES: suites_text(registry.suites()),
    }
    print("\n\n".join(texts[name] for name in sections))


def models_text(models: Sequence[Model]) -> str:
    """One line a model."""
    header = ("model", "family", "kind", "size", "pretrain", "trained on", "pixels", "classes")
    return _print.columns(
        header,
        (
            (
                m.name,
                m.family,
                m.kind,
                m.size,
                m.scale,
                m.trained_on,
                m.resolution,
                m.classes,
            )
            for m in models
        ),
    )


def datasets_text(datasets: Sequence[Dataset]) -> str:
    """One line a dataset."""
    header = ("dataset", "role", "images", "classes", "pixels", "compared with", "about")
    return _print.columns(
        header,
        ((d.name, d.role, d.images, d.classes, d.resolution, d.twin, d.about) for d in datasets),
    )


def suites_text(suites: Sequence[Suite]) -> str:
    """One line a suite."""
    return _print.columns(
        ("suite", "measures", "models", "title"),
        ((s.name, ",".join(s.measures), ",".join(s.models), s.title) for s in suites),
    )
