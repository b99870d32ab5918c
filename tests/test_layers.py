"""The architecture, enforced: who may import what, no cycles, docstrings, sizes.

The rules are functions of source text, so that each is shown to fail on text that breaks it.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 250  # lines that are not blank
LONGEST_FUNCTION = 60

Sources = Mapping[str, str]  # path from the root, as posix, to text
Rule = Callable[[Sources], Iterator[str]]
Function = ast.FunctionDef | ast.AsyncFunctionDef

#: Who may import a heavy or far-reaching package; all others may not.
ONLY_IN: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("torch", "torchvision", "timm", "fvcore", "datasets", "safetensors"): (
        "bench/models/_*",
        "bench/data/_*",
        "bench/measure/*",
    ),
    ("matplotlib", "seaborn"): ("bench/render/chart.py",),
    ("typer", "rich"): ("bench/cli/*", "bench/render/terminal.py"),
    ("sqlite3",): ("bench/store/sqlite.py", "bench/store/transfer.py", "bench/store/store.py"),
    ("bench.cli",): ("bench/cli/*", "bench/__main__.py"),
}
#: What these files may import of the package; Patterns are of module names.
OF_BENCH_ONLY: Mapping[str, tuple[str, ...]] = {
    "bench/spec/kinds.py": (),
    "bench/spec/declare.py": ("bench.spec.kinds",),
    "bench/spec/errors.py": (),
    "bench/blocks/blocks.py": (),
    "bench/analysis/*": ("bench.analysis*",),
    "bench/metrics/*": (
        "bench.tasks.classification*",
        "bench.spec.errors",
        "bench.spec",
        "bench.registry",
    ),
    "bench/models/[!_]*": ("bench.spec", "bench.checkpoints.zoo", "bench.checkpoints.catalog"),
    "bench/registry/select.py": ("bench.spec", "bench.spec.errors"),
    "bench/run/plan.py": ("bench.spec", "bench.spec.errors"),
    "bench/executors/*": ("bench.spec", "bench.run.executors*"),
}
NEVER: Mapping[str, tuple[str, ...]] = {
    "bench/render/*": ("bench.analysis*", "bench.store"),
    "bench/measure/*": ("bench.store", "bench.run.loop", "bench.run.plan", "bench.render*"),
}


def sources() -> dict[str, str]:
    folders = ("bench", "suites", "reports")
    files = (file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))
    return {file.relative_to(ROOT).as_posix(): file.read_text() for file in files}


def imports(text: str, known: frozenset[str], *, typing_only: bool = True) -> Iterator[str]:
    """Modules that a text imports, anywhere in it; ``from a import b`` is ``a.b`` if a module."""
    for node in _walk(ast.parse(text), typing_only=typing_only):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a name comes from"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else str(node.module)


def _walk(tree: ast.AST, *, typing_only: bool) -> Iterator[ast.AST]:
    yield tree
    for child in ast.iter_child_nodes(tree):
        hidden = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if typing_only or not hidden:
            yield from _walk(child, typing_only=typing_only)


def modules(found: Sources) -> dict[str, str]:
    """Module name to path."""
    return {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in found
    }


def heavy_imports_stay_where_they_belong(found: Sources) -> Iterator[str]:
    known = frozenset(modules(found))
    for path, text in found.items():
        for name in imports(text, known):
            for packages, allowed in ONLY_IN.items():
                inside = any(name == p or name.startswith(f"{p}.") for p in packages)
                if inside and not any(fnmatchcase(path, pattern) for pattern in allowed):
                    yield f"{path} imports {name}; only {', '.join(allowed)} may"


def layers_import_downwards(found: Sources) -> Iterator[str]:
    known = frozenset(modules(found))
    for path, text in found.items():
        ours = [name for name in imports(text, known) if name.split(".")[0] == "bench"]
        for pattern, allowed in OF_BENCH_ONLY.items():
            for name in ours if fnmatchcase(path, pattern) else ():
                if not any(fnmatchcase(name, good) for good in allowed):
                    yield f"{path} imports {name}; of bench it may import {allowed or 'nothing'}"
        for pattern, forbidden in NEVER.items():
            for name in ours if fnmatchcase(path, pattern) else ():
                if any(fnmatchcase(name, bad) for bad in forbidden):
                    yield f"{path} imports {name}, which {pattern} must not"


def no_cycles(found: Sources) -> Iterator[str]:
    """Imports inside functions count; those for type checkers alone do not."""
    known = modules(found)
    graph = {
        name: {
            other
            for other in imports(found[path], frozenset(known), typing_only=False)
            if other in known and other != name
        }
        for name, path in known.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield f"imports in a circle: {' -> '.join(error.args[1])}"


def everything_public_has_a_docstring(found: Sources) -> Iterator[str]:
    for path, text in found.items():
        tree = ast.parse(text)
        if not ast.get_docstring(tree):
            yield f"{path} has no docstring"
        for name, node in _public(tree):
            if not ast.get_docstring(node):
                yield f"{path}: {name} has no docstring"


def _public(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Public classes and functions of a module, and public methods of such classes."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("_"):
            continue
        yield f"{inside}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from _public(node, f"{inside}{node.name}.")


def files_and_functions_stay_small(found: Sources) -> Iterator[str]:
    for path, text in found.items():
        lines = sum(bool(line.strip()) for line in text.splitlines())
        if lines > LONGEST_FILE:
            yield f"{path} has {lines} lines; the most is {LONGEST_FILE}"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                # A signature declares: a command's options are no long function.
                length = (node.end_lineno or 0) - node.body[0].lineno + 1
                if length > LONGEST_FUNCTION:
                    yield f"{path}: {node.name} has {length} lines; the most is {LONGEST_FUNCTION}"


RULES: tuple[Rule, ...] = (
    heavy_imports_stay_where_they_belong,
    layers_import_downwards,
    no_cycles,
    everything_public_has_a_docstring,
    files_and_functions_stay_small,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.__name__))
def test_the_package_keeps(rule: Rule) -> None:
    found = sources()
    assert "bench/spec/declare.py" in found
    assert "suites/scaling.py" in found
    assert list(rule(found)) == []


BREACHES = [
    (heavy_imports_stay_where_they_belong, {"bench/run/plan.py": "import torch"}, "imports torch"),
    (
        heavy_imports_stay_where_they_belong,
        {"bench/models/vit.py": "from timm.models import vit"},
        "vit.py imports timm.models",
    ),
    (
        heavy_imports_stay_where_they_belong,
        {"bench/run/loop.py": "def run():\n    import seaborn.objects"},
        "run.py imports seaborn.objects",
    ),
    (heavy_imports_stay_where_they_belong, {"bench/run/loop.py": "import rich"}, "run.py imports rich"),
    (
        heavy_imports_stay_where_they_belong,
        {"bench/run/loop.py": "from bench import cli", "bench/cli/__init__.py": ""},
        "run.py imports bench.cli",
    ),
    (
        layers_import_downwards,
        {"bench/analysis/tables/scaling.py": "from bench import store", "bench/store/store.py": ""},
        "table.py imports bench.store",
    ),
    (
        layers_import_downwards,
        {"bench/render/html.py": "from bench.analysis.tables.scaling import scaling_table"},
        "html.py imports bench.analysis.tables.scaling",
    ),
    (layers_import_downwards, {"bench/spec/declare.py": "from bench.spec.errors import UsageError"}, "spec.py"),
    (
        no_cycles,
        {
            "bench/a.py": "from bench import b",
            "bench/b.py": "def late():\n    from bench.c import x",
            "bench/c.py": "import bench.a",
        },
        "in a circle: bench.",
    ),
    (everything_public_has_a_docstring, {"bench/a.py": "x = 1"}, "a.py has no docstring"),
    (
        everything_public_has_a_docstring,
        {"bench/a.py": '"""A."""\nclass A:\n    """A."""\n    def f(self): ...'},
        "A.f has no docstring",
    ),
    (files_and_functions_stay_small, {"bench/a.py": "x = 1\n" * 251}, "251 lines"),
    (
        files_and_functions_stay_small,
        {"bench/a.py": "def f():\n" + "    x = 1\n" * 61},
        "f has 61 lines",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "found", "said"), BREACHES)
def test_each_rule_finds_a_breach(rule: Rule, found: Sources, said: str) -> None:
    messages = list(rule(found))
    assert len(messages) == 1
    assert said in messages[0]


def test_what_no_rule_forbids_passes() -> None:
    text = '''
    """A module."""
    from typing import TYPE_CHECKING
    if TYPE_CHECKING:
        from bench.b import B
    def _private(): ...
    '''
    found = {
        "bench/a.py": textwrap.dedent(text),
        "bench/b.py": '"""Another."""\nfrom bench import a',
        "bench/checkpoints/build.py": '"""Builds."""\nimport torch, timm',
    }
    for rule in RULES:
        assert list(rule(found)) == []
