"""A results store as a DataFrame: the table that all analysis starts from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_WHOLE = "Int64"  # nullable integer
#: Columns in order. ``low`` and ``high`` bound a 95 % interval; ``limit`` is the number of images
#: used of a dataset, if not all; ``source`` tells measured from published values. The last four
#: describe the dataset as declared: ``dataset_about``; whether its pixels are the published ones
#: (blank if no digest is published); the ``reference`` model that it was filtered against, so that
#: it has only images which that one gets wrong; and the ``characters`` that are its classes, in a
#: drawn world.
COLUMNS: tuple[str, ...] = (
    *("job", "run", "measure", "model", "architecture", "family", "kind", "size", "scale"),
    *("trained_on", "pretrain_images", "images_seen", "classes", "resolution", "crop_pct"),
    *("crop_mode", "interpolation", "changed", "world", "dataset", "role", "twin"),
    *("dataset_digest", "limit", "metric", "value", "unit", "low", "high", "n", "status"),
    *("error", "device", "device_name", "precision", "batch_size", "channels_last", "compile"),
    *("seconds", "finished", "source"),
    *("dataset_about", "as_published", "reference", "characters"),
)
#: Types of the columns that are not text.
TYPES: Mapping[str, str] = {
    **dict.fromkeys(("value", "low", "high", "seconds", "crop_pct"), "float64"),
    **dict.fromkeys(("pretrain_images", "images_seen", "classes", "resolution"), _WHOLE),
    **dict.fromkeys(("limit", "n", "batch_size"), _WHOLE),
    **dict.fromkeys(("channels_last", "compile"), "bool"),
    "as_published": "boolean",
}
_PREPARED = ("crop_pct", "crop_mode", "interpolation", "changed")
_MEASURED = ("metric", "value", "unit", "low", "high", "n")

QUERY = """
SELECT o.job_id, o.run_id, o.job, o.status, o.error, o.seconds, o.finished,
       m.metric, m.value, m.unit, m.low, m.high, m.n
FROM outcomes AS o LEFT JOIN measurements AS m USING (job_id)
ORDER BY o.rowid, m.position
"""


def build(rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """The frame of the rows of `QUERY`: one row per measurement, typed even if empty."""
    import pandas as pd  # here, because writing a store does not need it

    records: list[dict[str, Any]] = []
    jobs: dict[str, dict[str, Any]] = {}
    for job_id, run, job, status, error, seconds, finished, *measured in rows:
        if job_id not in jobs:
            jobs[job_id] = described(json.loads(job))
        own = {"job": job_id, "run": run, "status": status, "error": error}
        times = {"seconds": seconds, "finished": finished, "source": "measured"}
        records.append(jobs[job_id] | own | dict(zip(_MEASURED, measured, strict=True)) | times)
    return pd.DataFrame(
        {
            name: pd.Series([record[name] for record in records], dtype=TYPES.get(name, "str"))
            for name in COLUMNS
        }
    )


def described(job: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the frame that describe a stored job; KeyError or TypeError if malformed."""
    model, options, dataset = job["model"], job["options"], job["dataset"] or {}
    drawn = dataset.get("options") or {}
    same = ("family", "kind", "size", "scale", "trained_on", "pretrain_images", "resolution")
    return {
        "measure": job["measure"],
        "model": model["name"],
        "architecture": job["architecture"],
        **{name: model[name] for name in (*same, "world")},
        # Stores of earlier versions may not have these.
        **{name: model.get(name) for name in ("images_seen", "classes", *_PREPARED)},
        "dataset": dataset.get("name"),
        "role": dataset.get("role"),
        "twin": dataset.get("twin"),
        "dataset_digest": job["dataset_digest"],
        "dataset_about": dataset.get("about") or None,
        "as_published": _same(dataset.get("digest"), job["dataset_digest"]),
        **{name: _words(drawn.get(name)) for name in ("reference", "characters")},
        "precision": job["precision"],
        **{name: options[name] for name in ("limit", "device", "device_name", "batch_size")},
        **{name: options[name] for name in ("channels_last", "compile")},
    }


def _same(published: str | None, found: str | None) -> bool | None:
    """Whether two digests are the same; None if either is unknown."""
    return None if published is None or found is None else published == found


def _words(option: Any) -> str | None:
    """A dataset's option if it is text; users may give options of the same name other types."""
    return option if isinstance(option, str) and option else None
