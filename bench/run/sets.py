"""Which datasets a command selects, and where those that are read are found."""

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
    """The datasets that ``--data`` selects; those that are read only if found, with their places.

    A world stands for the suite's datasets of that world; a name or role may also add a dataset
    that the suite does not have. Raises UsageError if nothing is selected or ``--from`` is
    malformed, `DataError` if a requested dataset is not found.
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
            raise _not_found(part, asked, folder)
        selected |= {dataset.name: dataset for dataset in there}
    if not selected and suite.datasets:
        raise UsageError(f"--data {selector!r} selects nothing; `bench list datasets` shows all")
    return tuple(selected.values())


def world_of(selector: str | None, datasets: Sequence[Dataset], suite: Suite) -> str | None:
    """The one world to select models from; None if there are several.

    A suite without datasets can be run in another world by giving that world's name.
    """
    named = {part.lower() for part in select.split(selector or "")}
    known = {dataset.world for dataset in registry.datasets()}
    worlds = {dataset.world for dataset in datasets} or named & known or {suite.world} - {""}
    return worlds.pop() if len(worlds) == 1 else None


def _named(part: str, suite: Suite) -> tuple[Dataset, ...]:
    """Datasets of a name, role or glob; a role means the suite's world, if that has it."""
    named = registry.datasets(part)
    home = tuple(dataset for dataset in named if dataset.world == suite.world)
    exact = part.lower() in {dataset.name for dataset in named}
    return home if home and not exact else named


def _read_sets(folder: Path | None, places: Sequence[str]) -> Mapping[str, Dataset]:
    """Datasets that are read and were found in the user's places, by name.

    A folder that only ``BENCH_DATA`` names may be absent, such as a disk that is not mounted.
    """
    if folder and str(folder) == os.environ.get("BENCH_DATA") and not folder.is_dir():
        folder = None
    if folder is None and not places:
        return {}
    from bench.images.listed.places import parse, placed

    found = placed(registry.datasets(), folder, parse(places))
    return {dataset.name: dataset for dataset in found}


def _not_found(part: str, asked: Sequence[Dataset], folder: Path | None) -> DataError | UsageError:
    if folder is None:
        return UsageError(
            f"--data {part}: location unknown; give --data-dir FOLDER or --from "
            f"{asked[0].name}=PLACE"
        )
    if not folder.is_dir():
        return UsageError(f"--data {part}: BENCH_DATA names {str(folder)!r}, which is no folder")
    names = ", ".join(dataset.name for dataset in asked)
    return DataError(
        f"--data {part}: no {names} under {folder}; `bench data check --help` lists the folder "
        "names it looks for, --from NAME=PLACE gives any other place"
    )
