"""From the options of ``bench run`` to what is wanted."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import registry
from bench.checkpoints.catalog import with_preprocessing
from bench.cli.lib import choices, console
from bench.cli.lib import datasets as sets
from bench.images.prepared.quota import cap_of
from bench.registry import conditions
from bench.run.wanted import Wanted
from bench.spec import Model, Options, Suite, replace
from bench.spec.errors import UsageError
from bench.spec.kinds import AmpDtype, Interpolation

_AUTO = 0
_NAMED = 3


@dataclass(frozen=True)
class Models:
    """Which models, and what of their preprocessing is changed."""

    selector: str | None
    pretrain: str | None
    img_size: int | None
    crop_pct: float | None
    interpolation: Interpolation | None
    train_size: bool


@dataclass(frozen=True)
class Data:
    """Which datasets, where they lie and how much of them."""

    selector: str | None
    folder: Path | None
    places: tuple[str, ...]
    limit: int | None
    cache: bool


@dataclass(frozen=True)
class Running:
    """On what, and how."""

    device: str
    batch_size: str | None
    amp: bool
    amp_dtype: AmpDtype | None
    channels_last: bool
    compiled: bool
    workers: int


@dataclass(frozen=True)
class Timing:
    """How speed is measured."""

    conditions: str | None
    replicates: int | None


def wanted(
    suite: str, models: Models, data: Data, running: Running, timing: Timing, output: Path
) -> Wanted:
    """All that the run is about; UsageError or DataError where it cannot be.

    Nothing to do is a mistake too, and known here.
    """
    declared = registry.suite(suite)
    datasets = sets.chosen(data.selector, declared, data.folder, data.places)
    cap_of(os.environ.get("BENCH_CACHE_SIZE", ""))  # no size is a mistake, known here too
    world = sets.world_of(data.selector, datasets, declared)
    options = _options(running, data, world)
    made = Wanted(
        suite=declared,
        models=_models(models, declared, world),
        datasets=datasets,
        options=options,
        output=output,
        conditions=_conditions(timing, declared, options),
    )
    made.jobs({})
    return made


def first_lines(wanted: Wanted) -> str:
    """What the numbers will be of, so that nobody takes one world's for another's; then on what."""
    options = wanted.options
    worlds = sorted({model.world for model in wanted.models})
    sources = ", ".join(sorted({model.source for model in wanted.models}))
    limit = f", {options.limit} images of each" if options.limit else ""
    drawn = all(dataset.draw for dataset in wanted.datasets) and wanted.datasets
    lines = [
        f"{wanted.suite.name} on {', '.join(worlds)}"
        + (" (images drawn on this machine)" if drawn else "")
        + f", models from {sources}"
        + (
            ". This is not ImageNet: for that, add --data imagenet --data-dir FOLDER."
            if drawn
            else ""
        )
    ]
    datasets = console.counted(len(wanted.datasets), "dataset")
    lines.append(
        f"{console.counted(len(wanted.models), 'model')}, {datasets}{limit}; "
        f"{options.device} ({options.device_name}), {options.precision}"
    )
    read = [f"{d.name} from {d.place}" for d in wanted.datasets if not d.draw]
    mute = [model for model in wanted.models if wanted.datasets and not model.answers]
    if mute:
        lines.append(
            f"no accuracy of {console.counted(len(mute), 'model')} without weights or without "
            f"ImageNet's 1,000 classes: {', '.join(model.name for model in mute[:_NAMED])}"
            + (" and others" if len(mute) > _NAMED else "")
        )
    return "\n".join([*lines, *read])


def _models(asked: Models, suite: Suite, world: str | None) -> tuple[Model, ...]:
    chosen = registry.models(
        suite.models if asked.selector is None else asked.selector, asked.pretrain, world=world
    )
    changes: dict[str, Any] = {
        "img_size": asked.img_size,
        "crop_pct": asked.crop_pct,
        "interpolation": asked.interpolation,
        "train_size": asked.train_size or None,
    }
    if given := {name: value for name, value in changes.items() if value is not None}:
        return tuple(with_preprocessing(model, **given) for model in chosen)
    if not suite.train_size:
        return chosen
    return tuple(  # the zoo's models have one size only
        with_preprocessing(model, train_size=True) if model.source == "timm" else model
        for model in chosen
    )


def _conditions(timing: Timing, suite: Suite, options: Options) -> tuple[Options, ...]:
    base = replace(options, replicates=timing.replicates or suite.replicates)
    words = timing.conditions or suite.conditions
    return conditions.parse(words, base) if words else (base,)


def _options(running: Running, data: Data, world: str | None) -> Options:
    if running.amp_dtype and not running.amp:
        raise UsageError("--amp-dtype says nothing without --amp; give both or neither")
    found = choices.described(running.device)
    return Options(
        device=found["device"],
        device_name=found["name"],
        batch_size=_batch_size(running.batch_size, world),
        amp=running.amp,
        amp_dtype=running.amp_dtype or Options.amp_dtype,
        channels_last=running.channels_last,
        compile=running.compiled,
        workers=running.workers,
        limit=data.limit,
        cache=data.cache,
    )


def _batch_size(given: str | None, world: str | None) -> int:
    if given is None:
        return _AUTO if world == "imagenet" else Options.batch_size
    if given == "auto":
        return _AUTO
    if not given.isdecimal() or int(given) < 1:
        raise UsageError(f"--batch-size {given!r}: give a number of images from 1 up, or auto")
    return int(given)
