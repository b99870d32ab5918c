"""The store: results on disk, as a DataFrame, and as lines of JSON."""

from __future__ import annotations

from bench.store.store import FILE_NAME, Store

__all__ = ["FILE_NAME", "Store"]
