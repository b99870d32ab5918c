"""No file of others is a traceback: `make fuzz` runs the same for as long as it is given."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.readers import READERS
from tests.fuzz.watched import watched


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", READERS)
def test_a_reader_answers_or_refuses_in_a_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = READERS[name]
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))

    @settings(
        max_examples=60,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(reader.made())
    def one(data: bytes) -> None:
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder, watched(tmp_path):
            reader.read(Path(folder), data)

    one()
