"""What a user requests of a run, and what that selects."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import registry
from bench.checkpoints.catalog import with_preprocessing
from bench.images.prepared.quota import size_limit
from bench.network.device import describe
from bench.registry import conditions
from bench.run import sets
from bench.run.selection import Selection
from bench.spec import AmpDtype, Interpolation, Model, Options, Suite, replace
from bench.spec.errors import UsageError

_AUTO = 0


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    """Which models, and changes to their preprocessing."""

    selector: str | None = None
    pretrain: str | None = None
    img_size: int | None = None
    crop_pct: float | None = None
    interpolation: Interpolation | None = None
    train_size: bool = False


@dataclass(frozen=True, kw_only=True)
class DataChoice:
    """Which datasets, where they are and how many images of them."""

    selector: str | None = None
    folder: Path | None = None
    places: tuple[str, ...] = ()
    limit: int | None = None
    cache: bool = True


@dataclass(frozen=True, kw_only=True)
class DeviceChoice:
    """The device, and how to use it."""

    device: str = "auto"
    batch_size: str | None = None  #: a number, ``auto``, or None for the world's default
    amp: bool = False
    amp_dtype: AmpDtype | None = None
    channels_last: bool = False
    compiled: bool = False
    workers: int = 2


@dataclass(frozen=True, kw_only=True)
class SpeedChoice:
    """How speed is measured; None follows the suite."""

    conditions: str | None = None
    replicates: int | None = None


@dataclass(frozen=True, kw_only=True)
class Request:
    """Everything that can be requested of a run; ``output`` is the folder for its results."""

    suite: str
    output: Path
    models: ModelChoice = field(default_factory=ModelChoice)
    data: DataChoice = field(default_factory=DataChoice)
    device: DeviceChoice = field(default_factory=DeviceChoice)
    speed: SpeedChoice = field(default_factory=SpeedChoice)


def selected(request: Request) -> Selection:
    """What the request selects. Raises UsageError or DataError if that is not possible.

    A request without any job is a UsageError too.
    """
    suite, data = registry.suite(request.suite), request.data
    datasets = sets.chosen(data.selector, suite, data.folder, data.places)
    size_limit()  # reject an invalid size now, not mid-run
    world = sets.world_of(data.selector, datasets, suite)
    options = _run_options(request.device, data, world)
    found = Selection(
        suite=suite,
        models=_models(request.models, suite, world),
        datasets=datasets,
        options=options,
        output=request.output,
        conditions=_conditions(request.speed, suite, options),
    )
    found.jobs({})
    return found


def _models(asked: ModelChoice, suite: Suite, world: str | None) -> tuple[Model, ...]:
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


def _conditions(speed: SpeedChoice, suite: Suite, options: Options) -> tuple[Options, ...]:
    base = replace(options, replicates=speed.replicates or suite.replicates)
    words = speed.conditions or suite.conditions
    return conditions.parse(words, base) if words else (base,)


def _run_options(asked: DeviceChoice, data: DataChoice, world: str | None) -> Options:
    if asked.amp_dtype and not asked.amp:
        raise UsageError("--amp-dtype needs --amp; give both or neither")
    found = describe(asked.device)
    return Options(
        device=found["device"],
        device_name=found["name"],
        batch_size=_batch_size(asked.batch_size, world),
        amp=asked.amp,
        amp_dtype=asked.amp_dtype or Options.amp_dtype,
        channels_last=asked.channels_last,
        compile=asked.compiled,
        workers=asked.workers,
        limit=data.limit,
        cache=data.cache,
        folders=registry.user_folders(),
    )


def _batch_size(given: str | None, world: str | None) -> int:
    if given is None:
        return _AUTO if world == "imagenet" else Options.batch_size
    if given == "auto":
        return _AUTO
    if not given.isdecimal() or int(given) < 1:
        raise UsageError(f"--batch-size {given}: must be at least 1, or auto")
    return int(given)
