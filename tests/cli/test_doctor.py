"""``bench doctor`` tells what is there and what is damaged."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


def test_it_names_versions_devices_data_and_weights(bench: Call) -> None:
    assert bench("data", "show", "tiny-v2").code == 0
    out = bench("doctor").out
    assert f"torch {version('torch')}" in out
    assert "cpu" in out
    assert "GiB free" in out
    lines = {line.split()[0]: line for line in out.splitlines() if line.startswith(" ")}
    assert "1 of 1 whole" in lines["tiny"]
    assert "0 of 1 whole" in lines["damaged"]
    assert "OTHER PIXELS" in lines["tiny-v2"]


def test_damaged_weights_are_exit_4(bench: Call) -> None:
    said = bench("doctor")
    assert said.code == 4
    (warning,) = said.err.splitlines()
    assert warning.startswith("bench: warning: ")
    assert "more like it" in warning


def test_a_whole_machine_is_exit_0(bench: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench import registry

    tiny = registry.models("tiny")
    monkeypatch.setattr("bench.registry.models", lambda *_: tiny)
    said = bench("doctor")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-1] == "all good"


def test_it_needs_nothing_on_disk(bench: Call, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(here / "absent" / "cache"))
    assert "not drawn yet" in bench("doctor").out
    assert not (here / "absent").exists()
