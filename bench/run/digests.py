"""The images of a run's datasets, by digest; what is odd about them is said before any work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import version

from bench.images.drawn.store import digest_of
from bench.images.imagenet.check import mixed_up
from bench.images.listed.sources import listing
from bench.spec import Dataset, Role, replace

_DRAWN_WITH = ("numpy", "pillow", "matplotlib")


def drawn(
    datasets: Sequence[Dataset],
    workers: int,
    counting: Callable[[str], AbstractContextManager[Callable[[int, int], None]]],
    warn: Callable[[str], None],
) -> dict[str, str]:
    """Of sets that are drawn, by name; what is missing is drawn. Warns of other pixels."""
    digests = {}
    datasets = [dataset for dataset in datasets if dataset.draw]
    for dataset in datasets:
        with counting(f"drawing {dataset.name}") as count:
            digests[dataset.name] = digest_of(dataset, workers=workers, progress=count)
    differing = [d.name for d in datasets if d.digest not in (None, digests[d.name])]
    if differing:
        warn(
            f"{', '.join(differing)}: other pixels than published, drawn with "
            f"{', '.join(f'{name} {version(name)}' for name in _DRAWN_WITH)}; results count as "
            "those of other data"
        )
    return digests


def listed(
    datasets: Sequence[Dataset], warn: Callable[[str], None]
) -> tuple[list[Dataset], dict[str, str]]:
    """Sets that are read, with the number of images there really is, and digests by name.

    Warns of a set that is not whole, or whose folders' names are mixed up.
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
                f"{dataset.name} has {len(there):,} images, published are {dataset.images:,}; "
                f"`bench data check {dataset.name} --from {dataset.name}=PLACE` says which"
            )
        if dataset.role is Role.VAL:
            for finding in mixed_up(there):
                warn(f"{dataset.name}: {finding.what}; {finding.todo}")
    return found, digests
