"""Weight files: found, pinned and checked before use; no torch, so that checking is quick.

A zoo model's file ships with the package. A published model's, ``hf-hub:<owner>/<repository>``, is
looked for in the user's folder of weights, then in the cache of the Hugging Face client, then on
the hub. That folder is the argument ``folder`` of what stands here, else ``$BENCH_WEIGHTS``. In it
the file may lie as any of these, the first counts, safetensors before pickles::

    <name>.safetensors   <name>/model.safetensors   <owner>/<repository>/model.safetensors
    <name>.pth   <name>.bin   <name>/pytorch_model.bin   <owner>/<repository>/pytorch_model.bin
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from bench.checkpoints import hub, pins
from bench.checkpoints.zoo import own_zoo, zoo_file
from bench.spec import Model, replace
from bench.spec.errors import DataError, UsageError

HUB = "hf-hub:"
#: How files begin that stand where the weights should, what they are and what to do.
_STAND_INS = {
    b"version https://git-lfs.github.com/spec/": (
        "a git-lfs pointer",
        "run `git lfs pull` in its repository",
    ),
    b"/annex/objects/": ("a git-annex pointer", "run `git annex get` in its repository"),
    b"<!doctype html": ("a web page", "download the file itself"),
    b"<html": ("a web page", "download the file itself"),
}


def published(model: Model) -> bool:
    """Whether the model's weights are others', so that `resolve` has something to do."""
    return model.source == "timm" or model.weights.startswith(HUB)


def repository(model: Model) -> str | None:
    """Owner and name on the hub, ``timm/resnet18.a1_in1k``; None if it is published elsewhere."""
    return model.weights.removeprefix(HUB) if model.weights.startswith(HUB) else None


def resolve(
    model: Model, *, offline: bool = False, update: bool = False, folder: Path | None = None
) -> Model:
    """The model with path, digest and commit of the weight file that it will be measured with.

    That file is then on this disk and whole. It is fetched where it is not, unless ``offline``, at
    the commit of the first use, which is remembered; ``update`` moves on to the newest one. A file
    in the user's ``folder`` has no commit. Raises `DataError` for weights that are unavailable, are
    damaged or not those that the declaration states.
    """
    if not published(model):
        return replace(model, weights_path=str(verified(model).absolute()))
    path, commit = _own(model, folder), None
    if path is None:
        path = _from_hub(model, offline=offline or hub.is_offline(), update=update)
        commit = path.parent.name
    _refuse_stand_in(model, path)
    digest = _digest(path)
    if model.weights_sha256 not in ("", digest):
        raise _other(model, path, digest)
    if commit and model.revision is None:
        pins.pin(str(repository(model)), commit)
    return replace(model, weights_sha256=digest, revision=commit, weights_path=str(path.absolute()))


def resolve_all(
    models: Iterable[Model],
    *,
    offline: bool = False,
    folder: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[Model, ...]:
    """Each model as `resolve` gives it; what an offline run lacks is one error for all models.

    ``progress`` is called with (models done, models).
    """
    wanted = tuple(models)
    lacking = missing(wanted, folder) if offline or hub.is_offline() else ()
    if lacking:
        names = ",".join(model.name for model in lacking)
        raise DataError(
            f"offline, and the weights of {len(lacking)} of {len(wanted)} models are not on this "
            f"machine: run `bench prefetch --models {names}` where there is a network, or name a "
            "folder that has them with --weights-dir"
        )
    resolved: list[Model] = []
    for model in wanted:
        resolved.append(resolve(model, offline=offline, folder=folder))
        progress(len(resolved), len(wanted))
    return tuple(resolved)


def missing(models: Iterable[Model], folder: Path | None = None) -> tuple[Model, ...]:
    """Those whose published weights are not on this disk; asks no network."""
    return tuple(
        model for model in models if published(model) and local_file(model, folder) is None
    )


def verified(model: Model) -> Path:
    """The model's weight file, hashed now: it is the one that the model was resolved to.

    It is looked for where the model says, then in the usual places. Raises `DataError` when it is
    missing, unreadable or of another digest, `UsageError` when ``BENCH_ZOO`` or ``BENCH_WEIGHTS``
    names no folder: other weights are not what was asked for.
    """
    if not published(model):
        _existing(own_zoo(), "BENCH_ZOO")
    elif not model.weights_sha256:
        raise DataError(f"which weights {model.name} has is not settled: resolve() the model first")
    told = Path(model.weights_path) if model.weights_path else None
    path = told if told is not None and told.is_file() else local_file(model)
    if path is None:
        raise absent(model)
    _refuse_stand_in(model, path)
    try:
        digest = pins.sha256(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    if digest != model.weights_sha256:
        raise _other(model, path, digest)
    return path


def local_file(model: Model, folder: Path | None = None) -> Path | None:
    """Where the model's weight file lies on this disk, unchecked; None if it is not here."""
    if published(model):
        own, name = _own(model, folder), repository(model)
        if own is not None or name is None:
            return own
        return hub.cached(name, model.revision or pins.pinned(name))
    file = zoo_file(model.weights)
    return file if file.is_file() else None


def _from_hub(model: Model, *, offline: bool, update: bool) -> Path:
    """The file in the client's cache, whole, fetched if need be."""
    name = repository(model)
    if name is None:
        raise absent(model)
    wanted = model.revision or (None if update else pins.pinned(name))
    path = None if update and not model.revision else hub.cached(name, wanted)
    if path is not None and not hub.damaged(path):
        return path
    if not offline:
        return hub.fetched(hub.announced(name, wanted))
    if path is None:
        raise absent(model)
    raise DataError(
        f"{path} is damaged: its sha256 is not the one that the hub announced; "
        f"`bench prefetch --models {model.name}` fetches it anew"
    )


def _own(model: Model, folder: Path | None) -> Path | None:
    """The file in the user's folder of weights: the one given, else ``$BENCH_WEIGHTS``."""
    if folder is None and (given := os.environ.get("BENCH_WEIGHTS")):
        folder = Path(given)
    folder = _existing(folder, "--weights-dir or BENCH_WEIGHTS")
    if folder is None:
        return None
    inside = [name for name in (model.name, repository(model)) if name]
    safe, pickled = hub.WEIGHT_FILES
    names = [f"{model.name}.safetensors", *(f"{name}/{safe}" for name in inside)]
    names += [f"{model.name}.pth", f"{model.name}.bin", *(f"{name}/{pickled}" for name in inside)]
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _existing(folder: Path | None, setting: str) -> Path | None:
    """A folder that a setting names; UsageError where there is none."""
    if folder is not None and not folder.is_dir():
        raise UsageError(f"{setting} names {str(folder)!r}, which is no folder")
    return folder


def _refuse_stand_in(model: Model, path: Path) -> None:
    """DataError for a file that tells where the weights are, or a page from there, by its start."""
    try:
        with path.open("rb") as file:
            start = file.read(64).lstrip().lower()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    for begin, (what, todo) in _STAND_INS.items():
        if start.startswith(begin):
            raise DataError(
                f"{path} is {what} instead of the weights of {model.name}: {todo}, or put the "
                "weights there"
            )


def _digest(path: Path) -> str:
    try:
        return pins.digest(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def absent(model: Model) -> DataError:
    """The error of weights that are not on this machine, with how to get them."""
    if published(model) and not repository(model):
        where = f", but at {model.weights}" if model.weights else ""
        return DataError(
            f"the weights of {model.name} are not on the hub{where}: put them into a folder as "
            f"{model.name}.safetensors or .pth and name it with --weights-dir"
        )
    if published(model):
        return DataError(
            f"the weights of {model.name} are not on this machine: "
            f"`bench prefetch --models {model.name}` fetches them; {hub.OWN_FILE}"
        )
    return DataError(
        f"no weights for {model.name} at {zoo_file(model.weights)}: train them with "
        f"`bench train {model.name}` or point BENCH_ZOO at a folder that has them"
    )


def _other(model: Model, path: Path, digest: str) -> DataError:
    stated = model.weights_sha256[:12]
    if published(model):
        why = f"{path} is not the file that {model.name} was resolved to or declared with"
        return DataError(f"{why}: sha256 {digest[:12]}, expected {stated}; restore it or run again")
    why = f"{path.name} is damaged or not the file its card describes: sha256 {digest[:12]}"
    return DataError(f"{why}, expected {stated or 'a card'}; restore it or reinstall")
