"""What of the weights of many models is on this disk, and what fetching the rest takes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.checkpoints import hub, pins, weights
from bench.spec import Model
from bench.spec.errors import DataError

_ASKED_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class WeightFile:
    """One weight file: here, or on the hub, or neither and why."""

    model: Model
    here: bool
    size: int  #: bytes; 0 where the hub does not say
    error: str | None = None


def survey(
    models: Iterable[Model], *, update: bool = False, folder: Path | None = None
) -> tuple[WeightFile, ...]:
    """Each distinct weight file of the models, in their order; the hub is asked of what is missing.

    With ``update`` it is asked for the newest commit of everything, unless the file is one of
    the user's ``folder`` or its commit is declared.
    """
    distinct = {model.weights: model for model in models}
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        return tuple(pool.map(lambda model: _weight_file(model, update, folder), distinct.values()))


def check_space(files: Iterable[WeightFile]) -> None:
    """Raise `DataError` where the client's cache has too little room for what is to be fetched."""
    needed = sum(file.size for file in files if not file.here)
    folder = hub.cache()
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise DataError(
            f"{needed / 1e6:.0f} MB are to be fetched and {folder} has room for {free / 1e6:.0f}: "
            "choose fewer with --models, or set HF_HOME to another disk"
        )


def _weight_file(model: Model, update: bool, folder: Path | None) -> WeightFile:
    try:
        path = weights.local_file(model, folder)
        if path is not None and not (update and _movable(model, path)):
            return WeightFile(model=model, here=True, size=path.stat().st_size)
        name = weights.repository(model)
        if name is None:
            raise weights.absent(model)
        wanted = model.revision or (None if update else pins.pinned(name))
        file = hub.announced(name, wanted)
        here = hub.cached(name, file.commit) is not None
        return WeightFile(model=model, here=here, size=file.size or 0)
    except (DataError, OSError) as error:
        return WeightFile(model=model, here=False, size=0, error=str(error))


def _movable(model: Model, path: Path) -> bool:
    return model.revision is None and hub.cache() in path.parents
