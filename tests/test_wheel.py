"""The wheel brings along all that a run needs, and nothing at the top level but the package."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bench import registry

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_the_package_and_nothing_beside_it(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"bench"}
    for folder in ("suites", "reports"):
        for file in (ROOT / folder).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                assert f"bench/_{folder}/{file.relative_to(ROOT / folder)}" in names
    weights = {path.name for path in (ROOT / "bench" / "zoo").glob("*.safetensors")}
    assert {name for name in weights if f"bench/zoo/{name}" in names} == weights
    assert "bench/py.typed" in names


def test_it_is_small_enough(wheel: Path) -> None:
    assert wheel.stat().st_size <= 25 * 2**20


def test_it_works_from_outside_the_repository(wheel: Path, tmp_path: Path) -> None:
    """Installed alone, it declares what the source tree declares."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    done = subprocess.run(
        [sys.executable, "-m", "bench", "list"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
    )
    words = set(done.stdout.split())
    declared = registry.load()
    assert {*declared.models, *declared.datasets, *declared.suites} <= words
    probe = "import bench, sys; sys.stdout.write(bench.__file__)"
    where = subprocess.run(
        [sys.executable, "-c", probe],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
    )
    assert Path(where.stdout) == tmp_path / "site" / "bench" / "__init__.py"
