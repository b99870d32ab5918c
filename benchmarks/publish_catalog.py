"""Writes the catalog of everything that timm publishes, from the timm that is installed.

    python benchmarks/publish_catalog.py

Run it after an upgrade of timm; it rewrites ``bench/models/timm.csv`` and prints what is new and
what is gone, then every pretrained tag whose training set the names do not tell.
"""

from __future__ import annotations

from collections import Counter

from bench.kinds import Kind, Scale
from bench.models import _catalog, _installed
from bench.models._tags import pretraining


def main() -> None:
    """Before and after, so that a change of names is seen when it is committed."""
    before = set(_catalog._catalog()) if _catalog.FILE.exists() else set()
    entries = list(_installed.entries())
    _catalog.write(entries, _installed.version())
    after = {entry.name for entry in entries}
    for sign, names in (("+", after - before), ("-", before - after)):
        for name in sorted(names):
            print(sign, name)
    print(f"{len(entries)} entries, {_catalog.FILE.stat().st_size / 1e3:.0f} kB")
    print(Counter(entry.kind for entry in entries))
    others = {entry.family for entry in entries if entry.kind == Kind.OTHER}
    print(f"of other kinds: {', '.join(sorted(others))}")
    seen = [(e, pretraining(e.architecture, e.tag)) for e in entries if e.tag]
    unknown = Counter(entry.tag for entry, found in seen if found.scale is Scale.UNKNOWN)
    print(f"{unknown.total()} of {len(seen)} of unknown pretraining, by tag:")
    for tag, count in unknown.most_common():
        print(f"  {tag} {count}")


if __name__ == "__main__":
    main()
