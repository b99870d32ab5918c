"""Declarations by name: finding them, and selecting some.

Declarations are discovered, never registered by hand: `MODELS` in each public module of
`bench.models`, `DATASETS` in `bench.data`, one `SUITE` in each file of ``suites/``, one ``build``
in each file of ``reports/``. Users add more without changing the package: each folder in the
environment variable ``BENCH_PATH`` may have its own ``models/``, ``data/``, ``suites/``,
``reports/`` and ``metrics/``. Such a folder is also appended to ``sys.path``, so that a dataset can
name a drawing function in it. Declaring a name twice is an error.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from inspect import cleandoc
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar
from zlib import crc32

import bench
from bench.checkpoints import catalog as published_models
from bench.registry import select
from bench.spec import Dataset, Model, Scale, Suite, replace
from bench.spec.errors import UnknownNameError, UsageError, one_line

#: Environment variable with folders of more declarations, separated as in ``PATH``.
SEARCH_PATH = "BENCH_PATH"

#: The world of all published models.
PUBLISHED = "imagenet"

Section = Literal["models", "data", "suites", "reports", "metrics"]
T = TypeVar("T", Model, Dataset)


@dataclass(frozen=True, kw_only=True)
class Registry:
    """All declarations by name, in the order found; reports are files, imported on demand."""

    models: dict[str, Model]
    datasets: dict[str, Dataset]
    suites: dict[str, Suite]
    reports: dict[str, Path]


def models(
    selector: str | Iterable[str] = "all",
    scales: str | Iterable[str | Scale] | None = None,
    world: str | None = None,
) -> tuple[Model, ...]:
    """Models that a selector matches, as ``--models`` takes it.

    A selector is a comma-separated list of families (``convnext``), sizes (``m``), both
    (``convnext_m``), full names (``convnext_m.g22k``), globs (``*.g22k``), ``all``, or ``@file``
    with selectors in it. It is matched against the declared models, of one ``world`` if given. A
    part that matches none is looked up in timm's published ImageNet models, unless ``world`` is
    another one; ``timm:eva02_*`` is looked up only there. ``scales`` keeps only these pretraining
    scales (``in1k,in22k``). The result is sorted by family in the order selected, then by size,
    then by scale.

    Raises UnknownNameError for a part that matches nothing, UsageError for an empty selector or if
    no selected model has the scale.
    """
    known = [model for model in load().models.values() if world in (None, model.world)]
    catalog = published_models if world in (None, PUBLISHED) else None
    chosen = select.models(selector, known, catalog)
    return select.with_scales(chosen, select.parse_scales(scales), selector)


def datasets(selector: str | Iterable[str] = "all") -> tuple[Dataset, ...]:
    """Datasets that a selector matches: names, roles (``sketch``), globs, ``all``, ``@file``.

    Raises UnknownNameError for a part that matches nothing.
    """
    return select.datasets(selector, tuple(load().datasets.values()))


def suites() -> tuple[Suite, ...]:
    """All suites, by name."""
    return tuple(suite for _, suite in sorted(load().suites.items()))


def suite(name: str) -> Suite:
    """The suite of that name; UnknownNameError if there is none."""
    known = load().suites
    if name not in known:
        raise UnknownNameError("suite", name, known)
    return known[name]


def reports() -> tuple[str, ...]:
    """Names of all reports."""
    return tuple(sorted(load().reports))


def report(name: str) -> Callable[..., Any]:
    """The ``build(frame, env) -> Report`` function of a report; imports the report's file.

    Raises UsageError if there is no such report or its file has no ``build``.
    """
    known = load().reports
    if name not in known:
        raise UsageError(f"unknown report {name!r}; available: {', '.join(sorted(known))}")
    build = getattr(_from_file(known[name]), "build", None)
    if not callable(build):
        raise UsageError(f"{known[name]} must define a function `build(frame, env)`")
    return build  # type: ignore[no-any-return]


def load() -> Registry:
    """All declarations; read once for each value of ``BENCH_PATH``."""
    return _read_declarations(os.environ.get(SEARCH_PATH, ""))


def modules(section: Section, folders: Iterable[str] | None = None) -> Iterator[ModuleType]:
    """Public modules of ``bench.<section>``, then that section's files in the user's folders.

    The folders are ``folders`` if given, otherwise those of ``BENCH_PATH``.
    """
    if section in ("models", "data"):
        package = importlib.import_module(f"bench.{section}")
        for name in sorted(found.name for found in pkgutil.iter_modules(package.__path__)):
            if not name.startswith("_"):
                yield importlib.import_module(f"bench.{section}.{name}")
    for path in _files(section, folders):
        yield _from_file(path)


def forget() -> None:
    """Read the declarations again on next use, because files have changed."""
    _read_declarations.cache_clear()


@lru_cache(maxsize=8)
def _read_declarations(_search_path: str) -> Registry:  # the argument is the cache's key
    return Registry(
        models=_declared("models", "MODELS", Model),
        datasets=_declared("data", "DATASETS", Dataset),
        suites=_suites(),
        reports=_unique((path.stem, path, str(path)) for path in _files("reports")),
    )


def _declared(section: Section, attribute: str, kind: type[T]) -> dict[str, T]:
    rows: list[tuple[str, T, str]] = []
    for module in modules(section):
        records = getattr(module, attribute, None)
        if not isinstance(records, tuple) or not all(isinstance(r, kind) for r in records):
            what = f"{attribute}, a tuple of {kind.__name__}"
            raise UsageError(f"{module.__file__} must define {what}")
        rows += [(record.name, record, str(module.__file__)) for record in records]
    return _unique(rows)


def _suites() -> dict[str, Suite]:
    rows: list[tuple[str, Suite, str]] = []
    for module in modules("suites"):
        declared = getattr(module, "SUITE", None)
        if not isinstance(declared, Suite):
            raise UsageError(f"{module.__file__} must define SUITE, a Suite")
        notebook = declared.notebook or cleandoc(module.__doc__ or "")
        found = replace(declared, notebook=notebook)
        rows.append((found.name, found, str(module.__file__)))
    return _unique(rows)


def _unique(rows: Iterable[tuple[str, Any, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    where: dict[str, str] = {}
    for name, record, file in rows:
        if name in found:
            raise UsageError(f"{name!r} is declared twice, in {where[name]} and in {file}")
        found[name], where[name] = record, file
    return found


def _files(section: Section, folders: Iterable[str] | None = None) -> Iterator[Path]:
    """Public files in the section's folders: the package's first, then the user's."""
    homes = [Path(folder) / section for folder in user_folders(folders)]
    if section in ("suites", "reports"):
        package = Path(bench.__file__).parent
        # A wheel has these folders inside the package; a checkout has them beside it.
        inside = package / f"_{section}"
        homes.insert(0, inside if inside.is_dir() else package.parent / section)
    for home in homes:
        if home.is_dir():
            yield from sorted(p for p in home.glob("*.py") if not p.name.startswith("_"))


def user_folders(named: Iterable[str] | None = None) -> tuple[str, ...]:
    """The user's own folders, ``named`` or those of ``BENCH_PATH``, as absolute paths.

    They are appended to ``sys.path``. Raises UsageError if one does not exist.
    """
    if named is None:
        named = os.environ.get(SEARCH_PATH, "").split(os.pathsep)
    folders = []
    for entry in named:
        if not entry.strip():
            continue
        folder = Path(entry).expanduser().absolute()
        if not folder.is_dir():
            raise UsageError(f"{SEARCH_PATH}: {entry!r} is not a folder")
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
        folders.append(str(folder))
    return tuple(folders)


def _from_file(path: Path) -> ModuleType:
    """Import one file under a unique module name, so that equal file names never collide."""
    name = f"bench_declared.{path.parent.name}.{path.stem}_{crc32(str(path).encode()):x}"
    if name in sys.modules:
        return sys.modules[name]
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise UsageError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module  # before executing it: dataclasses look up their module
    try:
        found.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise UsageError(f"{path} cannot be imported: {one_line(error)}") from error
    return module
