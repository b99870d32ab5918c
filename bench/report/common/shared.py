"""Parts that every report shares: what failed, which data, where the numbers come from.

Functions of a results frame (see `bench.store.Store.frame`) that give blocks of `bench.blocks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bench import registry
from bench.analysis.tables.axes import ROLES
from bench.blocks import Block, Column, Download, Form, Heading, Table
from bench.spec import Role

if TYPE_CHECKING:
    import pandas as pd

#: Families in the order of their colours; others follow by name.
FAMILIES = ("convnext", "swin", "vit", "resnet", "convnextv2", "swinv2", "deit", "deit3")
_IMAGENET_1K = 1_281_167
#: What readers call the sets.
TITLES = {
    "val": "val",
    "real": "ReaL",
    "v2": "V2",
    "a": "A",
    "r": "R",
    "sketch": "Sketch",
    "c": "C",
}


def order(found: set[str], known: tuple[str, ...]) -> tuple[str, ...]:
    """Known names in their order, then the others by name.

    >>> order({"swin", "mixer", "convnext"}, ("convnext", "swin", "vit"))
    ('convnext', 'swin', 'vit', 'mixer')
    """
    return (*known, *sorted(found - set(known)))


def target_images(frame: pd.DataFrame) -> int | None:
    """Images of the set that all models of the frame's one world are trained on at last."""
    worlds = set(frame["world"].dropna())
    if worlds == {"imagenet"}:
        return _IMAGENET_1K  # train itself is no set of this suite
    trained = [d for d in registry.datasets() if d.role is Role.TRAIN and {d.world} == worlds]
    return trained[0].images if len(trained) == 1 else None


def failures(frame: pd.DataFrame) -> tuple[Block, ...]:
    """The jobs that failed, each with its error; nothing if none did."""
    failed = frame[frame["status"] == "failed"].drop_duplicates("job")
    if failed.empty:
        return ()
    table = Table(
        name="failures",
        caption=f"{_count(len(failed), 'job')} failed; their numbers are missing above",
        columns=(
            Column(key="model", title="Model"),
            Column(key="measure", title="Measure"),
            Column(key="dataset", title="Data"),
            Column(key="error", title="Error"),
        ),
        rows=tuple(
            {key: _text(row[key]) for key in ("model", "measure", "dataset", "error")}
            for _, row in failed.iterrows()
        ),
    )
    return Heading(text="Failed jobs"), table


def data_sets(frame: pd.DataFrame) -> tuple[Block, ...]:
    """The image sets that were used, by digest, and whether their pixels are the published ones."""
    used = frame[frame["role"].notna() & (frame["metric"] == "top1")]
    if used.empty:
        return ()
    used = used.drop_duplicates(["dataset", "dataset_digest", "n"])
    known = registry.load().datasets
    rows = []
    for role in ROLES:
        for _, row in used[used["role"] == role].iterrows():
            declared = known.get(str(row["dataset"]))
            published = declared.digest if declared else None
            state = _state(published, row)
            rows.append(
                {
                    "dataset": _text(row["dataset"]),
                    "role": TITLES[role],
                    "about": declared.about if declared else None,
                    "n": int(row["n"]),
                    "digest": _text(row["dataset_digest"])[:16],
                    "state": state,
                }
            )
    table = Table(
        name="data-sets",
        caption="What was looked at",
        columns=(
            Column(key="dataset", title="Set"),
            Column(key="role", title="Role"),
            Column(key="about", title="What it is"),
            Column(key="n", title="Images", form=Form.FIXED, digits=0),
            Column(
                key="digest",
                title="SHA-256",
                about="Of pixels and labels; of read files, names, sizes and labels",
            ),
            Column(key="state", title="Pixels"),
        ),
        rows=tuple(rows),
    )
    return (Heading(text="Image sets"), table)


def _state(published: str | None, row: Any) -> str:
    """Whether a set's pixels are the published ones, as far as that can be told."""
    if row["source"] == "published":
        return "not looked at here"
    if published is None:
        return "no digest is published"
    return "as published" if published == row["dataset_digest"] else "differs from published"


def conditions(frame: pd.DataFrame) -> str:
    """What was run on: models, sets, images, machine, precision, in one line."""
    ok = frame[frame["status"] == "ok"]
    sets = ok.loc[ok["dataset"].notna(), "dataset"].nunique()
    worlds = ", ".join(sorted({_text(w) for w in ok["world"].dropna()}))
    devices = ", ".join(sorted({_text(d) for d in ok["device_name"].dropna()}))
    precision = ", ".join(sorted({_text(p) for p in ok["precision"].dropna()}))
    limits = sorted({int(limit) for limit in ok["limit"].dropna()})
    parts = [
        _count(ok["model"].nunique(), "model")
        + (f" on {_count(sets, 'image set')}" if sets else "")
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
    """All measurements as CSV, one row each."""
    return Download(
        name=f"{name}.csv",
        title=f"All {len(frame)} measurements, one row each, with job, digest and machine.",
        text=frame.to_csv(index=False),
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


def _count(number: int, noun: str) -> str:
    """A number of things.

    >>> _count(1, "model"), _count(0, "model")
    ('1 model', '0 models')
    """
    return f"{number} {noun}" + ("" if number == 1 else "s")
