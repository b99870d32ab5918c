"""Tables with the hub's columns, ``image: {bytes, path}`` and ``label``: parquet and arrow files.

Images keep the order of the rows, for row groups are read whole: in any other order each image
would cost a hundred. Read with pyarrow, a row group at a time from parquet, mapped into memory
from arrow; nothing is converted and nothing asks the network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.images.imagenet import classes as imagenet_classes
from bench.images.imagenet.synsets import is_synset
from bench.images.listed.arrow_types import holds_images, image_type
from bench.images.listed.columns import Rows, file_state
from bench.images.listed.listing import Listing, listed
from bench.images.types import Labels
from bench.spec import Dataset
from bench.spec.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

#: Names of columns, in order of preference.
IMAGES = ("image", "img", "jpg", "jpeg", "png")
LABELS = ("label", "labels", "cls", "wnid", "synset")
_LARGEST_GROUP = 1 << 30  # bytes of images that are read at once
#: What pyarrow raises for damaged files, and for values that Python has no type for.
_DAMAGE = (OSError, ValueError, TypeError, LookupError, ArithmeticError, NotImplementedError)


class RowGroup(NamedTuple):
    """What is read at once: a row group of a parquet file, or a whole mapped arrow file.

    A `bench.images.listed.columns.Storage`; an image's offset is its row.
    """

    path: str
    group: int  #: -1: an arrow file
    image: str  #: column
    state: tuple[int, ...]  #: of the file, so that one that was replaced is read anew

    def __str__(self) -> str:
        return self.path

    def read(self, _file: str, offset: int, _size: int) -> bytes:
        """The image in a row. Raises `DataError`."""
        try:
            data = _images(self)[offset].as_py()
        except _DAMAGE as error:
            raise DataError(f"cannot read {self.path}: {_line(error)}") from error
        if not isinstance(data, bytes):
            raise DataError(
                f"{self.path} has no bytes in row {offset}, only a path; give a table with the "
                "images in it"
            )
        return data


class Table(NamedTuple):
    """What listing needs of one file, images left where they are."""

    groups: list[tuple[RowGroup, int]]  #: with their number of rows
    sizes: Sequence[
        int | None
    ]  #: bytes of images: of each row in arrow, of each row group in parquet
    labels: list[Any]  #: as stored
    classes: tuple[str, ...] | None  #: names of the classes, where the schema has them
    paths: list[str]  #: file names, "" where there are none


def table_listing(dataset: Dataset, files: Sequence[Path]) -> Listing:
    """All rows of some tables, files in the order given.

    The digest is the sha256 of the set's name, each row's class and name, and the bytes of
    images: each row's in arrow, each row group's in parquet. Raises `DataError` for tables without
    the columns, labels that are withheld, or classes that are not the set's.
    """
    if dataset.options.get("groups"):
        raise DataError(f"{dataset.name} is read from folders or tars, not from tables")
    digest = hashlib.sha256(f"{dataset.name}\n".encode())
    rows = Rows()
    for file in files:
        try:
            rows.saw([file_state(file.stat())])
            table = _opened(dataset, file)
        except _DAMAGE as error:
            raise DataError(
                f"{dataset.name}: cannot read {file}: {_line(error)}; copy it again"
            ) from error
        digest.update(repr(table.sizes).encode())
        _add(dataset, rows, file, table)
    if not len(rows):
        raise DataError(f"{dataset.name}: no rows in {dataset.place}")
    classes = imagenet_classes.resolved(dataset, rows.labels)
    target = np.array([classes[label] for label in rows.labels])[rows.column("label")]
    if _has_repeats(rows, target):  # no paths, or the same ones: rows tell them apart
        rows.rename(
            f"{row:08d}-{path}".removesuffix("-") for row, path in enumerate(list(rows.files))
        )
    found = replace(listed(rows), labels=Labels(target))
    digest.update("\n".join(found.names).encode(errors="surrogateescape"))
    return replace(found, digest=digest.hexdigest())


def _add(dataset: Dataset, rows: Rows, file: Path, table: Table) -> None:
    labels, first = _labels(dataset, file, table), 0
    for number, (group, count) in enumerate(table.groups):
        of_group = slice(first, first + count)
        sizes = (
            [size or 0 for size in table.sizes[of_group]]
            if group.group < 0
            else [(table.sizes[number] or 0) // max(count, 1)] * count
        )
        rows.storages.append(group)
        rows.add(
            len(rows.storages) - 1, table.paths[of_group], labels[of_group], sizes, range(count)
        )
        first += count


def _has_repeats(rows: Rows, target: np.ndarray[Any, Any]) -> bool:
    """Whether two images of one class have one name."""
    return len(set(zip(target.tolist(), rows.files, strict=True))) < len(rows)


def _opened(dataset: Dataset, file: Path) -> Table:
    """Raises OSError or ValueError for a file that is damaged, `DataError` for other columns."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    state = file_state(file.stat())
    if file.suffix == ".parquet":
        table_file = pq.ParquetFile(file)
        schema, metadata = table_file.schema_arrow, table_file.metadata
        image, label = _columns(dataset, file, schema)
        wanted = [label, f"{image}.path"] if _is_struct(schema, image) else [label]
        rest = table_file.read(columns=wanted)
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        sizes = [_group_bytes(group, image) for group in groups]
        if sizes and max(sizes) > _LARGEST_GROUP:
            raise DataError(
                f"{dataset.name}: a row group of {file} has {max(sizes) / 2**30:.1f} GiB of "
                "images, which are read at once; write it with 100 rows a group"
            )
        counts = [group.num_rows for group in groups]
        pieces = [
            (RowGroup(str(file), number, image, state), count)
            for number, count in enumerate(counts)
        ]
    else:
        rest = _mapped(str(file), state)
        schema = rest.schema
        image, label = _columns(dataset, file, schema)
        pieces = [(RowGroup(str(file), -1, image, state), rest.num_rows)]
        sizes = pc.binary_length(_bytes(rest.column(image))).to_pylist()
    labels = rest.column(label).to_pylist()
    return Table(pieces, sizes, labels, _class_names(schema, label), _paths(rest, image))


def _columns(dataset: Dataset, file: Path, schema: pa.Schema) -> tuple[str, str]:
    """Names of the columns of images and of labels; `DataError` where these are not there once."""
    try:
        found = column(schema.names, IMAGES), column(schema.names, LABELS)
    except ValueError as error:
        raise DataError(
            f"{dataset.name}: {file} has {error}; rename its columns to {IMAGES[0]} and {LABELS[0]}"
        ) from error
    for name in found:
        if schema.names.count(name) > 1:
            raise DataError(
                f"{dataset.name}: {file} has {schema.names.count(name)} columns {name!r}; keep one"
            )
    kind = image_type(schema.field(found[0]).type)
    if not holds_images(kind):
        raise DataError(
            f"{dataset.name}: column {found[0]!r} of {file} holds {kind!s:.80}; expected are "
            "images as bytes"
        )
    return found


def _paths(table: pa.Table, image: str) -> list[str]:
    import pyarrow.compute as pc

    if image not in table.column_names or "path" not in _fields(table.schema, image):
        return [""] * table.num_rows
    paths = pc.struct_field(table.column(image), "path").to_pylist()
    return [path.rstrip("/").rpartition("/")[2] if isinstance(path, str) else "" for path in paths]


def _labels(dataset: Dataset, file: Path, table: Table) -> list[str | int]:
    """What each row's class is called: a synset name or an integer."""
    meant = imagenet_classes.of_names(dataset, table.classes) if table.classes else ()
    found = list[str | int]()
    for value in table.labels:
        if isinstance(value, str) and is_synset(value):
            found.append(value)
        elif _is_integer(value) and 0 <= value < len(meant):
            found.append(meant[value])
        elif _is_integer(value) and (not meant or value == -1):
            found.append(value)
        else:
            raise DataError(
                f"{dataset.name}: {file} labels a row {value!r:.80}; expected are class indices or "
                "synset names"
            )
    return found


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


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
    try:
        found: object = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    except (ValueError, RecursionError):  # others may write what they like there
        return None
    for key in ("info", "features", label, "names"):
        found = found.get(key) if isinstance(found, dict) else None
    return tuple(map(str, found)) if found and isinstance(found, list) else None


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
def _images(rows: RowGroup) -> pa.ChunkedArray:
    """The encoded images of a row group; of arrow files they stay on disk."""
    import pyarrow.parquet as pq

    if rows.group < 0:
        return _bytes(_mapped(rows.path, rows.state).column(rows.image))
    with pq.ParquetFile(rows.path) as file:
        return _bytes(file.read_row_group(rows.group, columns=[rows.image]).column(rows.image))


def _bytes(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.struct_field(column, "bytes") if pa.types.is_struct(column.type) else column
    kind = image_type(found.type)
    return found if kind == found.type else found.cast(kind)


@lru_cache(maxsize=64)
def _mapped(path: str, _state: tuple[int, ...]) -> pa.Table:
    """An arrow file of either kind, mapped into memory; one that was replaced is mapped anew."""
    import pyarrow as pa

    source = pa.memory_map(path)
    try:
        table = pa.ipc.open_stream(source).read_all()
    except pa.ArrowInvalid:
        source.seek(0)
        table = pa.ipc.open_file(source).read_all()
    table.validate(full=True)  # places that lead out of a damaged file would end the process
    return table


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
