"""How many small faults the tests notice: mutants of the source, each run against its tests.

    python benchmarks/mutation.py bench/spec bench/tasks bench/analysis --sample 8 --workers 2

Of the mutants of each file (see `benchmarks/mutants.py`) a sample is drawn, the same one for a
seed, and a larger sample contains the smaller.

Each worker has a copy of the tree and loads the libraries once; a mutant is written into the copy
and tested in a forked child, so it costs a second or two and the working tree is never touched.
A module is tested by its doctests and by ``tests/<same path>`` and whatever imports it from that
folder of tests; where there is nothing, by what imports it elsewhere, or by the folder's others;
never by the slow ones. A mutant that runs three times as long as its tests counts as killed.
Results are appended to ``--out``, and a run that was cut short goes on from there.
``benchmarks/mutants_equal.csv`` lists mutants that change no number: those are not counted.
"""

from __future__ import annotations

import argparse
import ast
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mutants import Mutant, sampled

PRELOADED = (
    *("numpy", "pandas", "pyarrow.parquet", "scipy.stats", "scipy.optimize", "scipy.special"),
    *("sklearn.metrics", "statsmodels.api", "statsmodels.stats.proportion"),
    *("hypothesis.extra.numpy", "pytest", "PIL.Image", "safetensors.torch", "torch", "timm"),
)
PYTEST = (
    *("-x", "-q", "-m", "not slow and not gpu", "-p", "no:cacheprovider", "-p", "no:xdist"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
#: Test files a module, the nearest ones.
MOST = 8
#: Where a part is tested that all others import.
ELSEWHERE = {
    "spec": (
        "tests/registry/test_declarations.py",
        "tests/run/test_plan.py",
        "tests/store/test_store.py",
    )
}


def imports(root: Path, path: str) -> set[str]:
    """Files of ``bench`` that a file imports, through a package's ``__init__`` too."""
    found = set()
    for node in ast.walk(ast.parse((root / path).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("bench"):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in names:
                stem = name.replace(".", "/")
                found |= {p for p in (f"{stem}.py", f"{stem}/__init__.py") if (root / p).exists()}
    for package in [p for p in found if p.endswith("__init__.py") and path.startswith("tests")]:
        found |= imports(root, package)
    return found


def tests_of(root: Path, path: str, without: tuple[str, ...]) -> list[str]:
    """Where a module is tested, the nearest first; itself, for its doctests, before all."""
    part, place = path.split("/")[1], Path(path)
    mirror = "tests/" + "/".join(place.parts[1:-1])
    ranked = []
    for test in sorted((root / "tests").rglob("test_*.py")):
        name = test.relative_to(root).as_posix()
        if test.name in without:
            continue
        direct = imports(root, name)
        if name == f"{mirror}/test_{place.name}":
            ranked.append((0, name))
        elif path in direct and part not in ELSEWHERE:
            ranked.append((1 if name.startswith(mirror) else 2, name))
        elif name.startswith(f"{mirror}/"):
            ranked.append((3, name))
        elif name.split("/")[1] == part and any(path in imports(root, p) for p in direct):
            ranked.append((4, name))
    chosen: list[str] = []
    for tiers in ((0, 1), (2,), (3, 4)):
        chosen = chosen or [name for rank, name in sorted(ranked) if rank in tiers]
    doctests = [path] if ">>>" in (root / path).read_text() else []
    return [*doctests, *chosen[:MOST], *ELSEWHERE.get(part, ())]


class _First:
    """The first test that fails, as pytest reports it."""

    failed = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            self.failed = f"{report.nodeid} (import)"


def tested(tests: list[str], longest: float) -> tuple[str, str, float]:
    """``survived``, ``killed`` or ``timeout``, the test that failed, and seconds; in a child."""
    reader, writer = os.pipe()
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        sink = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(sink, stream)
        import pytest

        first = _First()
        code = pytest.main([*PYTEST, "--basetemp", tempfile.mkdtemp(dir=".."), *tests], [first])
        os.write(writer, f"{int(code)} {first.failed}".encode()[:4000])
        os._exit(0)
    os.close(writer)
    while not (done := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() - start > longest:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(reader)
            return "timeout", "", time.monotonic() - start
        time.sleep(0.02)
    said = os.read(reader, 4000).decode().partition(" ")
    os.close(reader)
    verdict = "survived" if done[1] == 0 and said[0] in ("0", "5") else "killed"
    return verdict, said[2], time.monotonic() - start


def work(root: Path, given: list[Mutant], out: Path, without: tuple[str, ...]) -> None:
    """Test these mutants in a copy of the tree, each result one line of ``out``."""
    here = Path(tempfile.mkdtemp(prefix="mutants-"))
    tree = here / "tree"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],  # noqa: S607
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        if (root / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, tree / name)
    os.chdir(tree)
    os.environ |= {"PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1", "BENCH_CACHE": str(here)}
    sys.path[:] = [str(tree), *(p for p in sys.path if Path(p).name != "benchmarks")]
    usual: dict[str, float] = {}
    where: dict[str, list[str]] = {}
    for mutant in given:
        if mutant.path not in where:
            where[mutant.path] = tests_of(tree, mutant.path, without)
            for name in [name for name in where[mutant.path] if name not in usual]:
                verdict, failed, usual[name] = tested([name], 600)
                if verdict != "survived":
                    print(f"{name} fails without a mutant and is left out: {failed}", flush=True)
                    usual[name] = -1
        tests = [name for name in where[mutant.path] if usual[name] >= 0]
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        file = tree / mutant.path
        source = file.read_bytes()
        for stale in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            stale.unlink()
        file.write_bytes(source[: mutant.start] + mutant.text.encode() + source[mutant.end :])
        longest = 15 + 3 * sum(usual[name] for name in tests)
        verdict, failed, seconds = tested(tests, longest) if tests else ("survived", "", 0.0)
        file.write_bytes(source)
        sys.dont_write_bytecode = False
        del os.environ["PYTHONDONTWRITEBYTECODE"]
        row = asdict(mutant) | {"verdict": verdict, "by": failed, "seconds": round(seconds, 1)}
        with out.open("a") as lines:
            lines.write(json.dumps(row) + "\n")
    shutil.rmtree(here, ignore_errors=True)


def results(out: Path) -> dict[Mutant, dict[str, Any]]:
    """The latest row of each mutant in a file of results."""
    rows = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    names = Mutant.__dataclass_fields__
    return {Mutant(**{name: row[name] for name in names}): row for row in rows}


def told(rows: Iterable[dict[str, Any]]) -> None:
    """Print the share killed of each file and of all, then the survivors."""
    files: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        files[row["path"]].append(row)
    counts = {p: (sum(r["verdict"] != "survived" for r in f), len(f)) for p, f in files.items()}
    for path, (killed, n) in sorted(counts.items()):
        print(f"{killed:4} / {n:<4} {killed / n:5.0%}  {path}")
    killed, n = (sum(count[i] for count in counts.values()) for i in (0, 1))
    print(f"{killed:4} / {n:<4} {killed / max(n, 1):5.1%}  all")
    for row in (r for path in sorted(files) for r in files[path] if r["verdict"] == "survived"):
        print(f"\n{row['path']}:{row['line']}\n- {row['before']}\n+ {row['after']}")


def main() -> None:
    """Run what ``--out`` does not have yet, and print it all."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("paths", nargs="+", help="folders or files of bench, from the root")
    parser.add_argument("--sample", type=int, default=8, help="mutants a file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--root", type=Path, default=Path(), help="the tree to test")
    parser.add_argument("--out", type=Path, default=Path("mutants.jsonl"))
    parser.add_argument("--without", nargs="*", default=(), help="test files to leave out")
    parser.add_argument("--again", action="store_true", help="test survivors in --out once more")
    asked = parser.parse_args()
    root, out = asked.root.resolve(), asked.out.resolve()
    paths: dict[str, None] = {}
    for given in asked.paths:
        files = sorted((root / given).rglob("*.py")) if (root / given).is_dir() else [root / given]
        paths |= dict.fromkeys(p.relative_to(root).as_posix() for p in files)
    chosen = sampled(paths, root, asked.sample, asked.seed)
    known = results(out)
    skipped = {m for m, row in known.items() if not asked.again or row["verdict"] != "survived"}
    waiting = [m for m in chosen if m not in skipped]
    if waiting:
        for name in PRELOADED:
            __import__(name)
        gc.freeze()
    # Whole files to a worker, so that each set of tests is timed once.
    order = {path: i for i, path in enumerate(dict.fromkeys(m.path for m in waiting))}
    children = []
    for worker in range(asked.workers):
        mine = [m for m in waiting if order[m.path] % asked.workers == worker]
        if (child := os.fork()) == 0:
            work(root, mine, out, tuple(asked.without))
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    known = results(out)
    told(known[m] for m in chosen if m in known)


if __name__ == "__main__":
    main()
