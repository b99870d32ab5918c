"""What all tests share: a registry without the user's own folders, and patient hypothesis."""

from __future__ import annotations

import sys

import pytest
from hypothesis import HealthCheck, settings

# Shared machines stall: a slow example is no failure. Derandomised, a red test stays red.
settings.register_profile(
    "bench",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("bench")


@pytest.fixture(autouse=True)
def _no_folders_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see the package's own declarations, unless they set the variable themselves."""
    monkeypatch.delenv("BENCH_PATH", raising=False)
    monkeypatch.setattr(sys, "path", sys.path[:])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: begun last, one of them would keep a worker while the others idle."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
