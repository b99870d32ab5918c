"""A hub on loopback, and a folder of the user's own weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkpoints.hub_server import Hub, point_client_at, serving


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serving() as hub:
        point_client_at(hub, tmp_path, monkeypatch)
        yield hub


@pytest.fixture
def own(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("BENCH_WEIGHTS", str(folder))
    return folder
