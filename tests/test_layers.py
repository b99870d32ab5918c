"""The architecture, enforced: who may import what, no cycles, docstrings, sizes.

The rules are functions of source text, so that each is shown to fail on text that breaks it.
"""

from __future__ import annotations

import ast
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
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

#: Rooms from the ground up; a room imports those on lower floors alone, so every arrow points down.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("bench.spec",),
    ("bench.analysis", "bench.blocks", "bench.images"),
    ("bench.render", "bench.checkpoints"),
    ("bench.models", "bench.data", "bench.registry"),
    ("bench.network", "bench.cost"),
    ("bench.tasks", "bench.speed"),
    ("bench.training", "bench.store"),
    ("bench.published", "bench.run"),
    ("bench.report",),
    ("bench.cli", "reports"),
)
#: Rooms that stand on any floor: declarations of suites, and what starts the program.
ANYWHERE = ("suites", "bench.__main__")
#: Who may import a heavy or far-reaching package; all others may not.
ONLY_IN: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("torch", "torchvision", "timm", "fvcore"): (
        "bench/checkpoints/*",
        "bench/network/*",
        "bench/tasks/*",
        "bench/cost/*",
        "bench/speed/*",
        "bench/training/*",
        "bench/images/imagenet/synsets.py",  # timm ships the classes
    ),
    ("safetensors", "huggingface_hub"): ("bench/checkpoints/*", "bench/training/*"),
    ("datasets",): ("bench/images/listed/hub.py",),
    ("PIL",): ("bench/images/*", "bench/cli/data.py"),
    ("matplotlib", "seaborn"): ("bench/render/chart.py",),
    ("typer", "rich"): ("bench/cli/*", "bench/render/terminal.py"),
    ("sqlite3",): ("bench/store/*",),
}
#: What these files may import of the package; patterns are of module names.
OF_BENCH_ONLY: Mapping[str, tuple[str, ...]] = {
    "bench/spec/kinds.py": (),
    "bench/spec/errors.py": (),
    "bench/blocks/*": ("bench.blocks*",),
    "bench/render/*": ("bench.blocks*", "bench.render*", "bench.spec.errors"),
    "bench/analysis/*": ("bench.analysis*",),
    "bench/models/*": ("bench.spec", "bench.checkpoints.zoo", "bench.checkpoints.catalog"),
    "bench/data/*": ("bench.spec", "bench.images.drawn.*"),
    "bench/registry/select.py": ("bench.spec*",),
    "bench/run/plan.py": ("bench.spec*", "bench.run.estimate"),
    "bench/run/executors/*": ("bench.spec*", "bench.run.execute*", "bench.run.executors*"),
    "suites/*": ("bench.spec*",),
}
NEVER: Mapping[str, tuple[str, ...]] = {
    # A frame carries what reports need: one store is the same report on every machine.
    "bench/report/*": ("bench.registry*", "bench.models*", "bench.data*", "bench.checkpoints*"),
    "reports/*": ("bench.registry*", "bench.models*", "bench.data*", "bench.checkpoints*"),
    "bench/store/*": ("bench.registry*",),
}
#: Files that a folder holds at most, ``__init__.py`` apart.
FULL = 14


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


def modules(found: Iterable[str]) -> dict[str, str]:
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


def every_arrow_points_down(found: Sources) -> Iterator[str]:
    known = frozenset(modules(found))
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    for path, text in found.items():
        (own,) = modules([path])
        here = _room(own)
        if here in ANYWHERE or own == "bench":
            continue
        if here not in floor:
            yield f"{path} stands in {here}, which is on no floor"
            continue
        for name in imports(text, known, typing_only=False):
            there = _room(name)
            if there in (here, "bench") or there.split(".")[0] not in ("bench", "reports"):
                continue
            if floor.get(there, len(FLOORS)) >= floor[here]:
                yield f"{path} imports {name}, which does not stand below {here}"


def _room(module: str) -> str:
    """``bench.spec`` of ``bench.spec.job``; ``suites`` of ``suites.scaling``."""
    return ".".join(module.split(".")[: 2 if module.startswith("bench") else 1])


def an_underscore_is_private_to_its_folder(found: Sources) -> Iterator[str]:
    """No ``_name`` and no ``_file`` of another folder is imported, or used through a module."""
    known = modules(found)
    for path, text in found.items():
        folder, tree = path.rpartition("/")[0], ast.parse(text)
        foreign = dict[str, str]()  # local name of a module of another folder -> that module
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or not str(node.module).startswith("bench"):
                continue
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                home = known.get(full) or known.get(str(node.module), "")
                if home.rpartition("/")[0] == folder:
                    continue
                if any(part.startswith("_") for part in full.split(".")):
                    yield f"{path} imports {full}, which is private to its folder"
                elif full in known:
                    foreign[alias.asname or alias.name] = full
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                private = node.attr.startswith("_") and not node.attr.startswith("__")
                if private and node.value.id in foreign:
                    yield f"{path} uses {foreign[node.value.id]}.{node.attr}, which is private"


def no_folder_is_full(found: Sources) -> Iterator[str]:
    folders = Counter(
        path.rpartition("/")[0] for path in found if not path.endswith("/__init__.py")
    )
    for folder, files in folders.items():
        if files > FULL:
            yield f"{folder} holds {files} files; the most is {FULL}"


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
    every_arrow_points_down,
    an_underscore_is_private_to_its_folder,
    no_folder_is_full,
    no_cycles,
    everything_public_has_a_docstring,
    files_and_functions_stay_small,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.__name__))
def test_the_package_keeps(rule: Rule) -> None:
    found = sources()
    assert "bench/spec/job.py" in found
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
        "loop.py imports seaborn.objects",
    ),
    (
        heavy_imports_stay_where_they_belong,
        {"bench/run/loop.py": "import rich"},
        "loop.py imports rich",
    ),
    (
        layers_import_downwards,
        {"bench/report/a.py": "from bench import registry", "bench/registry/__init__.py": ""},
        "a.py imports bench.registry",
    ),
    (
        layers_import_downwards,
        {"bench/analysis/tables/a.py": "from bench.blocks import Table"},
        "a.py imports bench.blocks",
    ),
    (
        layers_import_downwards,
        {"bench/spec/kinds.py": "from bench.spec.errors import UsageError"},
        "kinds.py",
    ),
    (
        every_arrow_points_down,
        {
            "bench/run/loop.py": "def f():\n    from bench import cli",
            "bench/cli/__init__.py": "",
        },
        "loop.py imports bench.cli",
    ),
    (
        every_arrow_points_down,
        {"bench/store/a.py": "from bench.run.loop import run", "bench/run/loop.py": ""},
        "a.py imports bench.run.loop",
    ),
    (
        every_arrow_points_down,
        {"bench/cost/a.py": "from bench.network.device import x", "bench/network/device.py": ""},
        "does not stand below bench.cost",
    ),
    (every_arrow_points_down, {"bench/managers/a.py": ""}, "on no floor"),
    (
        an_underscore_is_private_to_its_folder,
        {"bench/run/a.py": "from bench.spec.job import _value", "bench/spec/job.py": ""},
        "bench.spec.job._value",
    ),
    (
        an_underscore_is_private_to_its_folder,
        {"bench/run/a.py": "from bench.spec import _job", "bench/spec/_job.py": ""},
        "bench.spec._job",
    ),
    (
        an_underscore_is_private_to_its_folder,
        {"bench/run/a.py": "from bench.spec import job\njob._value(3)", "bench/spec/job.py": ""},
        "uses bench.spec.job._value",
    ),
    (no_folder_is_full, {f"bench/run/a{n}.py": "" for n in range(15)}, "bench/run holds 15 files"),
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
        from bench.run.b import B
    from bench.run.b import _shared
    def _private(): ...
    '''
    found = {
        "bench/run/a.py": textwrap.dedent(text),
        "bench/run/b.py": '"""Another."""\nfrom bench.store import s',
        "bench/store/s.py": '"""Below."""',
        "bench/checkpoints/build.py": '"""Builds."""\nimport torch, timm',
    }
    for rule in RULES:
        assert list(rule(found)) == []
