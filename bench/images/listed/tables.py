"""Tables with the hub's columns, ``image: {bytes, path}`` and ``label``: parquet and arrow files.

Images keep the order of the rows, for row groups are read whole: in any other order each image
would cost a hundred. Read with pyarrow, a row group at a time from parquet, mapped into memory
from arrow; nothing is converted and nothing asks the network.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.images.imagenet import classes as imagenet_classes
from bench.images.imagenet.synsets import is_synset, synsets
from bench.images.types import Labels
from bench.spec import Dataset
from bench.spec.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

#: Names of columns, in order of preference.
IMAGES = ("image", "img", "jpg", "jpeg", "png")
LABELS = ("label", "labels", "cls", "wnid", "synset")
_LARGEST_GROUP = 1 << 30  # bytes of images that are read at once


class Piece(NamedTuple):
    """What is read at once: a row group of a parquet file, or a whole mapped arrow file."""

    path: str
    group: int  #: -1: an arrow file
    rows: int
    image: str  #: column


@dataclass(frozen=True, eq=False)
class TableListing:
    """A `bench.images.types.Listing` of rows in order; can be pickled."""

    digest: str
    labels: Labels
    names: Sequence[str]
    pieces: tuple[Piece, ...]
    starts: tuple[int, ...]  #: index of each piece's first row
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def read(self, index: int) -> bytes:
        """See `Listing`."""
        at = bisect_right(self.starts, index) - 1
        piece, row = self.pieces[at], index - self.starts[at]
        try:
            data = _images(piece)[row].as_py()
        except (OSError, ValueError) as error:  # pyarrow's errors are among these
            raise DataError(f"cannot read {piece.path}: {_line(error)}") from error
        if not isinstance(data, bytes):
            raise DataError(
                f"{piece.path} has no bytes in row {row}, only a path; give a table with the "
                "images in it"
            )
        return data


def listed(dataset: Dataset, files: Sequence[Path]) -> TableListing:
    """All rows of some tables, files in the order given.

    The digest is the sha256 of the set's name, each row's class and name, and the bytes of
    images: each row's in arrow, each row group's in parquet. Raises `DataError` for tables without
    the columns, labels that are withheld, or classes that are not the set's.
    """
    if dataset.options.get("groups"):
        raise DataError(f"{dataset.name} is read from folders or tars, not from tables")
    digest = hashlib.sha256(f"{dataset.name}\n".encode())
    pieces, named, paths = list[Piece](), list[str | int](), list[str]()
    for file in files:
        try:
            new, sizes, labels, own = _opened(file)
        except (OSError, ValueError) as error:
            raise DataError(
                f"{dataset.name}: cannot read {file}: {_line(error)}; copy it again"
            ) from error
        pieces += new
        digest.update(repr(sizes).encode())
        named += _named(dataset, file, labels)
        paths += own
    if not named:
        raise DataError(f"{dataset.name}: no rows in {dataset.place}")
    classes = imagenet_classes.resolved(dataset, set(named))
    target = np.array([classes[name] for name in named], np.int64)
    heads = [f"{synsets()[label]}/{path}" for label, path in zip(target, paths, strict=True)]
    if len(set(heads)) < len(heads):  # no paths, or the same ones: rows tell them apart
        heads = [f"{synsets()[label]}/{row:08d}-{paths[row]}" for row, label in enumerate(target)]
    names = [head.removesuffix("-") for head in heads]
    digest.update("\n".join(names).encode(errors="surrogateescape"))
    starts = tuple(accumulate((piece.rows for piece in pieces[:-1]), initial=0))
    return TableListing(digest.hexdigest(), Labels(target), names, tuple(pieces), starts)


class Column(NamedTuple):
    """Labels as stored, and the names of the classes if the schema has them."""

    values: list[Any]
    names: tuple[str, ...] | None


def _opened(file: Path) -> tuple[list[Piece], list[int], Column, list[str]]:
    """Pieces, sizes for the digest, labels, and file names of one table."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if file.suffix == ".parquet":
        table_file = pq.ParquetFile(file)
        schema, metadata = table_file.schema_arrow, table_file.metadata
        image, label = column(schema.names, IMAGES), column(schema.names, LABELS)
        wanted = [label, f"{image}.path"] if _is_struct(schema, image) else [label]
        rest = table_file.read(columns=wanted)
        sizes = [_group_bytes(metadata.row_group(g), image) for g in range(metadata.num_row_groups)]
        if sizes and max(sizes) > _LARGEST_GROUP:
            raise ValueError(
                f"a row group has {max(sizes) / 2**30:.1f} GiB of images, which are read at once; "
                "write it with 100 rows a group"
            )
        rows = [metadata.row_group(g).num_rows for g in range(metadata.num_row_groups)]
        pieces = [Piece(str(file), g, count, image) for g, count in enumerate(rows)]
    else:
        rest = _mapped(str(file))
        schema = rest.schema
        image, label = column(schema.names, IMAGES), column(schema.names, LABELS)
        pieces = [Piece(str(file), -1, rest.num_rows, image)]
        sizes = pc.binary_length(_bytes(rest.column(image))).to_pylist()
    paths = _paths(rest, image)
    return pieces, sizes, Column(rest.column(label).to_pylist(), _class_names(schema, label)), paths


def _paths(table: pa.Table, image: str) -> list[str]:
    import pyarrow.compute as pc

    if image not in table.column_names or "path" not in _fields(table.schema, image):
        return [""] * table.num_rows
    paths = pc.struct_field(table.column(image), "path").to_pylist()
    return [PurePosixPath(path or "").name for path in paths]


def _named(dataset: Dataset, file: Path, labels: Column) -> list[str | int]:
    """What each row's class is called: a synset name or an integer."""
    meant = imagenet_classes.of_names(dataset, labels.names) if labels.names else ()
    found = list[str | int]()
    for value in labels.values:
        if isinstance(value, str) and is_synset(value):
            found.append(value)
        elif isinstance(value, int) and 0 <= value < len(meant):
            found.append(meant[value])
        elif isinstance(value, int) and not meant:
            found.append(value)
        elif value == -1:
            return [-1]
        else:
            raise DataError(
                f"{dataset.name}: {file} labels a row {value!r}; expected are class indices or "
                "synset names"
            )
    return found


def column(names: Collection[str], wanted: Sequence[str]) -> str:
    """The first of the ``wanted`` columns that is there. Raises ValueError if none is.

    >>> column(["jpg", "cls"], IMAGES)
    'jpg'
    """
    found = next((name for name in wanted if name in names), None)
    if found is None:
        raise ValueError(f"no column {wanted[0]!r}; there are: {', '.join(names)}")
    return found


def _class_names(schema: pa.Schema, label: str) -> tuple[str, ...] | None:
    """The names that `datasets` keeps in the schema for a column of classes."""
    about = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    feature = about.get("info", {}).get("features", {}).get(label, {})
    names = feature.get("names") if isinstance(feature, dict) else None
    return tuple(map(str, names)) if names else None


def _fields(schema: pa.Schema, column: str) -> tuple[str, ...]:
    kind = schema.field(column).type
    return tuple(kind.field(i).name for i in range(kind.num_fields))


def _is_struct(schema: pa.Schema, column: str) -> bool:
    return "bytes" in _fields(schema, column)


def _group_bytes(group: Any, image: str) -> int:
    """Bytes of a row group's images before compression."""
    columns = (group.column(i) for i in range(group.num_columns))
    return sum(
        column.total_uncompressed_size
        for column in columns
        if column.path_in_schema in (image, f"{image}.bytes")
    )


@lru_cache(maxsize=4)
def _images(piece: Piece) -> pa.ChunkedArray:
    """The encoded images of a piece; of arrow files they stay on disk."""
    import pyarrow.parquet as pq

    if piece.group < 0:
        return _bytes(_mapped(piece.path).column(piece.image))
    with pq.ParquetFile(piece.path) as file:
        return _bytes(file.read_row_group(piece.group, columns=[piece.image]).column(piece.image))


def _bytes(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.struct_field(column, "bytes") if pa.types.is_struct(column.type) else column


@lru_cache(maxsize=64)
def _mapped(path: str) -> pa.Table:
    """An arrow file of either kind, mapped into memory."""
    import pyarrow as pa

    source = pa.memory_map(path)
    try:
        return pa.ipc.open_stream(source).read_all()
    except pa.ArrowInvalid:
        source.seek(0)
        return pa.ipc.open_file(source).read_all()


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
