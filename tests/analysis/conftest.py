from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def reference() -> Callable[[str], pd.DataFrame]:
    """Public data to check against, by file name; the test skips where it is absent."""

    def read(name: str) -> pd.DataFrame:
        folder = Path(os.environ.get("BENCH_REFERENCE", _ROOT.parent / "shared" / "reference"))
        path = folder / "scaling" / name
        if not path.exists():
            pytest.skip(f"no {path.name}: set BENCH_REFERENCE to the folder of reference data")
        return pd.read_csv(path)

    return read
