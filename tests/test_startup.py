"""The program starts fast, because listing and planning load nothing heavy."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

HEAVY = ("torch", "timm", "pandas", "numpy", "seaborn", "matplotlib", "datasets", "scipy", "rich")
_PROBE = """
import sys
from bench.cli import main
code = main(sys.argv[1:])
print(code, *sorted(set(sys.modules)), file=sys.stderr)
"""


def loaded(folder: Path, *arguments: str) -> set[str]:
    """Modules that a call of the program has imported when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    code, *names = done.stderr.splitlines()[-1].split()
    assert code == "0", done.stderr
    return set(names)


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--help"], ()),
        (["run", "--help"], ()),
        (["--version"], ()),
        (["list"], ()),
        (["run", "scaling", "--dry-run", "--device", "cpu"], ("numpy",)),
    ],
    ids=lambda value: " ".join(value),
)
def test_nothing_heavy_is_imported(
    tmp_path: Path, arguments: list[str], allowed: tuple[str, ...]
) -> None:
    assert loaded(tmp_path, *arguments) & set(HEAVY) <= set(allowed)


def test_help_takes_less_than_three_tenths_of_a_second(tmp_path: Path) -> None:
    """Best of five by the clock; where other programs share the cores, by the CPU time used."""
    clock, used = [], []
    for _ in range(5):
        begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "bench", "--help"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=tmp_path,
        )
        clock.append(time.perf_counter() - begun)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    crowded = os.getloadavg()[0] > 0.75 * (os.cpu_count() or 1)
    assert min(used if crowded else clock) < 0.3, (clock, used)
