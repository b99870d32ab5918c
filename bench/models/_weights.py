"""Weight files, checked before use; standard library only, so that checking needs no torch."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from bench.errors import DataError, UsageError
from bench.models._zoo import zoo_file
from bench.spec import Model


def read(model: Model) -> bytes:
    """The bytes of the model's weight file, of the digest that its card states.

    Raises `DataError` when the file is missing, unreadable or of another digest, `UsageError` when
    ``BENCH_ZOO`` names no folder: the package's weights are not what was asked for.
    """
    own = os.environ.get("BENCH_ZOO")
    if own and not Path(own).is_dir():
        raise UsageError(f"BENCH_ZOO names {own!r}, which is no folder")
    path = zoo_file(model.weights)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"no weights for {model.name} at {path}: train them with `bench train {model.name}` "
            "or point BENCH_ZOO at a folder that has them"
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != model.weights_sha256:
        raise DataError(
            f"{path.name} is damaged or not the file its card describes: sha256 {digest[:12]}, "
            f"expected {model.weights_sha256[:12] or 'a card'}; restore it or reinstall"
        )
    return data
