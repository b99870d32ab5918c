"""What random files have brought to light, each once more."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from bench.data.imagenet import DATASETS
from bench.images.listed import sources
from bench.spec import replace
from bench.spec.errors import DataError
from bench.tasks.classification import predictions
from tests.fuzz import inputs, readers
from tests.fuzz.watched import watched

END = bytes(1024)


def block(name: str, kind: bytes = b"0", content: bytes = b"", size: int | None = None) -> bytes:
    size = len(content) if size is None else size
    padded = content.ljust(-(-len(content) // 512) * 512, b"\0")
    return inputs.header(name, "", kind, size, holes=False) + padded


def refused(folder: Path, file: str, data: bytes) -> str:
    """Why it is; nothing is opened or allocated meanwhile."""
    (folder / file).write_bytes(data)
    val = next(dataset for dataset in DATASETS if dataset.name == "imagenet-val")
    with pytest.raises(DataError) as refusal, watched(folder, let=DataError):
        sources.listing(replace(val, place=str(folder / file)))
    return str(refusal.value)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("size", [2**31, 8**11 - 1, 2**63, 2**80])
@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K"])
def test_a_header_of_any_size_takes_no_memory(tmp_path: Path, kind: bytes, size: int) -> None:
    said = refused(tmp_path, "a.tar", block("n01440764/a.jpg", kind, b"x" * 512, size) + END)
    assert "is no whole tar (" in said


def test_a_size_that_no_file_has_is_refused(tmp_path: Path) -> None:
    record = b"30 size=1180591620717411303424\n"
    data = block("", b"x", record) + block("n01440764/a.jpg", content=b"x") + END
    assert "is no whole tar (" in refused(tmp_path, "a.tar", data)


def test_a_label_of_nested_json_is_no_label(tmp_path: Path) -> None:
    data = block("a.jpg", content=inputs.JPEG) + block("a.json", content=b"[" * 100_000) + END
    assert "sample a in" in refused(tmp_path, "a.tar", data)


def test_names_with_line_ends_are_told_in_a_line(tmp_path: Path) -> None:
    told = refused(tmp_path, "a.tar", block("\x1b[2J\n.jpg", content=inputs.JPEG) + END)
    assert "(\\x1b[2J\\n.jpg)" in told


def arrow(**columns: Any) -> bytes:
    table, file = pa.table(columns), io.BytesIO()
    with pa.ipc.new_file(file, table.schema) as out:
        out.write_table(table)
    return file.getvalue()


@pytest.mark.parametrize(
    ("image", "label", "said"),
    [
        ([1], [0], "column 'image' of .* holds int64; expected are images as bytes"),
        ([[b"a"]], [0], "holds list<item: binary>"),
        ([b"a"], [True], "labels a row True; expected are class indices"),
        ([b"a"], pa.array([2**63 - 1], pa.timestamp("s")), "cannot read"),
        ([b"a"], [b"n" * 5000], "labels a row b'n{70,78}; expected"),
    ],
)
def test_columns_of_other_types_are_named(
    tmp_path: Path, image: Any, label: Any, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        raise DataError(refused(tmp_path, "t.arrow", arrow(image=image, label=label)))


def test_a_place_that_leads_out_of_an_arrow_file_does_not_end_the_process(tmp_path: Path) -> None:
    indices, far = struct.pack("<3i", 0, 1, 0), struct.pack("<3i", 0, 10**8, 0)
    images = pa.array([b"a", b"b", b"a"]).dictionary_encode()
    data = arrow(image=images, label=[0, 1, 2])
    at = data.rindex(indices, 0, data.index(struct.pack("<3q", 0, 1, 2)))
    broken = data[:at] + far + data[at + len(far) :]
    assert "cannot read" in refused(tmp_path, "t.arrow", broken)


@pytest.mark.parametrize(
    ("field", "value"),
    [(6, 99), (8, 1), (10, 77), (24, 2**31)],
    ids=["a later zip", "encrypted", "another compression", "a bomb"],
)
def test_predictions_in_any_zip_are_refused(tmp_path: Path, field: int, value: int) -> None:
    whole = {name: np.zeros(3, kind) for name, kind in predictions.COLUMNS.items()}
    data = bytearray(predictions.pack(predictions.Predictions(**whole)))  # type: ignore[arg-type]
    at = data.index(b"PK\x01\x02") + field  # the first file's record at the end
    data[at : at + (4 if field == 24 else 2)] = value.to_bytes(4 if field == 24 else 2, "little")
    with (
        pytest.raises(DataError, match="stored predictions are damaged"),
        watched(tmp_path, let=DataError),
    ):
        predictions.unpack(bytes(data))


def test_members_that_are_no_arrays_are_refused(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as bundle:
        for name in (*predictions.COLUMNS, "about", "text", "label"):
            bundle.writestr(f"{name}.npy", b"junk")
    with pytest.raises(DataError, match="not in this version's format"):
        predictions.unpack(file.getvalue())
    with watched(tmp_path):
        readers.READERS["tar-index"].read(tmp_path, file.getvalue())


def test_an_index_that_fits_no_tar_is_made_anew(tmp_path: Path) -> None:
    for number, data in enumerate(readers.indexes()):
        (folder := tmp_path / str(number)).mkdir()
        with watched(tmp_path):
            readers.READERS["tar-index"].read(folder, data)
