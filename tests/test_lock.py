"""What `make` installs is pinned, and the pins keep to pyproject's ranges."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "constraints/lock.txt"
OLDEST = ROOT / "constraints/oldest.txt"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
MACHINES = [
    {"python_version": python, "python_full_version": f"{python}.4", "sys_platform": system}
    | {"platform_system": name, "platform_machine": machine, "os_name": "posix"}
    | {"platform_python_implementation": "CPython", "implementation_name": "cpython"}
    for python in ("3.11", "3.12", "3.13")
    for system, name, machine in (("linux", "Linux", "x86_64"), ("darwin", "Darwin", "arm64"))
]


def _pins(file: Path, machine: dict[str, str]) -> dict[str, Version]:
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    pins = [Requirement(line) for line in lines]
    here = [pin for pin in pins if not pin.marker or pin.marker.evaluate(machine)]
    names = [canonicalize_name(pin.name) for pin in here]
    assert len(names) == len({*names}), "one package is pinned twice"
    return {canonicalize_name(pin.name): _version(pin) for pin in here}


def _version(pin: Requirement) -> Version:
    (exact,) = pin.specifier
    assert exact.operator == "=="
    return Version(exact.version)


def _declared() -> list[Requirement]:
    extras = PROJECT["project"]["optional-dependencies"].values()
    lines = [*PROJECT["project"]["dependencies"], *(line for extra in extras for line in extra)]
    return [Requirement(line) for line in (*lines, *PROJECT["build-system"]["requires"])]


@pytest.mark.parametrize("file", [LOCK, OLDEST], ids=lambda file: file.name)
def test_a_line_is_a_comment_or_a_name_with_its_version(file: Path) -> None:
    """No address, no path, no option: the same file serves every machine and mirror."""
    for line in file.read_text().splitlines():
        assert re.fullmatch(r"#[\w .:]*|[a-z0-9-]+==[0-9a-z.]+( ; [\w<>=!'. ()]+)?", line), line


@pytest.mark.parametrize("file", [LOCK, OLDEST], ids=lambda file: file.name)
@pytest.mark.parametrize(
    "machine", MACHINES, ids=lambda at: at["python_version"] + at["sys_platform"]
)
def test_every_declared_dependency_is_pinned_within_its_range(
    file: Path, machine: dict[str, str]
) -> None:
    pins = _pins(file, machine)
    for wanted in _declared():
        assert pins[canonicalize_name(wanted.name)] in wanted.specifier, wanted


def test_the_oldest_are_the_lower_bounds() -> None:
    pins = _pins(OLDEST, MACHINES[0])
    for wanted in _declared():
        (bound,) = (part for part in wanted.specifier if part.operator == ">=")
        assert pins[canonicalize_name(wanted.name)] == Version(bound.version), wanted


def test_whatever_the_pinned_need_is_pinned_as_well() -> None:
    """Followed through the installed packages, where they are the locked ones."""
    pins = _pins(LOCK, MACHINES[0])
    waiting = [name for name in pins if _installed(name)]
    if any(_installed(name) != pins[name] for name in ("torch", "timm", "pandas", "pytest")):
        pytest.skip("other versions than the locked ones are installed")
    for name in waiting:
        for line in metadata.requires(name) or ():
            needed = Requirement(line)
            if not needed.marker or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in pins, f"{name} needs {needed}"


def _installed(name: str) -> Version | None:
    try:
        return Version(Version(metadata.version(name)).public)
    except metadata.PackageNotFoundError:
        return None


def _make(*arguments: str) -> str:
    """The commands that make would run."""
    done = subprocess.run(
        ["make", "--dry-run", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.mark.parametrize("target", ["demo", "test", "lint", "wheel"])
def test_make_installs_what_is_locked(target: str, tmp_path: Path) -> None:
    commands = _make(target, f"VENV={tmp_path}")
    (install,) = (line for line in commands.splitlines() if "--editable" in line)
    assert "install -c constraints/lock.txt --editable" in install
    # For what pip builds from source; before and after release 25.3.
    assert (
        "PIP_CONSTRAINT=constraints/lock.txt PIP_BUILD_CONSTRAINT=constraints/lock.txt" in install
    )


def test_a_changed_lock_is_installed_anew(tmp_path: Path) -> None:
    for name in (".python", ".installed", ".installed-dev"):
        (tmp_path / name).touch()
    for target in ("install", "install-dev"):
        assert "pip" not in _make(target, f"VENV={tmp_path}")
        changed = _make(target, f"VENV={tmp_path}", "--what-if=constraints/lock.txt")
        assert "-c constraints/lock.txt" in changed


def test_the_oldest_and_the_newest_have_their_own_environments() -> None:
    oldest, newest = _make("test-oldest"), _make("test-newest")
    assert "VENV=.venv-oldest LOCK=constraints/oldest.txt" in oldest
    assert "rm -rf .venv-newest" in newest
    assert "VENV=.venv-newest LOCK=\n" in newest


def test_ci_installs_through_make_alone() -> None:
    commands = (ROOT / ".ci/run").read_text()
    assert 'make install-dev VENV="$VENV"' in commands
    assert 'make test VENV="$VENV"' in commands
    installs = [line for line in commands.splitlines() if re.search(r"pip.* install", line)]
    assert all("--no-deps" in line for line in installs), "the wheel brings no dependencies along"
