"""The watch over readers notices what it is there for."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.spec.errors import DataError
from tests.fuzz.watched import MEMORY, watched


@pytest.mark.parametrize("error", [DataError("no"), ValueError("no")])
def test_a_refusal_in_a_line_is_an_answer(tmp_path: Path, error: Exception) -> None:
    with watched(tmp_path):
        raise error


@pytest.mark.parametrize("error", [DataError(""), ValueError("two\nlines"), UnicodeError("no")])
def test_other_words_are_none(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(AssertionError), watched(tmp_path):
        raise error


def test_files_elsewhere_are_noticed(tmp_path: Path) -> None:
    (inside := tmp_path / "inside").mkdir()
    (tmp_path / "other").write_bytes(b"")
    for path, mode in ((tmp_path / "other", "rb"), (tmp_path / "new", "wb")):
        with pytest.raises(AssertionError, match="opened"), watched(inside):
            path.open(mode).close()
    with watched(inside):
        (inside / "own").write_bytes(b"")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux tells what is in use")
def test_much_memory_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(MemoryError), watched(tmp_path):
        bytearray(2 * MEMORY)
