"""Where a user's sets lie: told set by set, or found below one folder by their usual names."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bench.images.imagenet.synsets import is_synset
from bench.images.listed import folders, hub, sources
from bench.spec import Dataset, Role, replace
from bench.spec.errors import UnknownNameError, UsageError

#: What folders and tars of each set are called, in small letters, ``_`` as ``-``, without number.
USUAL: Mapping[str, tuple[str, ...]] = {
    "imagenet-val": (
        *("imagenet-val", "imagenet-validation", "val", "validation", "ilsvrc2012-img-val"),
        *("ilsvrc2012-val", "imagenet1k-validation", "imagenet1k-val", "imagenet-1k-val"),
    ),
    "imagenet-v2": (
        *("imagenet-v2", "imagenetv2", "imagenetv2-matched-frequency"),
        *("imagenetv2-matched-frequency-format-val", "imagenet-v2-matched-frequency"),
    ),
    "imagenet-a": ("imagenet-a",),
    "imagenet-r": ("imagenet-r", "imagenet-rendition"),
    "imagenet-sketch": ("imagenet-sketch", "sketch"),
    "imagenet-c": ("imagenet-c",),
}
_DEEPEST = 4  # folders below the root: ILSVRC/Data/CLS-LOC/val


def parse(given: Iterable[str]) -> dict[str, str]:
    """Places by name, of ``NAME=PLACE``. Raises UsageError for anything else, or a name twice.

    >>> parse(["imagenet-a=/data/a.tar"])
    {'imagenet-a': '/data/a.tar'}
    """
    places: dict[str, str] = {}
    for text in given:
        name, equals, place = text.partition("=")
        if not (name and equals and place):
            raise UsageError(f"--from {text!r} is no NAME=PLACE, such as imagenet-val=/data/val")
        if name in places:
            raise UsageError(f"--from names {name} twice; give one place")
        places[name] = place
    return places


def placed(
    datasets: Iterable[Dataset], root: Path | None, given: Mapping[str, str]
) -> tuple[Dataset, ...]:
    """Those of ``datasets`` that have a place: one ``given`` by name, else found below ``root``.

    ReaL labels lie where val does. Raises UsageError for a place that is not there or a set found
    in two places, UnknownNameError for a name given that is no set that is read.
    """
    wanted = [dataset for dataset in datasets if not dataset.draw]
    for name in given:
        if name not in {dataset.name for dataset in wanted}:
            raise UnknownNameError("dataset", name, [dataset.name for dataset in wanted])
    told = {name: _checked(place) for name, place in given.items()}
    for dataset in wanted:
        if dataset.role is Role.REAL and dataset.twin in told:
            told.setdefault(dataset.name, told[dataset.twin])
    found = place_under(root, [d for d in wanted if d.name not in told]) if root else {}
    return tuple(
        replace(dataset, place=place)
        for dataset in wanted
        if (place := told.get(dataset.name) or found.get(dataset.name))
    )


def place_under(root: Path, datasets: Iterable[Dataset]) -> dict[str, str]:
    """Places of the sets that lie below ``root``, or are ``root``, by name.

    Sets are known by their `USUAL` names; the nearest to ``root`` counts, folders of images before
    tables before tars. A ``val`` within another set is that set's. ``root`` itself may hold val's
    class folders. A folder of images without class folders is a place only where there is no other,
    so that listing it says what to do. Raises UsageError if there is no such folder, or two places
    of one kind at one depth.
    """
    root = root.expanduser().absolute()
    if not root.is_dir():
        raise UsageError(f"--data-dir {str(root)!r} is no folder")
    levels = list(_levels(root))
    found: dict[str, str] = {}
    for dataset in datasets:
        own = (dataset.twin if dataset.role is Role.REAL else None) or dataset.name
        names = USUAL.get(own, (own,))
        own_levels = [_outside_others(own, root, level) for level in levels]
        candidates = next(filter(None, (_candidates(dataset, names, at) for at in own_levels)), [])
        if not candidates:
            candidates = [str(p) for at in own_levels for p in at if _is_flat(p, names)][:1]
        if len(candidates) > 1:
            raise UsageError(
                f"two places for {dataset.name}: {', '.join(candidates[:2])}; say which with "
                f"--from {own}=PLACE"
            )
        if candidates:
            found[dataset.name] = candidates[0]
        elif dataset.role in (Role.VAL, Role.REAL) and _is_val(root):
            found[dataset.name] = str(root)
    return found


def _checked(place: str) -> str:
    """A place as given, made absolute; UsageError if it cannot be one."""
    if place.startswith(hub.SCHEMES):
        hub.parse(place)
        return place
    path = Path(place).expanduser().absolute()
    if not path.exists() and not sources.expanded(str(path)):
        raise UsageError(
            f"{place!r} is not there; a place is a folder, tars (val-*.tar, val-{{00..63}}.tar) or "
            "hf:<owner>/<name>"
        )
    return str(path)


def _levels(root: Path) -> Iterator[list[Path]]:
    """Folders and tars below a folder, level by level, the folder itself first.

    What holds class folders is not entered, nor anything called train.
    """
    level = [root]
    for _ in range(_DEEPEST + 1):
        yield level
        entered = [path for path in level if path.suffix != ".tar" and path.name != "train"]
        level = [
            path
            for folder in entered
            if folder == root or not folders.holds(folder, is_synset)
            for path in _entries(folder)
        ]


def _entries(folder: Path) -> list[Path]:
    """Its folders and tars, sorted; hidden ones, and all of a folder that may not be read, not."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                Path(entry.path)
                for entry in entries
                if not entry.name.startswith(".")
                and (entry.name.endswith(".tar") or entry.is_dir())
            )
    except OSError:
        return []


def _outside_others(own: str, root: Path, level: Iterable[Path]) -> list[Path]:
    """Those that do not lie within the folder of another set that has folders of its own."""
    others = {name for key, names in USUAL.items() for name in names}
    others -= {*USUAL["imagenet-val"], *USUAL.get(own, ())}
    return [p for p in level if not others & set(map(_plain, p.relative_to(root).parts[:-1]))]


def _is_flat(path: Path, names: Sequence[str]) -> bool:
    """Whether it has a set's name and images side by side."""
    try:
        return _plain(path.name) in names and any(folders.is_image(p.name) for p in path.iterdir())
    except OSError:
        return False


def _candidates(dataset: Dataset, names: Sequence[str], level: Sequence[Path]) -> list[str]:
    """Places of a set on one level: folders of images, else of tables, else of tars, else tars."""
    named = [path for path in level if _plain(path.name) in names and path.is_dir()]
    for kind in (_holds_images, sources.holds_tables, sources.holds_tars):
        if found := [str(folder) for folder in named if kind(dataset, folder)]:
            return found
    tars = [path for path in level if path.suffix == ".tar" and _unnumbered(path) in names]
    return sorted(
        {
            str(tar)
            if tar.stem == (stem := re.sub(r"\d+$", "", tar.stem)) or not stem.endswith(("-", "_"))
            else f"{glob.escape(str(tar.parent / stem))}*.tar"
            for tar in tars
        }
    )


def _holds_images(dataset: Dataset, folder: Path) -> bool:
    """Whether it or a folder in it holds class folders, or a set's groups of such."""
    if dataset.options.get("groups"):
        return folders.holds_corruptions(dataset, folder)
    around = [folder, *(path for path in _entries(folder) if path.suffix != ".tar")]
    return any(
        folders.holds(path, is_synset) or folders.holds(path, str.isdecimal) for path in around
    )


def _is_val(root: Path) -> bool:
    """Whether a folder holds class folders and is by its name no other set, nor train."""
    others = {name for names in USUAL.values() for name in names} - set(USUAL["imagenet-val"])
    return _plain(root.name) not in {*others, "train"} and folders.holds(root, is_synset)


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _unnumbered(tar: Path) -> str:
    return re.sub(r"-\d+$", "", _plain(tar.stem))
