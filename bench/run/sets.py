"""Which datasets a command is about, and where those lie that are read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import registry
from bench.registry import select
from bench.spec import Dataset, Suite
from bench.spec.errors import DataError, UsageError


def chosen(
    selector: str | None, suite: Suite, folder: Path | None, places: Sequence[str]
) -> tuple[Dataset, ...]:
    """What ``--data`` selects; of sets that are read, those that were found, with their places.

    A world stands for the suite's datasets of that world; a name or role may also add one that the
    suite does not have. Raises UsageError where nothing is selected or a place is not said as it
    must be, `DataError` where a set that was asked for lies nowhere.
    """
    own = registry.datasets(suite.datasets) if suite.datasets else ()
    found = _read_sets(folder, places)
    if selector is None:
        home = [dataset for dataset in own if suite.world in ("", dataset.world)]
        return tuple(found.get(d.name, d) for d in home if d.draw or d.name in found)
    worlds = {dataset.world for dataset in registry.datasets()}
    selected: dict[str, Dataset] = {}
    for part in select.split(selector):
        world = part.lower()
        asked = [d for d in own if d.world == world] if world in worlds else _named(part, suite)
        there = [found.get(d.name, d) for d in asked if d.draw or d.name in found]
        if asked and not there:
            raise _nowhere(part, asked, folder)
        selected |= {dataset.name: dataset for dataset in there}
    if not selected and suite.datasets:
        raise UsageError(f"--data {selector!r} selects nothing; `bench list datasets` shows all")
    return tuple(selected.values())


def world_of(selector: str | None, datasets: Sequence[Dataset], suite: Suite) -> str | None:
    """The one world that models are to be of; None where several are meant.

    A suite without datasets may be run in another world than its own by that world's name.
    """
    named = {part.lower() for part in select.split(selector or "")}
    known = {dataset.world for dataset in registry.datasets()}
    worlds = {dataset.world for dataset in datasets} or named & known or {suite.world} - {""}
    return worlds.pop() if len(worlds) == 1 else None


def _named(part: str, suite: Suite) -> tuple[Dataset, ...]:
    """Datasets of a name, role or glob; a role is the suite's world's, if it has one."""
    named = registry.datasets(part)
    home = tuple(dataset for dataset in named if dataset.world == suite.world)
    exact = part.lower() in {dataset.name for dataset in named}
    return home if home and not exact else named


def _read_sets(folder: Path | None, places: Sequence[str]) -> Mapping[str, Dataset]:
    """Sets that are read and lie where the user said, by name.

    A folder that only ``BENCH_DATA`` names may be absent, as a disk that is not mounted today.
    """
    if folder and str(folder) == os.environ.get("BENCH_DATA") and not folder.is_dir():
        folder = None
    if folder is None and not places:
        return {}
    from bench.images.listed.places import parse, placed

    found = placed(registry.datasets(), folder, parse(places))
    return {dataset.name: dataset for dataset in found}


def _nowhere(part: str, asked: Sequence[Dataset], folder: Path | None) -> DataError | UsageError:
    if folder is None:
        return UsageError(
            f"--data {part}: say where the images lie, with --data-dir FOLDER or --from "
            f"{asked[0].name}=PLACE"
        )
    if not folder.is_dir():
        return UsageError(f"--data {part}: BENCH_DATA names {str(folder)!r}, which is no folder")
    names = ", ".join(dataset.name for dataset in asked)
    return DataError(
        f"--data {part}: no {names} under {folder}; `bench data check --help` lists the names that "
        "are looked for, --from NAME=PLACE says any other"
    )
