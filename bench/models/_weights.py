"""Weight files: found, pinned and checked before use; no torch, so that checking is quick.

A zoo model's file ships with the package. A published model's, ``hf-hub:<owner>/<repository>``, is
looked for in ``$BENCH_WEIGHTS``, then in the cache of the Hugging Face client, then on the hub.
In ``$BENCH_WEIGHTS`` it may lie as any of these, the first counts, safetensors before pickles::

    <name>.safetensors   <name>/model.safetensors   <owner>/<repository>/model.safetensors
    <name>.pth   <name>.bin   <name>/pytorch_model.bin   <owner>/<repository>/pytorch_model.bin
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from bench.errors import DataError, UsageError
from bench.models import _hub, _pins
from bench.models._zoo import zoo_file
from bench.spec import Model, replace

HUB = "hf-hub:"


def published(model: Model) -> bool:
    """Whether the model's weights come from the hub, so that `resolve` has something to do."""
    return model.weights.startswith(HUB)


def repository(model: Model) -> str:
    """Owner and name on the hub of a published model: ``timm/resnet18.a1_in1k``."""
    return model.weights.removeprefix(HUB)


def resolve(model: Model, *, offline: bool = False, update: bool = False) -> Model:
    """The model with digest and commit of the weight file that it will be measured with.

    That file is then on this disk and whole. It is fetched where it is not, unless ``offline``, at
    the commit of the first use, which is remembered; ``update`` moves on to the newest one. A file
    in ``$BENCH_WEIGHTS`` has no commit. Raises `DataError` for weights that cannot be had, are
    damaged or not those that the declaration states.
    """
    if not published(model):
        verified(model)
        return model
    path, commit = _own(model), None
    if path is None:
        path = _from_hub(model, offline=offline or _hub.forbidden(), update=update)
        commit = path.parent.name
    digest = _digest(path)
    if model.weights_sha256 not in ("", digest):
        raise _other(model, path, digest)
    if commit and model.revision is None:
        _pins.pin(repository(model), commit)
    return replace(model, weights_sha256=digest, revision=commit)


def resolve_all(models: Iterable[Model], *, offline: bool = False) -> tuple[Model, ...]:
    """Each model as `resolve` gives it; what an offline run lacks is said of all models at once."""
    wanted = tuple(models)
    lacking = missing(wanted) if offline or _hub.forbidden() else ()
    if lacking:
        names = ",".join(model.name for model in lacking)
        raise DataError(
            f"offline, and the weights of {len(lacking)} of {len(wanted)} models are not on this "
            f"machine: run `bench prefetch --models {names}` where there is a network, or name a "
            "folder that has them with --weights-dir"
        )
    return tuple(resolve(model, offline=offline) for model in wanted)


def missing(models: Iterable[Model]) -> tuple[Model, ...]:
    """Those whose published weights are not on this disk; asks no network."""
    return tuple(model for model in models if published(model) and _here(model) is None)


def verified(model: Model) -> Path:
    """The model's weight file, hashed now: it is the one that the model was resolved to.

    Raises `DataError` when it is missing, unreadable or of another digest, `UsageError` when
    ``BENCH_ZOO`` or ``BENCH_WEIGHTS`` names no folder: other weights are not what was asked for.
    """
    if not published(model):
        _folder("BENCH_ZOO")
        path: Path | None = zoo_file(model.weights)
    elif not model.weights_sha256:
        raise DataError(f"which weights {model.name} has is not settled: resolve() the model first")
    else:
        path = _here(model)
    if path is None or not path.is_file():
        raise _absent(model, path)
    try:
        digest = _pins.sha256(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    if digest != model.weights_sha256:
        raise _other(model, path, digest)
    return path


def read(model: Model) -> bytes:
    """The bytes of the file that `verified` finds; raises as it does."""
    return verified(model).read_bytes()


def _from_hub(model: Model, *, offline: bool, update: bool) -> Path:
    """The file in the client's cache, whole, fetched if need be."""
    name = repository(model)
    wanted = model.revision or (None if update else _pins.pinned(name))
    path = None if update and not model.revision else _hub.kept(name, wanted)
    if path is not None and not _hub.damaged(path):
        return path
    if not offline:
        return _hub.fetched(_hub.announced(name, wanted))
    if path is None:
        raise _absent(model, path)
    raise DataError(
        f"{path} is damaged: its sha256 is not the one that the hub announced; "
        f"`bench prefetch --models {model.name}` fetches it anew"
    )


def _here(model: Model) -> Path | None:
    name = repository(model)
    return _own(model) or _hub.kept(name, model.revision or _pins.pinned(name))


def _own(model: Model) -> Path | None:
    """The file in ``$BENCH_WEIGHTS``."""
    folder = _folder("BENCH_WEIGHTS")
    if folder is None:
        return None
    inside = (model.name, repository(model))
    safe, pickled = _hub.WEIGHT_FILES
    names = [f"{model.name}.safetensors", *(f"{name}/{safe}" for name in inside)]
    names += [f"{model.name}.pth", f"{model.name}.bin", *(f"{name}/{pickled}" for name in inside)]
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _folder(variable: str) -> Path | None:
    given = os.environ.get(variable)
    if given and not Path(given).is_dir():
        raise UsageError(f"{variable} names {given!r}, which is no folder")
    return Path(given) if given else None


def _digest(path: Path) -> str:
    try:
        return _pins.digest(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def _absent(model: Model, path: Path | None) -> DataError:
    if published(model):
        return DataError(
            f"the weights of {model.name} are not on this machine: "
            f"`bench prefetch --models {model.name}` fetches them; {_hub.OWN_FILE}"
        )
    return DataError(
        f"no weights for {model.name} at {path}: train them with `bench train {model.name}` "
        "or point BENCH_ZOO at a folder that has them"
    )


def _other(model: Model, path: Path, digest: str) -> DataError:
    stated = model.weights_sha256[:12]
    if published(model):
        why = f"{path} is not the file that {model.name} was resolved to or declared with"
        return DataError(f"{why}: sha256 {digest[:12]}, expected {stated}; restore it or run again")
    why = f"{path.name} is damaged or not the file its card describes: sha256 {digest[:12]}"
    return DataError(f"{why}, expected {stated or 'a card'}; restore it or reinstall")
