"""Mistakes get one line and the documented exit code, never a traceback."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import bench as package
from bench.spec.errors import ExitCode

Call = Callable[..., Any]


def one_line(err: str) -> str:
    """The only line on stderr."""
    lines = err.splitlines()
    assert len(lines) == 1, err
    assert lines[0].startswith("bench: ")
    assert "Traceback" not in err
    return lines[0]


MISTAKES = [
    (["run", "scalign"], 2, "did you mean scaling"),
    (["run", "tiny", "--models", "tiiny"], 2, "unknown model 'tiiny'; did you mean tiny"),
    (["run", "tiny", "--models", "tiny*.g22k"], 2, "unknown model 'tiny*.g22k'"),
    (["run", "tiny", "--models", ","], 2, "no model selected"),
    (["run", "tiny", "--models", ""], 2, "no model selected"),
    (["run", "tiny", "--models", "@absent.txt"], 2, "absent.txt"),
    (["run", "tiny", "--pretrain", "in22k"], 2, "no model left"),
    (["run", "tiny", "--pretrain", "in3k"], 2, "in1k"),
    (["run", "tiny", "--models", "absent"], 4, "no weights for absent_xs.g1k"),
    (["run", "tiny", "--models", "damaged"], 4, "damaged.safetensors is damaged"),
    (["run", "tiny", "--data", "imagenet-val"], 2, "--data-dir FOLDER or --from imagenet-val="),
    (["run", "scaling", "--data", "imagenet"], 2, "--data-dir FOLDER or --from imagenet-val="),
    (["run", "scaling", "--data", "imagenet", "--data-dir", "nowhere"], 2, "is no folder"),
    (["run", "scaling", "--from", "imagenet-val"], 2, "imagenet-val"),
    (["run", "scaling", "--data", "imagenet-r", "--from", "imagenet-r=nowhere"], 2, "not there"),
    (["run", "tiny", "--conditions", "fast"], 2, "unknown word 'fast'"),
    (["run", "tiny", "--img-size", "64"], 2, "img"),
    (["run", "scaling", "--source", "published", "--models", "nope"], 2, "unknown model 'nope'"),
    (["run", "tiny", "--source", "guessed"], 2, "published"),
    (["report", "--models", "swin"], 2, "--source published"),
    (["report", "--source", "published", "--report", "efficiency"], 2, "no published figures"),
    (["run", "tiny", "--data", "tiny-vla"], 2, "did you mean tiny-val"),
    (["run", "tiny", "--data", ","], 2, "selects nothing"),
    (["run", "tiny", "--data", "glyphs"], 2, "selects nothing"),
    (["run", "tiny", "--batch-size", "0"], 2, "--batch-size"),
    (["run", "tiny", "-b", "-4"], 2, "--batch-size"),
    (["run", "tiny", "--batch-size", "many"], 2, "--batch-size"),
    (["run", "tiny", "--limit", "-1"], 2, "--limit"),
    (["run", "tiny", "--limit", "0"], 2, "--limit"),
    (["run", "tiny", "--workers", "0"], 2, "--workers"),
    (["run", "tiny", "--amp", "--amp-dtype", "float8"], 2, "bfloat16"),
    (["run", "tiny", "--amp-dtype", "bfloat16"], 2, "--amp"),
    (["run", "tiny", "--device", "cuda:99"], 2, "available: cpu"),
    (["run", "tiny", "--device", "abacus"], 2, "available: cpu"),
    (["run", "tiny", "--output", "/dev/null/x"], 2, "/dev/null/x"),
    (["run", "tiny", "--output", "/dev/null"], 2, "/dev/null"),
    (["run", "tiny", "--turbo"], 2, "--turbo"),
    (["run"], 2, "Missing argument 'suite'"),
    (["rn", "tiny"], 2, "rn"),
    (["list", "modles"], 2, "models"),
    (["report"], 2, "no results at results/results.db"),
    (["report", "--html", "--latex"], 2, "one of"),
    (["report", "--to", "x"], 2, "needs a format"),
    (["report", "--report", "scaling", "--suite", "tiny"], 2, "not both"),
    (["report", "--suite", "tny"], 2, "did you mean tiny"),
    (["report", "--report", "scalign"], 2, "unknown report"),
    (["export", "--format", "xlsx"], 2, "latex"),
    (["export", "--format", "jsonl"], 2, "--to"),
    (["import", "absent.jsonl"], 2, "absent.jsonl"),
    (["data", "show", "tiny-vla"], 2, "did you mean tiny-val"),
    (["data", "show", "tiny-*"], 2, "matches 4 datasets"),
    (["data", "show", "tiny-val", "--to", "/dev/null/x.png"], 2, "/dev/null/x.png"),
    (["train", "convnxt_m"], 2, "did you mean convnext_m"),
    (["train", "tiny", "--seed", "-1"], 2, "--seed"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "says"), MISTAKES, ids=[" ".join(words) for words, _, _ in MISTAKES]
)
def test_a_mistake_is_one_line(
    bench: Call, here: Path, arguments: list[str], code: int, says: str
) -> None:
    said = bench(*arguments)
    assert (said.code, says in one_line(said.err)) == (code, True), said
    store = here / "results" / "results.db"
    with closing(sqlite3.connect(store if store.exists() else ":memory:")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS runs (run)")
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)


def test_a_store_from_a_newer_version_is_refused(bench: Call, here: Path) -> None:
    assert bench("run", "tiny", "--limit", "5").code == 0
    with closing(sqlite3.connect(here / "results" / "results.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    for arguments in (["run", "tiny"], ["run", "tiny", "--dry-run"], ["report"], ["export"]):
        said = bench(*arguments)
        assert said.code == 2
        assert "upgrade" in one_line(said.err)


def test_something_else_than_a_store_is_refused(bench: Call, here: Path) -> None:
    (here / "results").mkdir()
    (here / "results" / "results.db").write_bytes(b"not SQLite at all" * 100)
    for arguments in (["run", "tiny"], ["report"]):
        said = bench(*arguments)
        assert said.code == 2
        assert "not a results store" in one_line(said.err)


def test_a_real_process_ends_with_the_code_and_the_line(program: Call) -> None:
    said = program("run", "tiny", "--models", "tiiny")
    assert said.code == 2
    assert "did you mean tiny" in one_line(said.err)


def test_an_unexpected_error_says_how_to_see_more(
    bench: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("first\nsecond")

    monkeypatch.setattr("bench.registry.suites", broken)
    said = bench("list")
    assert said.code == 70, "1 is a regression, and nothing else"
    assert one_line(said.err) == (
        "bench: unexpected ZeroDivisionError: first second; set BENCH_DEBUG=1 to see where"
    )
    monkeypatch.setenv("BENCH_DEBUG", "1")
    said = bench("list")
    assert said.code == 70
    assert "Traceback" in said.err
    assert "in broken" in said.err


def test_a_command_line_that_cannot_be_loaded_is_no_regression() -> None:
    program = (
        "import sys; sys.modules['typer'] = None\nfrom bench.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 70
    assert "not installed completely" in done.stderr


def test_interrupt_is_130(bench: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bench.registry.suites", interrupted)
    said = bench("list")
    assert said.code == 130
    assert one_line(said.err) == "bench: interrupted; run the same command to resume"


def test_closed_streams_are_no_mistake(here: Path) -> None:
    for closed in (">&-", "2>&-"):
        done = subprocess.run(
            [
                "sh",
                "-c",
                f'exec "$0" -m bench run tiny --data val --limit 5 {closed}',
                sys.executable,
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done
        assert "unexpected" not in done.stdout + done.stderr


def test_version_and_help(bench: Call) -> None:
    assert bench("--version").out == f"bench {package.__version__}\n"
    nothing, asked = bench(), bench("--help")
    assert nothing.code == asked.code == 0
    assert nothing.out == asked.out


def test_help_documents_every_exit_code(bench: Call) -> None:
    text = bench("--help").out
    documented = {int(code) for code in re.findall(r"^ +(\d+)  ", text, re.M)}
    assert documented == set(ExitCode)


def test_help_documents_every_variable(bench: Call) -> None:
    sources = Path(package.__file__).parent.rglob("*.py")
    read = {name for file in sources for name in re.findall(r'"(BENCH_[A-Z_]+)"', file.read_text())}
    documented = set(re.findall(r"^ +(BENCH_[A-Z_]+)  ", bench("--help").out, re.M))
    assert documented == read
