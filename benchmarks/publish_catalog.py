"""Writes the catalog of everything that timm publishes, from the timm that is installed.

    python benchmarks/publish_catalog.py

Run it after an upgrade of timm; it rewrites ``timm.csv`` and ``timm_former_names.csv`` in
``bench/checkpoints`` and prints what is new and what is gone, then every pretrained tag whose
training set the names do not tell.
"""

from __future__ import annotations

from collections import Counter

from bench.checkpoints import catalog, installed_timm
from bench.checkpoints.pretraining_tags import UNKNOWN, pretraining
from bench.spec.kinds import Kind


def main() -> None:
    """Before and after, so that a change of names is seen when it is committed."""
    before = set(catalog._catalog()) if catalog.FILE.exists() else set()
    entries = list(installed_timm.entries())
    catalog.write(entries, installed_timm.version())
    former = installed_timm.former_names()
    catalog.write_former(former)
    after = {entry.name for entry in entries}
    for sign, names in (("+", after - before), ("-", before - after)):
        for name in sorted(names):
            print(sign, name)
    print(f"{len(entries)} entries, {catalog.FILE.stat().st_size / 1e3:.0f} kB")
    print(f"{len(former)} former names")
    print(Counter(entry.kind for entry in entries))
    others = {entry.family for entry in entries if entry.kind == Kind.OTHER}
    print(f"of other kinds: {', '.join(sorted(others))}")
    seen = [(e, pretraining(e.architecture, e.tag)) for e in entries if e.tag]
    unknown = Counter(entry.tag for entry, found in seen if found.chain == UNKNOWN.chain)
    print(f"{unknown.total()} of {len(seen)} of unknown pretraining, by tag:")
    for tag, count in unknown.most_common():
        print(f"  {tag} {count}")


if __name__ == "__main__":
    main()
