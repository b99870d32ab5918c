"""The registry: finds declarations and selects them by name."""

from __future__ import annotations

from bench.registry.declarations import (
    PUBLISHED,
    SEARCH_PATH,
    Registry,
    datasets,
    forget,
    load,
    models,
    modules,
    report,
    reports,
    suite,
    suites,
    user_folders,
)

__all__ = [
    "PUBLISHED",
    "SEARCH_PATH",
    "Registry",
    "datasets",
    "forget",
    "load",
    "models",
    "modules",
    "report",
    "reports",
    "suite",
    "suites",
    "user_folders",
]
