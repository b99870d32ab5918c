"""Where the numbers of a report come from: models, sets, machine, runs, and all measurements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bench.blocks import Download
from bench.report.common.titles import counted

if TYPE_CHECKING:
    import pandas as pd

#: Texts of the image sets, the same in each of their rows: a fifth of a page.
_OF_SETS = ("dataset_about", "characters")


def conditions(frame: pd.DataFrame) -> str:
    """What was run on: models, sets, images, machine, precision, in one line."""
    ok = frame[frame["status"] == "ok"]
    sets = ok.loc[ok["dataset"].notna(), "dataset"].nunique()
    worlds = ", ".join(sorted({_text(w) for w in ok["world"].dropna()}))
    devices = ", ".join(sorted({_text(d) for d in ok["device_name"].dropna()}))
    precision = ", ".join(sorted({_text(p) for p in ok["precision"].dropna()}))
    limits = sorted({int(limit) for limit in ok["limit"].dropna()})
    parts = [
        counted(ok["model"].nunique(), "model")
        + (f" on {counted(sets, 'image set')}" if sets else "")
        + (f" of {worlds}" if worlds else ""),
        *(f"{limit} images of each set" for limit in limits),
        devices,
        precision,
    ]
    return " · ".join(part for part in parts if part)


def provenance(frame: pd.DataFrame, env: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Runs and times from the frame, then all of ``env``."""
    pairs = []
    if set(frame["source"]) == {"published"}:
        return tuple(("published", f"{key}: {said}") for key, said in env.items())
    if not frame.empty:
        first, last = frame["finished"].min(), frame["finished"].max()
        pairs.append(("measured", f"{first} to {last}" if first != last else str(first)))
        pairs.append(("jobs", str(frame["job"].nunique())))
    return (*pairs, *_flat(env))


def download(frame: pd.DataFrame, name: str) -> Download:
    """All measurements as CSV, one row each; what describes a set is in its table instead."""
    return Download(
        name=f"{name}.csv",
        title=f"All {len(frame)} measurements, one row each, with job, digest and machine.",
        text=frame.drop(columns=[*_OF_SETS], errors="ignore").to_csv(index=False),
    )


def _flat(env: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(what, value) lines; a group of values, as of packages, is one line."""
    for key, value in env.items():
        if isinstance(value, Mapping):
            value = [f"{name} {inner}" for name, inner in value.items() if _said(inner)]
        if _said(value):
            yield key, ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _said(value: object) -> bool:
    return value is not None and value not in ("", [], (), {})


def _text(value: object) -> str:
    """A cell of the frame as text; missing is empty."""
    return value if isinstance(value, str) else ""
