"""The catalog of columns: what a number is called, its unit, digits and note stand here once.

A table picks by name, and says only what is its own:

>>> [column.title for column in columns("model", "gmacs", "top1")]
['Model', 'GMACs', 'Top-1']
"""

from __future__ import annotations

from bench.blocks.columns.catalog import CATALOG, column, columns

__all__ = ["CATALOG", "column", "columns"]
