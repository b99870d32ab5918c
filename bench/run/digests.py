"""Digests of a run's datasets, with warnings about odd ones before the first job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import version

from bench.images.drawn.store import digest_of
from bench.images.imagenet.check import mixed_up
from bench.images.listed.sources import listing
from bench.spec import Dataset, Role, replace

#: Called with (done, total) while something goes on.
Count = Callable[[int, int], None]
#: What shows the progress of a named piece of work.
Counting = Callable[[str], AbstractContextManager[Count]]
_DRAWN_WITH = ("numpy", "pillow", "matplotlib")


def drawn(
    datasets: Sequence[Dataset],
    workers: int,
    counting: Counting,
    warn: Callable[[str], None],
) -> dict[str, str]:
    """Digests of the drawn datasets, by name; draws missing ones. Warns if pixels differ."""
    digests = {}
    datasets = [dataset for dataset in datasets if dataset.draw]
    for dataset in datasets:
        with counting(f"drawing {dataset.name}") as count:
            digests[dataset.name] = digest_of(dataset, workers=workers, progress=count)
    differing = [d.name for d in datasets if d.digest not in (None, digests[d.name])]
    if differing:
        warn(
            f"{', '.join(differing)}: pixels differ from the published ones, drawn with "
            f"{', '.join(f'{name} {version(name)}' for name in _DRAWN_WITH)}; results are stored "
            "as those of a different dataset"
        )
    return digests


def listed(
    datasets: Sequence[Dataset], warn: Callable[[str], None]
) -> tuple[list[Dataset], dict[str, str]]:
    """Datasets that are read, with the number of images found, and their digests by name.

    Warns if a dataset is incomplete or its folder names are mixed up.
    """
    found, digests = [], {}
    for dataset in datasets:
        if dataset.draw:
            continue
        there = listing(dataset)
        found.append(replace(dataset, images=len(there)))
        digests[dataset.name] = there.digest
        if len(there) != dataset.images:
            warn(
                f"{dataset.name} has {len(there):,} images instead of {dataset.images:,}; "
                f"`bench data check {dataset.name} --from {dataset.name}=PLACE` shows which"
            )
        if dataset.role is Role.VAL:
            for finding in mixed_up(there):
                warn(f"{dataset.name}: {finding.what}; {finding.todo}")
    return found, digests
