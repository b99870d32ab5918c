"""Tables in parquet and arrow files: the hub's columns, and those of every other kind."""

from __future__ import annotations

import io
from contextlib import suppress
from functools import cache
from typing import Any

from tests.fuzz import inputs


@cache
def parquets() -> tuple[bytes, ...]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = []
    for table in _schemas():
        file = io.BytesIO()
        with suppress(pa.ArrowInvalid):  # parquet has no times that far away
            pq.write_table(table, file, row_group_size=2)
            found.append(file.getvalue())
    return tuple(found)


@cache
def arrows() -> tuple[bytes, ...]:
    import pyarrow as pa

    found = []
    for table in _schemas():
        for writer in (pa.ipc.new_stream, pa.ipc.new_file):
            file = io.BytesIO()
            with writer(file, table.schema) as out:
                out.write_table(table)
            found.append(file.getvalue())
    return tuple(found)


@cache
def _schemas() -> tuple[Any, ...]:
    """Tables with the hub's columns, and with columns of every other kind."""
    import pyarrow as pa

    images = [
        pa.array([{"bytes": inputs.JPEG, "path": "a.jpg"}, None, {"bytes": None, "path": None}]),
        pa.array([{"bytes": "text", "path": 3}] * 3),
        pa.array([{"path": "only.jpg"}] * 3),
        pa.array([{"bytes": {"deep": 1}, "path": ["a"]}] * 3),
        pa.array([inputs.JPEG, None, b""]),
        pa.array(["a", "b", None]),
        pa.array([[b"1"], [], None]),
        pa.array([1, 2, 3]),
        pa.array([None] * 3),
        pa.array([b"abc"] * 3, pa.binary(3)),
        pa.array([b"abc"] * 3, pa.large_binary()),
        pa.array([b"a", b"b", b"a"]).dictionary_encode(),
    ]
    labels = [
        pa.array([0, 1, 999]),
        pa.array([2**63 - 1, -1, 0]),
        pa.array([1.0, float("nan"), None]),
        pa.array(["n01440764", "n01443537\n", ""]),
        pa.array([True, False, None]),
        pa.array([0, 10**9, 1], pa.timestamp("ns")),
        pa.array([2**63 - 1, 0, 1], pa.timestamp("s")),
        pa.array([[1], [2], None]),
        pa.array([0, 1, 2], pa.date32()),
        pa.array([b"n01440764"] * 3),
        pa.array([None] * 3),
        pa.array(["a", "b", "a"]).dictionary_encode(),
    ]
    notes = (
        *(None, b"{}", b"\xff", b"[" * 50_000, b'{"info": {"features": {"label": {"names": 3}}}}'),
        b'{"info": {"features": {"label": {"names": ["a\\nb", null]}}}}',
        b'{"info": {"features": {"label": {"names": ["n01440764", "n01443537"]}}}}',
    )
    made = []
    for i in range(len(images) * 2):
        image, label = images[i % len(images)], labels[(i * 5 + i // len(images)) % len(labels)]
        table = pa.table({"image": image, "label": label, "a\nb": image})
        if note := notes[i % len(notes)]:
            table = table.replace_schema_metadata({b"huggingface": note})
        made.append(table)
    made.append(pa.table({"jpg": images[4], "cls": labels[0]}))
    made.append(pa.Table.from_arrays([images[4], images[4]], ["image", "image"]))
    made.append(pa.table({"a\nb\x1b": [1]}))
    made.append(pa.table({}))
    return tuple(made)
