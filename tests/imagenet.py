"""Small ImageNets in the layouts of the real ones, made of generated JPEGs.

File names carry real validation ids: image ``ILSVRC2012_val_00000293.JPEG`` lies in a class that
the ReaL labels give that id. So a true tree agrees with them, and a shuffled one does not.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

Style = Literal["val", "v2", "a", "r", "sketch"]
Size = tuple[int, int]  # width, height
SIZE: Size = (60, 45)


def _info(name: str) -> str:
    found = find_spec("timm")
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / "data" / "_info" / name).read_text()


#: The 1000 classes in the order of a model's logits.
SYNSETS = tuple(_info("imagenet_synsets.txt").split())
SYNSETS_A = tuple(_info("imagenet_a_synsets.txt").split())
SYNSETS_R = tuple(_info("imagenet_r_synsets.txt").split())


@cache
def real_labels() -> tuple[tuple[int, ...], ...]:
    """ReaL labels of ``ILSVRC2012_val_<i+1>``."""
    return tuple(map(tuple, json.loads(_info("imagenet_real_labels.json"))))


@cache
def _ids() -> dict[int, list[int]]:
    """Validation ids by class, each once: first those that ReaL gives that class alone."""
    labelled = sorted(enumerate(real_labels(), start=1), key=lambda pair: len(pair[1]) != 1)
    found: dict[int, list[int]] = {}
    for number, labels in labelled:
        for label in labels[:1]:
            found.setdefault(label, []).append(number)
    return found


@dataclass(frozen=True)
class Picture:
    """One encoded image of a set."""

    synset: str
    name: str
    data: bytes

    @property
    def label(self) -> int:
        """Index into the 1000 classes."""
        return SYNSETS.index(self.synset)


def pixels(label: int, number: int, size: Size = SIZE, seed: int = 0) -> Image.Image:
    """A smooth field in the class's colours, another for each (label, number, seed)."""
    width, height = size
    chance = np.random.default_rng([seed, label, number])
    hue = np.random.default_rng(label).integers(0, 200, 3)
    coarse = (hue + chance.integers(0, 56, (5, 6, 3))).astype(np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The bytes of a file of that kind."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@cache
def jpeg(label: int, number: int, size: Size = SIZE, seed: int = 0) -> bytes:
    """`pixels` as a JPEG file."""
    return encoded(pixels(label, number, size, seed), quality=90)


def file_name(style: Style, synset: str, number: int) -> str:
    """As that set names its files."""
    label = SYNSETS.index(synset)
    return {
        "val": lambda: f"ILSVRC2012_val_{_ids()[label][number]:08d}.JPEG",
        "v2": lambda: f"{label * 1000 + number:040x}.jpeg",
        "a": lambda: f"0.{number:06d}_digital clock _ digital clock_0.{label:06d}.jpg",
        "r": lambda: f"art_{number}.jpg",
        "sketch": lambda: f"sketch_{number}.JPEG",
    }[style]()


def pictures(
    synsets: Iterable[str],
    per_class: int,
    size: Size = SIZE,
    seed: int = 0,
    style: Style = "val",
) -> Iterator[Picture]:
    """``per_class`` JPEGs of each class; at most 8 where the style is val."""
    for synset in synsets:
        label = SYNSETS.index(synset)
        for number in range(per_class):
            yield Picture(synset, file_name(style, synset, number), jpeg(label, number, size, seed))


def make_tree(
    root: Path,
    synsets: Iterable[str] = SYNSETS[:4],
    per_class: int = 3,
    size: Size = SIZE,
    seed: int = 0,
    style: Style = "val",
) -> Path:
    """``root/<synset>/<name>``."""
    for picture in pictures(synsets, per_class, size, seed, style):
        file = root / picture.synset / picture.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture.data)
    return root


def make_corrupted(
    root: Path,
    corruptions: Sequence[str],
    synsets: Sequence[str] = SYNSETS[:3],
    per_class: int = 2,
    size: Size = SIZE,
) -> Path:
    """``root/<corruption>/<1..5>/<synset>/<name>``, each a version of the same images."""
    for kind, corruption in enumerate(corruptions):
        for severity in range(1, 6):
            folder = root / corruption / str(severity)
            make_tree(folder, synsets, per_class, size, seed=10 * kind + severity)
    return root


def write_tar(path: Path, members: Iterable[tuple[str, bytes]]) -> Path:
    """A plain tar of regular files, in that order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def make_tar(
    path: Path,
    synsets: Iterable[str] = SYNSETS[:4],
    per_class: int = 3,
    size: Size = SIZE,
    seed: int = 0,
    style: Style = "val",
    inside: str = "val/",
) -> Path:
    """One tar of class folders, as the archives of A, R and Sketch are."""
    made = pictures(synsets, per_class, size, seed, style)
    return write_tar(path, ((f"{inside}{p.synset}/{p.name}", p.data) for p in made))


def make_shards(
    root: Path,
    synsets: Iterable[str] = SYNSETS[:4],
    per_class: int = 3,
    size: Size = SIZE,
    seed: int = 0,
    style: Style = "val",
    shards: int = 2,
    stem: str = "imagenet1k-validation",
    classes: Sequence[str] = SYNSETS,
) -> str:
    """WebDataset shards ``key.jpg``, ``key.cls``, ``key.json`` in mixed order; their pattern.

    ``.cls`` is the index into ``classes``.
    """
    made = list(pictures(synsets, per_class, size, seed, style))
    order = np.random.default_rng(seed).permutation(len(made))
    for shard in range(shards):
        members: list[tuple[str, bytes]] = []
        for place in order[shard::shards]:
            picture, key = made[place], f"{place:08d}"
            label = classes.index(picture.synset)
            about = {"filename": picture.name, "label": label, "width": size[0], "height": size[1]}
            members += [
                (f"{key}.jpg", picture.data),
                (f"{key}.cls", str(label).encode()),
                (f"{key}.json", json.dumps(about).encode()),
            ]
        write_tar(root / f"{stem}-{shard:02d}.tar", members)
    return str(root / f"{stem}-{{00..{shards - 1:02d}}}.tar")


def make_table(
    synsets: Iterable[str] = SYNSETS[:4],
    per_class: int = 3,
    size: Size = SIZE,
    seed: int = 0,
    names: Sequence[str] = SYNSETS,
) -> Any:
    """A `datasets.Dataset` with the hub's columns, in mixed order; ``names`` as of 1000 classes.

    Paths are like the hub's: ``ILSVRC2012_val_00000293_n01440764.JPEG``.
    """
    import datasets

    made = list(pictures(synsets, per_class, size, seed))
    order = np.random.default_rng(seed).permutation(len(made))
    columns: dict[str, list[Any]] = {"image": [], "label": []}
    for place in order:
        picture = made[place]
        path = picture.name.replace(".JPEG", f"_{picture.synset}.JPEG")
        columns["image"].append({"bytes": picture.data, "path": path})
        columns["label"].append(picture.label)
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=list(names))}
    )
    return datasets.Dataset.from_dict(columns, features=features)


def make_parquet(root: Path, files: int = 2, rows_a_group: int = 5, **table: Any) -> Path:
    """``root/validation-00000-of-00002.parquet`` ... as the hub has them; see `make_table`."""
    import datasets

    root.mkdir(parents=True, exist_ok=True)
    datasets.disable_progress_bars()
    whole = make_table(**table)
    for number in range(files):
        part = whole.shard(files, number, contiguous=True)
        part.to_parquet(
            root / f"validation-{number:05d}-of-{files:05d}.parquet", batch_size=rows_a_group
        )
    return root


def odd_images(size: Size = SIZE) -> dict[str, bytes]:
    """Files like some that the real sets have; all of them can be decoded."""
    plain = pixels(0, 0, size)
    turned = Image.Exif()
    turned[0x0112] = 6  # orientation: rotate by 90 degrees
    return {
        "cmyk": encoded(plain.convert("CMYK")),
        "grey": encoded(plain.convert("L")),
        "exif": encoded(plain, exif=turned),
        "png": encoded(plain, "PNG"),
    }


def broken_images(size: Size = SIZE) -> dict[str, bytes]:
    """Files that cannot be decoded whole."""
    whole = encoded(pixels(0, 0, size))
    return {
        "truncated": whole[: len(whole) // 2],
        "empty": b"",
        "text": b"<html>404</html>",
    }
