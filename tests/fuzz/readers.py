"""The readers of others' files, each with how its files are made and how one is read."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unicodedata import category

import numpy as np
from hypothesis import strategies as st

from tests.fuzz import inputs, schemas

Read = Callable[[Path, bytes], object]


@dataclass(frozen=True)
class Reader:
    """``read`` gets an empty folder and what a file there holds."""

    made: Callable[[], st.SearchStrategy[bytes]]
    read: Read


def _listed(folder: Path, name: str, data: bytes) -> None:
    from bench.data.imagenet import DATASETS
    from bench.images.listed import sources, tables
    from bench.spec import replace
    from bench.spec.errors import DataError
    from tests.fuzz.watched import told

    tables._images.cache_clear()
    tables._mapped.cache_clear()
    (folder / name).write_bytes(data)
    val = next(dataset for dataset in DATASETS if dataset.name == "imagenet-val")
    listing = sources.listing(replace(val, place=str(folder / name)))
    assert not [c for note in listing.notes for c in note if category(c) == "Cc"], listing.notes
    for row in range(min(len(listing), 4)):
        try:
            assert isinstance(listing.read(row), bytes)
        except DataError as error:
            told(error)


def _tar(folder: Path, data: bytes) -> None:
    _listed(folder, "set.tar", data)


@cache
def _tars() -> tuple[bytes, ...]:
    return tuple(data for kind in ("gnu", "pax", "ustar") for data in inputs.named(kind))


def _delimited(_folder: Path, data: bytes) -> None:
    from bench.cli.lib import delimited

    delimited.table(data)


@cache
def _exported() -> bytes:
    import tempfile

    from bench.store import Store
    from tests import stored

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with Store(root / "a") as store:
            stored.fill(store, store.begin_run({"host": "a"}), stored.MODELS[0])
            store.export_jsonl(root / "out.jsonl")
        return (root / "out.jsonl").read_bytes()


def _import(folder: Path, data: bytes) -> None:
    """Whatever was taken in can be looked at and sent on."""
    from bench.store import Store

    (folder / "in.jsonl").write_bytes(data)
    with Store(folder / "store") as store:
        store.import_jsonl(folder / "in.jsonl")
        store.frame()
        store.durations()
        store.export_jsonl(folder / "out.jsonl")


def _weights(folder: Path, name: str, data: bytes) -> None:
    from bench.checkpoints.build import build
    from tests import declared

    (folder / name).write_bytes(data)
    build(
        declared.model(
            arch="torch.nn:Linear",
            kwargs={"in_features": 2, "out_features": 3},
            weights=name,
            weights_path=str(folder / name),
            weights_sha256=hashlib.sha256(data).hexdigest(),
        )
    )


def _safetensors(folder: Path, data: bytes) -> None:
    _weights(folder, "m.safetensors", data)


@cache
def _tensor_files() -> tuple[bytes, ...]:
    import torch
    from safetensors.torch import save

    tensors = {"weight": torch.zeros(3, 2), "bias": torch.zeros(3)}
    return save(tensors), save({**tensors, "more": torch.zeros(5).half()}, {"a": "b"})


def _pickle(folder: Path, data: bytes) -> None:
    import os

    at = Path.cwd()
    os.chdir(folder)  # where code in it would write
    try:
        _weights(folder, "m.pth", data)
    finally:
        os.chdir(at)
        assert not (folder / "ran.txt").exists()


@cache
def _pickle_files() -> tuple[bytes, ...]:
    import torch

    found = []
    for thing in ({"weight": torch.zeros(3, 2)}, {"a": inputs.Touches("ran.txt")}, [1, "a"]):
        for zipped in (True, False):
            file = io.BytesIO()
            torch.save(thing, file, _use_new_zipfile_serialization=zipped)
            found.append(file.getvalue())
    return tuple(found)


def _predictions(_folder: Path, data: bytes) -> None:
    from bench.tasks.classification import predictions

    found = predictions.unpack(data)
    assert len(found) == len(found.rank)


@cache
def _packed() -> tuple[bytes, ...]:
    from bench.tasks.classification.predictions import COLUMNS, Predictions, pack

    columns = {name: np.zeros(20, kind) for name, kind in COLUMNS.items()}
    plain = Predictions(**columns)  # type: ignore[arg-type]
    group = np.arange(20, dtype=np.uint16) % 2
    parts = Predictions(
        **columns,
        group=group,
        group_names=("a", "b"),
        base=np.arange(20, dtype=np.uint32),
    )
    return pack(plain), pack(parts), *map(_npz, _odd_arrays())


def _odd_arrays() -> tuple[dict[str, np.ndarray], ...]:
    scalar = {name: np.zeros((), np.uint16) for name in ("target", "prediction", "rank")}
    return (
        {"target": np.zeros(2, np.uint16)},
        scalar,
        {"group_names": np.array(3)},
        {"target": np.array([(1, 2)], dtype=[("a", "u2"), ("b", "u2")])},
    )


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def _index(folder: Path, data: bytes) -> None:
    """An index that is damaged is made anew: the images are the same."""
    import os

    from bench.data.imagenet import DATASETS
    from bench.images.listed import sources
    from bench.spec import replace

    tar = folder / "set.tar"
    tar.write_bytes(_tars()[4])  # links and all
    val = next(dataset for dataset in DATASETS if dataset.name == "imagenet-val")
    val = replace(val, place=str(tar))
    fresh = sources.listing(val)
    (kept,) = Path(os.environ["BENCH_CACHE"]).glob("tars-*.npz")
    kept.write_bytes(data)
    again = sources.listing(val)
    for row in range(len(again)):
        again.read(row)
    kept.unlink()
    assert len(fresh) == 4


@cache
def indexes() -> tuple[bytes, ...]:
    from bench.images.listed.columns import Rows

    rows = Rows()
    rows.add(0, ["a.jpg", "b.jpg"], ["n01440764", "n01443537"], [3, 4], [512, 1024])
    file = io.BytesIO()
    rows.save(file, ["a note"])
    with np.load(io.BytesIO(file.getvalue())) as saved:
        whole = dict(saved)
    odd = [
        whole | {name: np.array(values)}
        for name in whole
        for values in ([-1, 0], [2**31, 9], [0, 0, 0], [0.5, np.nan], [[0, 1]], ["a", "b"], 3)
    ]
    return (file.getvalue(), *map(_npz, (*odd, *_odd_arrays())))


def _blocks(folder: Path, data: bytes) -> None:
    """A block is whole only with the bytes that were stored."""
    from bench.images.prepared.blocks import BlockFile, BlockState

    (folder / "blocks").write_bytes(data)
    file = BlockFile(folder / "blocks", {"a": 1}, 4, 64)
    into = np.empty(64, np.uint8)
    try:
        for index in range(4):
            if file.read(index, into) is BlockState.WHOLE:
                assert into.tolist() == [index + 1] * 64
        file.write(2, np.full(64, 3, np.uint8))
        assert file.read(2, into) is BlockState.WHOLE
    finally:
        file.close()


@cache
def _block_files() -> tuple[bytes, ...]:
    import tempfile

    from bench.images.prepared.blocks import BlockFile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "blocks"
        file = BlockFile(path, {"a": 1}, 4, 64)
        for index in (0, 1, 3):
            file.write(index, np.full(64, index + 1, np.uint8))
        file.close()
        return (path.read_bytes(),)


_CSV = (
    b"model,images,top1\na,1000,0.5\nb,2000,0.6\n",
    b'# from a sheet\na;b\n1,5;"x;\n y"\n',
    "sep=;\r\na;b\r\n1;2\r\n".encode("utf-16"),
    b"a|b\tc\n1|2\t3\n",
)
READERS = {
    "tar": Reader(lambda: st.one_of(inputs.tars(), inputs.corrupted(_tars())), _tar),
    "parquet": Reader(
        lambda: inputs.corrupted(schemas.parquets()),
        lambda at, data: _listed(at, "t.parquet", data),
    ),
    "parquet-whole": Reader(
        lambda: st.sampled_from(schemas.parquets()), lambda at, data: _listed(at, "t.parquet", data)
    ),
    "arrow": Reader(
        lambda: inputs.corrupted(schemas.arrows()), lambda at, data: _listed(at, "t.arrow", data)
    ),
    "arrow-whole": Reader(
        lambda: st.sampled_from(schemas.arrows()), lambda at, data: _listed(at, "t.arrow", data)
    ),
    "table": Reader(lambda: st.one_of(inputs.tables(), inputs.corrupted(_CSV)), _delimited),
    "import": Reader(
        lambda: st.one_of(inputs.jsonl(_exported()), inputs.corrupted([_exported()])), _import
    ),
    "safetensors": Reader(
        lambda: st.one_of(inputs.safetensors(), inputs.corrupted(_tensor_files())), _safetensors
    ),
    "pickle": Reader(
        lambda: st.one_of(inputs.pickles(), inputs.corrupted(_pickle_files())), _pickle
    ),
    "predictions": Reader(lambda: inputs.corrupted(_packed()), _predictions),
    "tar-index": Reader(lambda: inputs.corrupted(indexes()), _index),
    "blocks": Reader(lambda: inputs.corrupted(_block_files()), _blocks),
}
