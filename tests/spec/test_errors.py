"""Exit codes are part of the interface: scripts and CI read them."""

from __future__ import annotations

import pytest

from bench.spec import errors
from bench.spec.errors import (
    BenchError,
    DataError,
    ExitCode,
    JobError,
    StoreError,
    UnknownNameError,
    UsageError,
    one_line,
)


@pytest.mark.parametrize(
    ("kind", "code", "base"),
    [
        (UsageError, 2, BenchError),
        (UnknownNameError, 2, UsageError),
        (StoreError, 2, UsageError),
        (DataError, 4, BenchError),
        (JobError, 3, BenchError),
    ],
)
def test_every_error_has_its_exit_code(
    kind: type[BenchError], code: int, base: type[Exception]
) -> None:
    assert kind.exit_code == code
    assert kind.__base__ is base
    assert f"{kind.__name__}" in str(errors.__doc__)


def test_exit_codes_do_not_change() -> None:
    known = {"OK": 0, "REGRESSION": 1, "USAGE": 2, "JOBS_FAILED": 3, "DATA": 4, "INTERRUPTED": 130}
    assert {code.name: code.value for code in ExitCode if code.name in known} == known
    assert len({code.value for code in ExitCode}) == len(ExitCode)


def test_near_names_are_offered_and_far_ones_are_not() -> None:
    known = ["convnext_s", "convnext_m", "convnext_l", "convnext_xl", "swin"]
    said = str(UnknownNameError("model", "convnext", known))
    assert said.startswith("unknown model 'convnext'; did you mean convnext_")
    assert said.count("convnext_") == 3
    assert said.endswith("? `bench list models` shows all")
    assert str(UnknownNameError("dataset", "zzz", iter(known))) == (
        "unknown dataset 'zzz'; `bench list datasets` shows all"
    )
    assert "did you mean swin?" in str(UnknownNameError("model", "swan", known))
    assert "did you mean swin?" in str(UnknownNameError("model", "dino", known))  # half alike
    assert "did you mean" not in str(UnknownNameError("model", "s", known))


def test_a_long_reason_is_cut_at_four_hundred() -> None:
    whole = one_line(ValueError("x" * (400 - len("ValueError: "))))
    assert len(whole) == 400
    assert whole.endswith("x")
    cut = one_line(ValueError("x" * (401 - len("ValueError: "))))
    assert len(cut) == 400
    assert cut.endswith("x…")
