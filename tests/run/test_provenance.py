"""Provenance: enough to measure again, nothing that names a person or a place."""

from __future__ import annotations

import json
import os
import platform
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bench
from bench.run import provenance
from bench.spec import Options
from bench.spec.errors import UsageError

ROOT = Path(__file__).parents[2]


def test_it_says_what_ran_and_on_what() -> None:
    found = provenance.snapshot(Options(batch_size=8), ["/x/bench", "run", "scaling"])
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["bench"] == bench.__version__
    assert found["command"] == "bench run scaling"
    assert found["python"].startswith(platform.python_version())
    assert found["packages"]["torch"] == version("torch")
    assert found["packages"]["pillow"] == version("pillow")
    assert found["options"]["batch_size"] == 8
    assert found["device"]["device"] == "cpu"
    assert found["device"]["threads"] >= 1
    assert found["device"]["tf32"] is False


def test_a_device_that_is_not_there_is_one_line() -> None:
    with pytest.raises(UsageError, match="cuda:77"):
        provenance.snapshot(Options(device="cuda:77"))


def test_on_a_cpu_it_loads_neither_torch_nor_pandas() -> None:
    program = (
        "import sys; from bench import spec; from bench.run import provenance;"
        "provenance.snapshot(spec.Options());"
        "print(*sorted({'torch', 'timm', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_it_leaks_no_secret_no_name_and_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in provenance.variables():
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", "/home/anna-private")
    monkeypatch.setenv("LOGNAME", "anna")  # what `getpass.getuser` asks first
    monkeypatch.setenv("HF_TOKEN", "hf_secretsecret")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("PYTORCH_CUDA_ALLOC_CONF", "/home/anna-private/token=secret")
    monkeypatch.setenv("BENCH_PATH", f"{ROOT}{os.pathsep}{ROOT / 'docs'}")
    words = ["bench", "run", "scaling", "--output", "/home/anna-private/out", f"--models=@{ROOT}/x"]
    found = provenance.snapshot(Options(), words)
    text = json.dumps(found)
    for leak in ("anna", "secret", socket.gethostname(), str(Path.cwd()), str(ROOT), sys.prefix):
        assert leak not in text
    assert found["variables"] == {"HF_HUB_OFFLINE": "1", "PYTORCH_CUDA_ALLOC_CONF": "(set)"}
    assert found["extra_folders"] == 2


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["run", "scaling", "--limit", "50"], "bench run scaling --limit 50"),
        (["run", "--models", "convnext,*.g22k"], "bench run --models 'convnext,*.g22k'"),
        (["run", "-o", "results/today"], "bench run -o results/today"),
        (["run", "-o", "/srv/secret/today/"], "bench run -o …/today"),
        (["run", "-o", "/home/ann"], "bench run -o …"),
        (["run", "-o", "~ann"], "bench run -o …"),
        (["run", "-m", "vit,@/home/ann/list.txt"], "bench run -m vit,@…/list.txt"),
        (["run", r"--output=C:\Users\Ann\out"], "bench run --output=…/out"),
    ],
)
def test_a_command_line_keeps_what_repeats_it_and_drops_where_it_was(
    words: list[str], shown: str
) -> None:
    assert provenance.command(["/usr/bin/bench", *words]) == shown


@given(
    st.sampled_from(["", "--output=", "@", "vit,@", "--models=vit,@"]),
    st.sampled_from(["/home/ann", "/Users/ann", "~ann", "C:\\Users\\ann", "~/..//ann"]),
    st.text(st.characters(exclude_characters="an,"), max_size=9),
)
def test_a_home_never_shows(before: str, home: str, inside: str) -> None:
    assert "ann" not in provenance.command(["bench", f"{before}{home}/{inside}/x"])


def test_the_commit_is_the_checkouts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*words: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", "-C", tmp_path, *identity, *words], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    package = tmp_path / "bench"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(bench, "__file__", str(package / "__init__.py"))
    assert provenance.commit() is None  # an installed package is in no checkout
    git("init", "-q")
    assert provenance.commit() is None  # nor is there a commit in an empty one
    git("add", ".")
    git("commit", "-q", "-m", "first")
    head = git("rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", "/nowhere")  # as within a hook
    assert provenance.commit() == {"id": head, "modified": False}
    (tmp_path / "notes.txt").write_text("untracked files change no number")
    assert provenance.commit() == {"id": head, "modified": False}
    (package / "__init__.py").write_text("changed = True")
    assert provenance.commit() == {"id": head, "modified": True}
    monkeypatch.setenv("PATH", "/nowhere")
    assert provenance.commit() is None  # no git here
