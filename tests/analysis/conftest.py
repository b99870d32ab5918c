from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

_REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="session")
def reference() -> Callable[[str], pd.DataFrame]:
    """Published numbers to check against, by file name; see ``tests/reference/SOURCES.md``."""
    return lambda name: pd.read_csv(_REFERENCE / name)
