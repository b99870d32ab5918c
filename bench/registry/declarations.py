"""Names to declarations: what exists, where it was declared, and what a selector means.

Declarations are found, never registered by hand: `MODELS` in each public module of
`bench.models`, `DATASETS` in `bench.data`, one `SUITE` in each file of ``suites/``, one ``build``
in each file of ``reports/``. A user adds more without touching the package: each folder named in
the environment variable ``BENCH_PATH`` may hold ``models/``, ``data/``, ``suites/``, ``reports/``
and ``metrics/`` of its own. Such a folder also joins the end of ``sys.path``, so that a dataset
in it can name a drawing function that lies beside it. Declaring a name twice is an error.
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

#: Environment variable: folders with further declarations, separated as in ``PATH``.
SEARCH_PATH = "BENCH_PATH"

#: The world that all published models are of.
PUBLISHED = "imagenet"

Section = Literal["models", "data", "suites", "reports", "metrics"]
T = TypeVar("T", Model, Dataset)


@dataclass(frozen=True, kw_only=True)
class Registry:
    """All declarations by name, in the order found; reports are files, loaded when asked for."""

    models: dict[str, Model]
    datasets: dict[str, Dataset]
    suites: dict[str, Suite]
    reports: dict[str, Path]


def models(
    selector: str | Iterable[str] = "all",
    scales: str | Iterable[str | Scale] | None = None,
    world: str | None = None,
) -> tuple[Model, ...]:
    """Models that a selector names, as ``--models`` takes it.

    A selector is a comma list of families (``convnext``), sizes (``m``), both (``convnext_m``),
    full names (``convnext_m.g22k``), globs (``*.g22k``), ``all``, or ``@file`` with one selector a
    line. It means declared models, of one ``world`` if that is given. What means none of them is
    looked up among all that timm publishes for ImageNet, unless another world is meant;
    ``timm:eva02_*`` is looked up there at once. ``scales`` keeps only those pretrainings
    (``in1k,in22k``). Families come in the order selected, then sizes up the ladder, then scales.

    Raises UnknownNameError for a selector that matches nothing, UsageError for an empty one or
    when no selected model has the scale.
    """
    known = [model for model in load().models.values() if world in (None, model.world)]
    catalog = published_models if world in (None, PUBLISHED) else None
    chosen = select.models(selector, known, catalog)
    return select.with_scales(chosen, select.parse_scales(scales), selector)


def datasets(selector: str | Iterable[str] = "all") -> tuple[Dataset, ...]:
    """Datasets that a selector names: names, roles (``sketch``), globs, ``all``, ``@file``.

    Raises UnknownNameError for one that matches nothing.
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
    """The ``build(frame, env) -> Report`` of that report; imports what the report imports.

    Raises UsageError if there is no such report or its file has no ``build``.
    """
    known = load().reports
    if name not in known:
        raise UsageError(f"unknown report {name!r}; there are: {', '.join(sorted(known))}")
    build = getattr(_from_file(known[name]), "build", None)
    if not callable(build):
        raise UsageError(f"{known[name]} defines no function `build(frame, env)`")
    return build  # type: ignore[no-any-return]


def load() -> Registry:
    """All declarations; read once for each value of ``BENCH_PATH``."""
    return _load(os.environ.get(SEARCH_PATH, ""))


def modules(section: Section, folders: Iterable[str] | None = None) -> Iterator[ModuleType]:
    """Public modules of ``bench.<section>``, then the files of that section in the user's folders.

    These are ``folders``, or those that ``BENCH_PATH`` names.
    """
    if section in ("models", "data"):
        package = importlib.import_module(f"bench.{section}")
        for name in sorted(found.name for found in pkgutil.iter_modules(package.__path__)):
            if not name.startswith("_"):
                yield importlib.import_module(f"bench.{section}.{name}")
    for path in _files(section, folders):
        yield _from_file(path)


def forget() -> None:
    """Read the declarations anew when next asked for: files have changed."""
    _load.cache_clear()


@lru_cache(maxsize=8)
def _load(_search_path: str) -> Registry:  # its value is what the cache goes by
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
    """Public files of the section's folders: the installed one first, then the user's."""
    homes = [Path(folder) / section for folder in user_folders(folders)]
    if section in ("suites", "reports"):
        package = Path(bench.__file__).parent
        # A wheel carries these folders inside the package; a checkout has them beside it.
        inside = package / f"_{section}"
        homes.insert(0, inside if inside.is_dir() else package.parent / section)
    for home in homes:
        if home.is_dir():
            yield from sorted(p for p in home.glob("*.py") if not p.name.startswith("_"))


def user_folders(named: Iterable[str] | None = None) -> tuple[str, ...]:
    """The user's own folders, those ``named`` or those of ``BENCH_PATH``, as absolute paths.

    They join the end of ``sys.path``. Raises UsageError for one that is not there.
    """
    if named is None:
        named = os.environ.get(SEARCH_PATH, "").split(os.pathsep)
    folders = []
    for entry in named:
        if not entry.strip():
            continue
        folder = Path(entry).expanduser().absolute()
        if not folder.is_dir():
            raise UsageError(f"{SEARCH_PATH} names {entry!r}, which is no folder")
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
        folders.append(str(folder))
    return tuple(folders)


def _from_file(path: Path) -> ModuleType:
    """Import one file under a name of its own, so that equal file names never collide."""
    name = f"bench_declared.{path.parent.name}.{path.stem}_{crc32(str(path).encode()):x}"
    if name in sys.modules:
        return sys.modules[name]
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise UsageError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module  # before running it: dataclasses look their module up
    try:
        found.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise UsageError(f"{path} cannot be imported: {one_line(error)}") from error
    return module
