"""The commands do the same whatever the environment, the locale and the disk are like."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_TABLE = "family,gmacs,error\n" + "".join(
    f"{name},{x},{error}\n"
    for name, bend in (("Ä±", 0), ("Ö", 1))
    for x, error in ((1, 30 + bend), (2, 25), (4, 22 - bend), (8, 20))
)
_FIT = ("fit", "t.csv", "--x", "gmacs", "--y", "error", "--by", "family")
_COMMANDS = (
    ("run", "tiny", "--models", "tiny_xs.g1k", "--limit", "20", "--output", "made"),
    ("report", "--output", "made"),
    ("report", "--output", "STORE", "--html", "--to", "report.html"),
    ("report", "--output", "STORE", "--markdown"),
    ("report", "--output", "STORE", "--latex", "--to", "report.tex"),
    ("export", "--output", "STORE", "--format", "csv", "--to", "table.csv"),
    ("export", "--output", "STORE", "--format", "jsonl", "--to", "jobs.jsonl"),
    (*_FIT, "--html", "--to", "fit.html"),
    (*_FIT, "--csv", "--to", "fit.csv"),
    (*_FIT, "--markdown"),
    (*_FIT, "--json"),
    _FIT,
    ("list", "models"),
    ("data", "list"),
    ("doctor",),
)
_FILES = ("report.html", "report.tex", "table.csv", "jobs.jsonl", "fit.html", "fit.csv")
_DRIVER = """
import json, sys
from bench.cli import main
if __name__ == "__main__":
    commands = json.loads(sys.argv[1])
    codes = [main(command) for command in commands]
    sys.stdout.flush()
    open("codes.json", "w").write(json.dumps(codes))
"""
_NOBODY = """
import pwd

def nobody(user):
    raise KeyError(f"getpwuid(): uid not found: {user}")

pwd.getpwuid = nobody
"""
_RC = (
    "font.size: 30\nlines.linewidth: 9\ntext.usetex: True\nsavefig.bbox: tight\nbackend: nothing\n"
)


@dataclass(frozen=True)
class Surroundings:
    """What differs from the usual: variables set or, if None, absent; the umask; a user unknown."""

    variables: dict[str, str | None] = field(default_factory=dict)
    umask: int = -1
    nobody: bool = False


def _set(**variables: str | None) -> Surroundings:
    return Surroundings(variables)


_KERNEL = "module://matplotlib_inline.backend_inline"
_C = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
_ALONE = {
    "the backend of a notebook": _set(MPLBACKEND=_KERNEL),
    "a matplotlibrc of the user's": _set(MATPLOTLIBRC="rc"),
    "no matplotlibrc": _set(MATPLOTLIBRC="nowhere"),
    "ascii": _set(PYTHONIOENCODING="ascii"),
    "latin-1": _set(PYTHONIOENCODING="latin-1"),
    "the C locale": _set(**_C),
    "no columns": _set(COLUMNS="0"),
    "columns that are no number": _set(COLUMNS="wide"),
    "few columns": _set(COLUMNS="20"),
    "no home": Surroundings({"HOME": None}, nobody=True),
    "a home that is not there": _set(HOME="/dev/null/home"),
    "no folder for scratch files": _set(TMPDIR="/dev/null/tmp"),
    "files for oneself": Surroundings(umask=0o077),
    "files for all": Surroundings(umask=0),
    "warnings as errors": _set(PYTHONWARNINGS="error"),
    "no images today": _set(BENCH_DATA="/dev/null/images"),
}
_TOGETHER = Surroundings(
    {
        "MPLBACKEND": _KERNEL,
        "MATPLOTLIBRC": "rc",
        "PYTHONIOENCODING": "ascii",
        "COLUMNS": "0",
        "HOME": None,
        "TMPDIR": "/dev/null/tmp",
        "PYTHONWARNINGS": "error",
        "BENCH_DATA": "/dev/null/images",
    },
    umask=0o077,
    nobody=True,
)


@dataclass(frozen=True)
class Did:
    """The exit code of each command, all they said, and the files they made."""

    codes: dict[str, int]
    out: bytes
    err: str
    files: dict[str, bytes]


def _do(world: Path, folder: Path, store: Path | None, surroundings: Surroundings) -> Did:
    """All commands in one process, only the first where there is no ``store`` yet."""
    commands = [
        [str(store) if word == "STORE" else word for word in command]
        for command in (_COMMANDS if store else _COMMANDS[:1])
    ]
    (folder / "t.csv").write_text(_TABLE, encoding="utf-8")
    (folder / "rc").mkdir()
    (folder / "rc/matplotlibrc").write_text(_RC)
    (folder / "driver.py").write_text(_DRIVER)
    paths = [str(world), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    if surroundings.nobody:
        (folder / "nobody").mkdir()
        (folder / "nobody/sitecustomize.py").write_text(_NOBODY)
        paths.insert(0, str(folder / "nobody"))
    variables = {
        **{k: v for k, v in os.environ.items() if k not in ("COLUMNS", "BENCH_DEBUG")},
        "BENCH_PATH": str(world),
        "BENCH_CACHE": str(world / "cache"),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        **surroundings.variables,
    }
    done = subprocess.run(
        [sys.executable, "driver.py", json.dumps(commands)],
        cwd=folder,
        env={name: value for name, value in variables.items() if value is not None},
        umask=surroundings.umask,
        capture_output=True,
        check=False,
        timeout=300,
    )
    err = done.stderr.decode(errors="replace")
    assert done.returncode == 0, err
    codes = json.loads((folder / "codes.json").read_text())
    return Did(
        {" ".join(command): code for command, code in zip(commands, codes, strict=True)},
        done.stdout,
        err,
        {name: (folder / name).read_bytes() for name in _FILES if (folder / name).exists()},
    )


@pytest.fixture(scope="module")
def store(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the small world, to be read by all."""
    folder = tmp_path_factory.mktemp("usual_run")
    did = _do(world, folder, None, Surroundings())
    assert set(did.codes.values()) == {0}, did.err
    return folder / "made"


@pytest.fixture(scope="module")
def usual(world: Path, store: Path, tmp_path_factory: pytest.TempPathFactory) -> Did:
    """What the commands do in ordinary surroundings."""
    did = _do(world, tmp_path_factory.mktemp("usual"), store, Surroundings())
    # The world has damaged weights, which the doctor finds.
    assert [name for name, code in did.codes.items() if code] == ["doctor"], did.err
    return did


def _all_the_same(did: Did, usual: Did) -> None:
    assert did.codes == usual.codes, did.err
    assert "unexpected" not in did.err
    assert "Traceback" not in did.err
    assert did.files.keys() == set(_FILES)
    for name in _FILES:
        assert did.files[name] == usual.files[name], name


def test_all_that_may_be_unusual_at_once_changes_no_file(
    world: Path, store: Path, usual: Did, tmp_path: Path
) -> None:
    did = _do(world, tmp_path, store, _TOGETHER)
    _all_the_same(did, usual)
    assert did.out.isascii()
    assert b"+/-" in did.out


@pytest.mark.slow
@pytest.mark.parametrize("name", _ALONE)
def test_each_alone_changes_no_file(
    name: str, world: Path, store: Path, usual: Did, tmp_path: Path
) -> None:
    _all_the_same(_do(world, tmp_path, store, _ALONE[name]), usual)
