"""Whether a set is what it says: classes, counts, files that decode, folders that hold their class.

Nothing here needs a model. Folders whose names were mixed up look right by name and count; where
files carry val's numbers, the ReaL labels tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from bench.images.drawn.store import Progress
from bench.images.imagenet import classes as imagenet_classes
from bench.images.imagenet.synsets import real_labels, synsets, val_number
from bench.images.listed import sources
from bench.images.listed.folders import NOWHERE
from bench.images.listed.listing import Listing
from bench.images.prepared.decode import prepared
from bench.images.types import spread
from bench.spec import Dataset, Transform
from bench.spec.errors import DataError

SAMPLE = 1000  # images that are decoded where not all are
_SHOWN = 3
_SMALL = Transform(size=16)
_AHEAD = 64  # images read ahead of the slowest
_AGREEING = 0.5  # a right tree agrees with ReaL on about 0.9 of images, a mixed one on 0.001
_FEWEST = 20  # images, to judge one folder by


@dataclass(frozen=True)
class Finding:
    """Something wrong, and what to do about it; one line each."""

    what: str
    todo: str


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What was found at a set's place; ``digest`` is None where it cannot be listed."""

    name: str
    place: str
    images: int = 0
    classes: int = 0
    digest: str | None = None
    decoded: int = 0
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()  #: worth knowing, nothing wrong


def check(
    dataset: Dataset,
    *,
    everything: bool = False,
    workers: int = 2,
    progress: Progress | None = None,
) -> Checked:
    """List a set, count its images, compare folders with ReaL, decode a sample or ``everything``.

    Files without any bytes and links that lead nowhere are found without decoding all. Never raises
    for what is wrong with the data; ``progress`` is called with (decoded, to decode).
    """
    try:
        listing = sources.listing(dataset)
    except DataError as error:
        what, _, todo = str(error).removeprefix(f"{dataset.name}: ").rpartition("; ")
        return Checked(
            name=dataset.name,
            place=dataset.place,
            findings=(Finding(what or todo, todo if what else "see `bench data check --help`"),),
        )
    sample = spread(len(listing), None if everything else SAMPLE)
    which = np.union1d(sample, np.flatnonzero(listing.size == 0)).tolist()
    broken = list(_broken(listing, which, workers, progress))
    return Checked(
        name=dataset.name,
        place=dataset.place,
        images=len(listing),
        classes=len(set(listing.labels.target.tolist())),
        digest=listing.digest,
        decoded=len(which),
        findings=(*_counted(dataset, listing), *mixed_up(listing), *_undecodable(broken)),
        notes=listing.notes,
    )


def _counted(dataset: Dataset, listing: Listing) -> Iterator[Finding]:
    """Classes and groups without images, and counts other than published."""
    labels = listing.labels
    counts: Counter[tuple[int, int]] = Counter()
    group = labels.group if labels.group is not None else np.zeros(len(labels), np.int64)
    counts.update(zip(group.tolist(), labels.target.tolist(), strict=True))
    groups = labels.group_names or ("",)
    absent = [name for index, name in enumerate(groups) if index not in set(group.tolist())]
    if absent:
        yield Finding(
            f"{len(absent)} of {len(groups)} parts are not there ({_some(absent)})",
            "copy or unpack them anew",
        )
    there = [index for index, name in enumerate(groups) if name not in absent]
    expected = {(index, label) for index in there for label in imagenet_classes.covered(dataset)}
    named = {key: "/".join(filter(None, (groups[key[0]], synsets()[key[1]]))) for key in expected}
    missing = [named[key] for key in sorted(expected - set(counts))]
    if missing:
        yield Finding(
            f"{len(missing)} of {len(expected)} class folders have no images ({_some(missing)})",
            "copy or unpack them anew",
        )
    size = dataset.options.get("per_class")
    if size and (odd := [key for key in sorted(counts) if counts[key] != size]):
        some = _some([f"{named[key]} has {counts[key]}" for key in odd])
        yield Finding(
            f"{len(odd)} of {len(counts)} class folders have not the published {size} images "
            f"({some})",
            "copy or unpack them anew",
        )
    elif not absent and not missing and len(listing) != dataset.images:
        yield Finding(
            f"{len(listing):,} images, published are {dataset.images:,}",
            "copy or unpack the set anew, or give the right split",
        )


def mixed_up(listing: Listing) -> Iterator[Finding]:
    """Folders whose images ReaL knows as another class."""
    numbers = [val_number(name) for name in listing.names]
    seen: dict[int, Counter[int]] = {}
    total, agreeing = Counter[int](), Counter[int]()
    for number, label in zip(numbers, listing.labels.target.tolist(), strict=True):
        known = real_labels()[number - 1] if number else ()
        if known:
            total[label] += 1
            agreeing[label] += label in known
            seen.setdefault(label, Counter()).update(known)
    if total.total() < _FEWEST:
        return
    share = agreeing.total() / total.total()
    if share < _AGREEING:
        yield Finding(
            f"folders and ReaL labels agree on {share:.1%} of {total.total()} images, about 90 % "
            "in a right tree: folder names are mixed up",
            "sort the images into folders anew, by ILSVRC's own synset of each",
        )
        return
    wrong = [label for label in sorted(total) if total[label] >= _FEWEST and not agreeing[label]]
    if wrong:
        some = _some(
            [
                f"{synsets()[label]} looks like {synsets()[seen[label].most_common(1)[0][0]]}"
                for label in wrong
            ]
        )
        yield Finding(
            f"{len(wrong)} class folders hold no image of their class by ReaL ({some})",
            "give these folders their right names",
        )


def _undecodable(broken: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    links = [name for name, reason in broken if reason.endswith(NOWHERE)]
    if links:
        yield Finding(
            f"{len(links)} of the images are links that lead nowhere ({_some(links)})",
            "restore what they point to, or remove them",
        )
    if damaged := [f"{name}: {reason}" for name, reason in broken if name not in set(links)]:
        yield Finding(
            f"{len(damaged)} images cannot be decoded ({_some(damaged)})", "copy these files anew"
        )


def _broken(
    listing: Listing, which: Sequence[int], workers: int, progress: Progress | None
) -> Iterator[tuple[str, str]]:
    """Name and reason of the images that do not decode; few are in memory at a time."""
    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(which), _AHEAD):
            block = which[start : start + _AHEAD]
            reasons = pool.map(lambda index: _reason(listing, index), block)
            for index, reason in zip(block, reasons, strict=True):
                if reason:
                    yield listing.names[index], reason
            if progress:
                progress(start + len(block), len(which))


def _reason(listing: Listing, index: int) -> str | None:
    """Why an image cannot be decoded as a whole, by the decoder that measures; None if it can."""
    try:
        prepared(listing.read(index), _SMALL, "image")
    except DataError as error:
        return str(error).removeprefix("image: ")
    return None


def _some(texts: Sequence[str]) -> str:
    return ", ".join(texts[:_SHOWN]) + (" ..." if len(texts) > _SHOWN else "")
