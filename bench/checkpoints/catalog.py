"""Everything that timm publishes, by name: read from ``timm.csv``, which one release of it wrote.

Standard library only, and read when first asked for, so that listing and planning need no timm. A
name that the file lacks is looked up in the installed timm, where that is another release or has
been imported already, so that models of a user's own may have joined it.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from bench.checkpoints import installed_timm
from bench.checkpoints.entry import BY_NAME, Entry, declaration
from bench.spec import Model, replace
from bench.spec.errors import UsageError
from bench.spec.kinds import Interpolation

FILE = Path(__file__).with_name("timm.csv")
#: Names of earlier releases that timm still takes, with what they mean now.
FORMER = Path(__file__).with_name("timm_former_names.csv")
_RELEASE = "# timm "  # starts its first line
_SMALLEST, _LARGEST = 32, 4096  # pixels
_MOST_CROP = 2.0  # times the resized side; the published ones go up to 1.15


def search(part: str) -> tuple[Model, ...]:
    """Models that a name or glob of timm's means, none if it means nothing; case does not matter.

    ``<architecture>.<tag>`` is that checkpoint, an architecture alone its default one, or the
    network without weights where none are published. A glob means every checkpoint whose name or
    architecture it matches. A name of an earlier release is what timm maps it to, which one line
    on stderr says.
    """
    return tuple(declaration(entry) for entry in _found(part))


def published(names: Iterable[str]) -> tuple[Model, ...]:
    """The catalog's models of exactly these names, in this order; UsageError for any other."""
    found = []
    for name in names:
        if name not in _catalog():
            raise UsageError(f"{FILE.name} has no model {name!r}; it lists release {release()}")
        found.append(declaration(_catalog()[name]))
    return tuple(found)


def architectures() -> tuple[str, ...]:
    """Names of all architectures, without weights tag, in timm's order."""
    return tuple(dict.fromkeys(entry.architecture for entry in _catalog().values()))


def release() -> str:
    """The release of timm that the catalog lists."""
    with FILE.open(encoding="utf-8") as lines:
        return next(lines).removeprefix(_RELEASE).strip()


def write(entries: Iterable[Entry], of_release: str) -> None:
    """Make the catalog anew; see ``benchmarks/publish_catalog.py``."""
    with FILE.open("w", encoding="utf-8", newline="") as lines:
        lines.write(f"{_RELEASE}{of_release}\n")
        csv.writer(lines, lineterminator="\n").writerows([Entry._fields, *entries])


def write_former(names: Mapping[str, str]) -> None:
    """Make the table of former names anew."""
    with FORMER.open("w", encoding="utf-8", newline="") as lines:
        rows = sorted(names.items())
        csv.writer(lines, lineterminator="\n").writerows([("former", "name"), *rows])


def with_preprocessing(
    model: Model,
    *,
    img_size: int | None = None,
    crop_pct: float | None = None,
    interpolation: Interpolation | None = None,
    train_size: bool = False,
) -> Model:
    """The model, prepared in another way than published; None keeps what there is.

    ``img_size`` is pixels, height and width; ``train_size`` means size and crop of training, where
    timm tests at others. ``changed`` tells what now differs from how it was published. Raises
    UsageError for a model that timm does not build, and for a size or crop that it cannot take.
    """
    entry = _entry_of(model)
    as_published = declaration(entry) if entry.name == model.name else model
    known = train_size and entry.name == model.name
    start = declaration(entry, train_size=True) if known else model
    size = start.resolution if img_size is None else img_size
    crop = start.crop_pct if crop_pct is None else crop_pct
    _check(model.name, entry, size, crop)
    kwargs = {key: value for key, value in model.kwargs.items() if key != "img_size"}
    if entry.step and str(size) != entry.pixels:
        kwargs["img_size"] = size
    made = replace(
        model,
        kwargs=kwargs,
        resolution=size,
        crop_pct=crop,
        interpolation=start.interpolation if interpolation is None else interpolation,
    )
    return replace(made, changed=_difference(made, as_published))


def _entry_of(model: Model) -> Entry:
    """The model's own entry, or its architecture's for weights that timm does not list."""
    if model.arch != BY_NAME:
        raise UsageError(
            f"--img-size, --crop-pct, --interpolation and --use-train-size change how published "
            f"models see ImageNet; {model.name} takes its images of {model.resolution} pixels as "
            "they are"
        )
    found = _found(model.name) or _found(str(model.kwargs.get("model_name")))
    if not found:
        raise UsageError(f"timm {release()} knows no architecture of {model.name}")
    return found[0]


def _check(name: str, entry: Entry, size: int, crop_pct: float) -> None:
    if not 0 < crop_pct <= _MOST_CROP:
        raise UsageError(f"--crop-pct {crop_pct:g}: give a share above 0, {_MOST_CROP:g} at most")
    if str(size) == entry.pixels:
        return
    if not _SMALLEST <= size <= _LARGEST:
        raise UsageError(f"--img-size {size}: give {_SMALLEST} to {_LARGEST} pixels")
    step = int(entry.step or 1)
    if step == 0 or size % step:
        others = f" or a multiple of {step}" if step else " only"
        raise UsageError(f"--img-size {size}: {name} takes {entry.pixels} pixels{others}")


def _difference(made: Model, published: Model) -> str:
    pairs = (
        ("img-size", made.resolution, published.resolution),
        ("crop-pct", made.crop_pct, published.crop_pct),
        ("interpolation", made.interpolation, published.interpolation),
    )
    told = [f"{name}={now}" for name, now, before in pairs if now != before]
    return " ".join(told) or published.changed


def _found(part: str) -> list[Entry]:
    part = part.lower()
    if own := _matching(part, _catalog()):
        return own
    if now := _former().get(part):
        found = _matching(now, _catalog())
        # Not a warning: its filters are the user's, and would hide which weights are meant.
        sys.stderr.write(f"bench: {part} is a former name: timm now calls it {found[0].name}\n")
        return found
    return _matching(part, _more())


def _matching(part: str, known: Mapping[str, Entry]) -> list[Entry]:
    if part in known:
        return [known[part]]
    if own := [entry for entry in known.values() if entry.architecture == part]:
        return own[:1]
    return [
        entry
        for entry in known.values()
        if fnmatchcase(entry.name, part) or fnmatchcase(entry.architecture, part)
    ]


@cache
def _catalog() -> dict[str, Entry]:
    with FILE.open(encoding="utf-8", newline="") as lines:
        next(lines)
        rows = csv.reader(lines)
        next(rows)
        return {entry.name: entry for entry in map(Entry._make, rows)}


@cache
def _former() -> dict[str, str]:
    with FORMER.open(encoding="utf-8", newline="") as lines:
        return dict(row for row in list(csv.reader(lines))[1:])


def _more() -> dict[str, Entry]:
    """What the installed timm has, if it may be more than the catalog; importing it takes long."""
    from importlib.metadata import PackageNotFoundError, version  # takes longer than all the rest

    try:
        same = version("timm") == release()
    except PackageNotFoundError:
        return {}
    if same and "timm" not in sys.modules:
        return {}
    known = {*_catalog(), *architectures()}
    return {entry.name: entry for entry in installed_timm.entries(known)}
