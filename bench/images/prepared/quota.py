"""How large the cache of prepared images may become.

``$BENCH_CACHE_SIZE`` (``50GB``) is what all prepared sets together may take; where it is not set, a
tenth of the disk stays free. Each file has its final length from the start, so that sets which are
being prepared count in full.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from bench.spec.errors import UsageError

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(I?)B?")


def refusal(path: Path, need: int) -> str | None:
    """Why there is no room for a file of ``need`` bytes at ``path``, or None where there is.

    What the file already takes is not asked for again. Raises `UsageError` for a malformed size.
    """
    cap = size_limit()
    taken = wanted = pending = 0
    for other in path.parent.iterdir():
        try:
            facts = other.stat()
        except FileNotFoundError:  # another process gave it up just now
            continue
        allocated = facts.st_blocks * 512
        if other == path:
            taken = min(allocated, need)
        else:
            wanted += facts.st_size
            pending += max(0, facts.st_size - allocated)
    if taken == need:
        return None
    if cap is not None and wanted + need > cap:
        others = f", of which other sets take {_text(wanted)}" if wanted else ""
        return f"takes {_text(need)} and BENCH_CACHE_SIZE allows {_text(cap)}{others}"
    disk = shutil.disk_usage(path.parent)
    available = disk.free - pending - (disk.total // 10 if cap is None else 0)
    if need - taken > available:
        rule = " with a tenth of the disk left free" if cap is None else ""
        return (
            f"takes {_text(need)} and {path.parent} has room for {_text(max(available, 0))}{rule}"
        )
    return None


def size_limit() -> int | None:
    """Bytes that `$BENCH_CACHE_SIZE` allows, None where it is not set.

    Raises `UsageError` for a malformed size.
    """
    return parse_size(os.environ.get("BENCH_CACHE_SIZE", ""))


def parse_size(given: str) -> int | None:
    """Bytes of a size as people write it; None for an empty text.

    >>> parse_size("1.5 GB"), parse_size("512MiB"), parse_size("0"), parse_size("")
    (1500000000, 536870912, 0, None)
    """
    if not given.strip():
        return None
    found = _SIZE.fullmatch(given.strip().upper())
    if found is None:
        raise UsageError(f"BENCH_CACHE_SIZE is {given!r}; give a size such as 50GB")
    number, unit, binary = found.groups()
    return int(float(number) * (1024 if binary else 1000) ** " KMGT".index(unit or " "))


def _text(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
