"""``bench train``: train the zoo's models, as its checkpoints were trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.lib import options, progress
from bench.spec import Model
from bench.spec.errors import UsageError

if TYPE_CHECKING:
    from bench.training.recipe import Recipe


def train(
    models: Annotated[str, typer.Argument(help="Models of the zoo: a name, family, glob, @file.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for weights and cards.")
    ] = Path("zoo"),
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    device: options.Device = "auto",
    resume: Annotated[
        bool,
        typer.Option(
            "--resume/--no-resume", help="Keep finished models and resume interrupted ones."
        ),
    ] = True,
    images: Annotated[
        int | None,
        typer.Option(min=1, help="Limit each stage to this many images, for a first look."),
    ] = None,
    workers: options.Workers = 2,
) -> None:
    """Train models by the zoo's recipe.

    Writes each model's weights, and a card that documents how they were trained.
    """
    from bench import registry

    chosen = [model for model in registry.models(models) if model.source != "timm"]
    if not chosen:
        raise UsageError(f"{models!r} selects published models; only the zoo's can be trained")
    there = [model for model in chosen if resume and _finished(output, model.name, model.weights)]
    for model in there:
        print(f"{model.name}: already trained; --no-resume trains it again")
    todo = [model for model in chosen if model not in there]
    if not todo:
        return
    from bench.network.device import describe
    from bench.training.train import train as run

    found = describe(device)

    datasets = dict(registry.load().datasets)
    for number, model in enumerate(todo, 1):
        print(f"{model.name} ({number} of {len(todo)}) on {found['name']}, seed {seed}")
        with progress.counting(model.name) as count:
            card = run(
                model,
                datasets,
                output,
                recipe=_recipe(model, images),
                seed=seed,
                device=found["device"],
                resume=resume,
                workers=workers,
                progress=lambda seen, total, loss, count=count: count(seen, total),  # type: ignore[misc]
            )
        print(f"{model.name}: {_scored(card)}, card {card}")
    print(f"Next: BENCH_ZOO={output} bench run scaling")


def _recipe(model: Model, images: int | None) -> Recipe:
    """The zoo's recipe for the model's scale, shortened to ``images`` if given."""
    from bench.training.recipe import RECIPES

    whole = RECIPES[model.scale]
    if images is None:
        return whole
    return replace(
        whole,
        stages=tuple(replace(s, images_seen=min(images, s.images_seen)) for s in whole.stages),
    )


def _finished(output: Path, name: str, weights: str) -> bool:
    return (output / f"{name}.json").is_file() and (output / weights).is_file()


def _scored(card: Path) -> str:
    """The accuracy in the card, as text."""
    import json

    found = json.loads(card.read_text(encoding="utf-8"))["accuracy"]
    return f"{found['correct']} of {found['images']} correct on {found['dataset']}"
