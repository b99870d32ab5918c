"""The registry: names to declarations, selectors to some of them."""

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
