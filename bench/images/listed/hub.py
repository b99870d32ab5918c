"""Sets on the Hugging Face hub, through `datasets`: ``hf:<owner>/<name>[@revision][:split]``.

``hf:`` has `datasets` download and keep the whole set, and reads its arrow files. ``hf-stream:``
lets the images pass by once and keeps the encoded ones as one tar in the cache folder: less disk,
the same images. Either way a second run needs no network.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from bench.images.drawn.store import cache_folder
from bench.images.imagenet import classes
from bench.images.listed.tables import IMAGES, LABELS, column
from bench.spec import Dataset
from bench.spec.errors import DataError, UsageError

SCHEMES = ("hf:", "hf-stream:")
_PLACE = re.compile(
    r"(?P<scheme>hf|hf-stream):(?P<name>\w[\w.-]*(?:/\w[\w.-]*)?)(?:@(?P<revision>[\w./-]+))?"
    r"(?::(?P<split>\w+))?"
)
_SPLITS = ("validation", "val", "test")


@dataclass(frozen=True)
class Place:
    """What a place on the hub says."""

    name: str
    revision: str | None
    split: str | None
    streamed: bool


def parse(place: str) -> Place:
    """A place's parts. Raises UsageError.

    >>> parse("hf:ILSVRC/imagenet-1k@main:validation")
    Place(name='ILSVRC/imagenet-1k', revision='main', split='validation', streamed=False)
    """
    found = _PLACE.fullmatch(place)
    if found is None:
        raise UsageError(
            f"{place!r} is no set on the hub; expected is hf:<owner>/<name>[@revision][:split] or "
            "hf-stream: with the same"
        )
    return Place(found["name"], found["revision"], found["split"], found["scheme"] == "hf-stream")


def arrow_files(dataset: Dataset) -> list[Path]:
    """The files that `datasets` keeps of a set, downloaded first if need be.

    Raises `DataError` where the hub or its cache cannot give it.
    """
    place = parse(dataset.place)
    with _one_line(dataset):
        return [Path(file["filename"]) for file in _loaded(place).cache_files]


def spooled(dataset: Dataset) -> Path:
    """A tar of the streamed set in the cache folder, streamed first if it is not there yet.

    Two processes stream it once; an interrupted one begins anew. Raises `DataError`.
    """
    key = hashlib.sha256(dataset.place.encode()).hexdigest()[:16]
    target = cache_folder() / "streamed" / f"{dataset.name}-{key}.tar"
    if target.is_file():
        return target
    part = target.with_suffix(".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not target.is_file():
                with _one_line(dataset):
                    rows = _loaded(parse(dataset.place))
                    _write(dataset, part, rows)
                part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DataError(
            f"{dataset.name}: cannot keep streamed images in {target.parent}: "
            f"{error.strerror or error}; free some space there or set BENCH_CACHE to another folder"
        ) from error
    return target


def _loaded(place: Place) -> Any:
    """The split, with images as their encoded bytes."""
    import datasets

    split = place.split
    if split is None:
        there = datasets.get_dataset_split_names(place.name, revision=place.revision)
        split = next((name for name in _SPLITS if name in there), there[0])
    loaded = datasets.load_dataset(
        place.name, split=split, revision=place.revision, streaming=place.streamed
    )
    if place.streamed and loaded.features:
        image = column(loaded.features, IMAGES)
        loaded = loaded.cast_column(image, datasets.Image(decode=False))
    return loaded


@contextmanager
def _one_line(dataset: Dataset) -> Iterator[None]:
    """Whatever the hub's client raises, as one line that says what to do."""
    try:
        yield
    except (DataError, MemoryError):
        raise
    except OSError as error:
        if error.errno is not None and error.filename is not None:
            raise  # the disk's, not the network's
        raise DataError(_refusal(dataset, error)) from error
    except Exception as error:  # its errors share no base
        raise DataError(_refusal(dataset, error)) from error


def _refusal(dataset: Dataset, error: Exception) -> str:
    reason = " ".join(str(error).split())[:160]
    from datasets import config

    offline = " (HF_HUB_OFFLINE is set)" if config.HF_HUB_OFFLINE else ""
    return (
        f"{dataset.name}: cannot load {dataset.place}{offline}: {type(error).__name__}: {reason}; "
        "check the name, the network and, for a gated set, `hf auth login`, or give a local copy"
    )


def _write(dataset: Dataset, path: Path, rows: Any) -> None:
    """The rows as WebDataset samples: what the labels mean is settled when all are known."""
    names, meant = None, None
    with tarfile.open(path, "w") as tar:
        for number, row in enumerate(rows):
            image, label = column(row, IMAGES), column(row, LABELS)
            if number == 0:
                names = getattr((rows.features or {}).get(label), "names", None)
                meant = classes.of_names(dataset, names) if names else None
            held, value = row[image], row[label]
            data = held["bytes"] if isinstance(held, dict) else held
            if not isinstance(data, bytes):
                raise DataError(f"{dataset.name}: {dataset.place} streams paths, not images")
            if meant and isinstance(value, int) and 0 <= value < len(meant):
                value = meant[value]
            told = (held.get("path") if isinstance(held, dict) else None) or ""
            for kind, content in (
                ("jpg", data),  # PNGs too: no decoder goes by names
                ("cls", str(value).encode()),
                ("json", json.dumps({"filename": PurePosixPath(told).name}).encode()),
            ):
                member = tarfile.TarInfo(f"{number:08d}.{kind}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
