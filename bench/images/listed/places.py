"""Where a user's sets lie: told set by set, or found below one folder by their usual names."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bench.images.listed import folders, hub
from bench.images.listed.patterns import expanded
from bench.images.listed.sources import contents, holds_unreadable
from bench.images.listed.usual import holder, names_of, others_than, plain, unnumbered
from bench.spec import Dataset, Role, replace
from bench.spec.errors import UnknownNameError, UsageError

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

    Sets are known by their usual names; the nearest to ``root`` counts, folders of images before
    tables before tars. A ``val`` within another set is that set's. ``root`` itself may hold val's
    class folders. A folder of a usual name with images or archives that cannot be read is a place
    only where there is no other, so that listing it says what is wrong. Raises UsageError if there
    is no such folder, or two places of one kind at one depth.
    """
    root = root.expanduser().absolute()
    if not root.is_dir():
        raise UsageError(f"--data-dir or BENCH_DATA: {str(root)!r} is no folder")
    levels = list(_levels(root))
    found: dict[str, str] = {}
    for dataset in datasets:
        own = holder(dataset)
        own_levels = [_outside_others(own, root, level) for level in levels]
        candidates = next(filter(None, (_candidates(dataset, at) for at in own_levels)), [])
        if len(candidates) > 1:
            raise UsageError(
                f"two places for {dataset.name}: {', '.join(candidates[:2])}; say which with "
                f"--from {own}=PLACE"
            )
        if candidates:
            found[dataset.name] = candidates[0]
        elif own == "imagenet-val" and _is_val(root):
            found[dataset.name] = str(root)
        elif unread := next(
            (p for at in own_levels for p in _named(dataset, at) if holds_unreadable(p)), None
        ):
            found[dataset.name] = str(unread)
    return found


def _checked(place: str) -> str:
    """A place as given, made absolute; UsageError if it cannot be one."""
    if place.startswith(hub.SCHEMES):
        hub.parse(place)
        return place
    path = Path(place).expanduser().absolute()
    if not path.exists() and not expanded(str(path)):
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
        entered = [p for p in level if p.suffix != ".tar" and p.name != folders.TRAINING]
        level = [
            path
            for folder in entered
            if folder == root or not folders.holds_synsets(folder)
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
    others = others_than(own)
    return [p for p in level if not others & set(map(plain, p.relative_to(root).parts[:-1]))]


def _named(dataset: Dataset, level: Iterable[Path]) -> list[Path]:
    """The folders that go by a usual name of the set."""
    names = names_of(holder(dataset))
    return [path for path in level if plain(path.name) in names and path.is_dir()]


def _candidates(dataset: Dataset, level: Sequence[Path]) -> list[str]:
    """Places of a set on one level: folders of images, else of tables, else of tars, else tars."""
    there = [(path, contents(dataset, path)) for path in _named(dataset, level)]
    readable = [(path, inside.format) for path, inside in there if inside]
    if readable:
        best = min(form for _, form in readable)
        return [str(path) for path, form in readable if form == best]
    names = names_of(holder(dataset))
    tars = [path for path in level if path.suffix == ".tar" and unnumbered(path) in names]
    return sorted(
        {
            str(tar)
            if tar.stem == (stem := re.sub(r"\d+$", "", tar.stem)) or not stem.endswith(("-", "_"))
            else f"{glob.escape(str(tar.parent / stem))}*.tar"
            for tar in tars
        }
    )


def _is_val(root: Path) -> bool:
    """Whether a folder holds class folders and is by its name no other set, nor train."""
    others = {*others_than("imagenet-val"), folders.TRAINING}
    return plain(root.name) not in others and folders.holds_synsets(root)
