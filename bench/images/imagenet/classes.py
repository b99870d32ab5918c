"""Which of the 1000 classes a set's own class names mean: by synset name, never by position.

Folders are named by synset. Shards and tables may give integers, and tables English names; those
are taken where it is certain what they mean, and refused with a line otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.images.imagenet.synsets import index_of, is_synset, says, subset, synsets
from bench.spec import Dataset
from bench.spec.errors import DataError

_SHOWN = 3


def covered(dataset: Dataset) -> tuple[int, ...]:
    """Indices of the classes that a set covers: all 1000, or those that its options name."""
    chosen: str | Sequence[int] | None = dataset.options.get("classes")
    if chosen is None:
        return tuple(range(len(synsets())))
    return subset(chosen) if isinstance(chosen, str) else tuple(chosen)


def resolved(dataset: Dataset, classes: Iterable[str | int]) -> dict[str | int, int]:
    """Class index by what a set calls it: a folder's name, or an integer label.

    Raises `DataError` as `of_folders` and `of_integers` do.
    """
    found = list(classes)
    folders = of_folders(dataset, [name for name in found if isinstance(name, str)])
    integers = of_integers(dataset, [value for value in found if isinstance(value, int)])
    return {name: folders[name] if isinstance(name, str) else integers[name] for name in found}


def of_folders(dataset: Dataset, names: Iterable[str]) -> dict[str, int]:
    """Class index by folder name.

    Only synset names of the set's own classes count, and the bare numbers of a set whose published
    archive has them. Raises `DataError` for any other, or for a whole other set's classes.
    """
    found = sorted(set(names))
    if dataset.options.get("numbered") and all(_is_index(name) for name in found):
        return {name: int(name) for name in found}
    own = set(covered(dataset))
    known = {name: index for name in found if (index := index_of().get(name, -1)) in own}
    strange = [name for name in found if name not in known]
    if strange:
        raise DataError(_refusal(dataset, strange, len(found)))
    for other in ("imagenet-a", "imagenet-r"):
        if len(own) > len(found) and set(known.values()) == set(subset(other)):
            raise DataError(
                f"{dataset.name}: these are the 200 classes of {other}, not the {len(own)} of "
                f"{dataset.name}; give the folder as {other}"
            )
    return known


def of_integers(dataset: Dataset, values: Iterable[int]) -> dict[int, int]:
    """Class index by an integer label of a shard or table.

    Of a set over all classes it is that index. Of one over 200, it is either that or the
    position among the 200, whichever fits all values. Raises `DataError` if neither or both do.
    """
    found, own = sorted(set(values)), covered(dataset)
    if found and found[0] < 0:
        raise DataError(
            f"{dataset.name}: label {found[0]} means that labels are withheld, as in a test split; "
            "give the validation split"
        )
    readings: list[dict[int, int]] = []
    if set(found) <= set(own):
        readings.append({value: value for value in found})
    if len(own) < len(synsets()) and all(value < len(own) for value in found):
        readings.append({value: own[value] for value in found})
    if len(readings) == 1 or (len(readings) == 2 and readings[0] == readings[1]):
        return readings[0]
    wrong = "could be either" if readings else f"{_shown(map(str, set(found) - set(own)))} fits not"
    what = "0 to 999" if len(own) == len(synsets()) else f"0 to 999 or 0 to {len(own) - 1}"
    raise DataError(
        f"{dataset.name}: integer labels must be class indices {what}, these {wrong}; label the "
        "images by synset name, such as n01440764"
    )


def of_names(dataset: Dataset, names: Sequence[str]) -> list[str]:
    """The synset meant by each class name in a table's schema, by position in it.

    Names are synsets, known or not, bare indices, or English ones as in WordNet in the usual order
    of all 1000 or of the set's 200. Raises `DataError` for any others.
    """
    if all(is_synset(name) for name in names):
        return list(names)
    for order in (tuple(range(len(synsets()))), covered(dataset)):
        if len(names) != len(order):
            continue
        if list(names) == [str(i) for i in range(len(order))] or _is_english(names, order):
            return [synsets()[index] for index in order]
    raise DataError(
        f"{dataset.name}: the table's {len(names)} class names ({_shown(names)}) are neither "
        "synset names nor ImageNet's in their usual order; rename them to synsets, such as "
        "n01440764"
    )


def _is_english(names: Sequence[str], order: Sequence[int]) -> bool:
    """In another order next to none would fit; wordings differ, so not all need to."""
    fitting = sum(says(name, index) for name, index in zip(names, order, strict=True))
    return 2 * fitting > len(names)


def _is_index(name: str) -> bool:
    return name.isascii() and name.isdigit() and str(int(name)) == name and int(name) < 1000


def _refusal(dataset: Dataset, strange: Sequence[str], folders: int) -> str:
    shown, count = _shown(strange), f"{len(strange)} of {folders} class folders"
    if all(name.isascii() and name.isdigit() for name in strange):
        reason = "are named by numbers, which do not tell whose order they follow"
    elif any(name in index_of() for name in strange):
        reason = f"are not among its {len(covered(dataset))} classes"
    else:
        reason = "are no synset names of the 1000 classes"
    return (
        f"{dataset.name}: {count} {reason} ({shown}); name each class folder by its synset, such "
        "as n01440764, and move others away"
    )


def _shown(names: Iterable[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:_SHOWN]) + (" ..." if len(listed) > _SHOWN else "")
