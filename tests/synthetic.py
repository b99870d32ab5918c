"""A results frame as the store gives it, drawn from a known saturating law: no model is run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from bench import registry

FAMILIES = {"convnext": 0.60, "swin": 0.66, "vit": 0.74, "resnet": 0.68}
SIZES = ("xs", "s", "m", "l", "xl")
ROLES = {"val": 0.0, "v2": -0.12, "a": -2.2, "r": -1.1, "sketch": -1.5, "c": -0.9}
IMAGES = {"val": 2000, "v2": 2000, "a": 1000, "r": 2000, "sketch": 1000, "c": 5000}
_SETS = registry.load().datasets
REFERENCE = str(_SETS["glyphs-a"].options["reference"])


def true_error(family: str, scale: str, gmacs: float) -> float:
    """Error rate of the law that the frame is drawn from."""
    gain = 0.82 if scale == "22k" else 1.0
    return float(gain * (0.12 + FAMILIES[family] * (gmacs / 2e-4) ** -0.45))


def frame(
    families: tuple[str, ...] = tuple(FAMILIES), *, failed: int = 0, seed: int = 0
) -> pd.DataFrame:
    """Every family, size and scale; the first ``failed`` speed jobs are rows with an error."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for family in families:
        for i, size in enumerate(SIZES):
            for scale in ("1k", "22k"):
                rows += _model(family, size, scale, 2.3e-4 * 4.1**i * (1 + 0.1 * len(family)), rng)
    for row in [r for r in rows if r["measure"] == "speed"][:failed]:
        row.update(metric=None, value=math.nan, unit=None, low=None, high=None, n=None)
        row.update(status="failed", error="JobError: out of memory <script>alert(1)</script>")
    return pd.DataFrame(rows)


def _model(
    family: str, size: str, scale: str, gmacs: float, rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    row: dict[str, Any] = {
        "run": "2030-01-01T00:00:00Z",
        "model": f"{family}_{size}.g{scale}",
        "architecture": f"{family}_{size}",
        "family": family,
        "kind": "convnet" if family in ("convnext", "resnet") else "transformer",
        "size": size,
        "scale": scale,
        "trained_on": "glyphs-1k" if scale == "1k" else "glyphs-22k>glyphs-1k",
        "pretrain_images": 0 if scale == "1k" else 132_000,
        "resolution": 32,
        "world": "glyphs",
        "limit": None,
        "status": "ok",
        "error": None,
        "device": "cpu",
        "device_name": "Example CPU, 2 threads",
        "precision": "float32",
        "batch_size": 256,
        "seconds": 0.5,
        "finished": "2030-01-01T00:00:00Z",
        "source": "measured",
    }
    row |= {"dataset": None, "role": None, "twin": None, "dataset_digest": None}
    row |= {"dataset_about": None, "as_published": None, "reference": None, "characters": None}
    if scale == "1k":  # cost belongs to the architecture: one job for both sets of weights
        yield from _cost(row, gmacs, rng)
    val = 1 - true_error(family, scale, gmacs)
    for role, shift in ROLES.items():
        n = IMAGES[role]
        reference = role == "a" and row["model"] == REFERENCE
        p = 0.0 if reference else 1 / (1 + math.exp(-(math.log(val / (1 - val)) + shift)))
        right = int(rng.binomial(n, p))
        yield (
            row
            | {
                "dataset": f"glyphs-{role}",
                "role": role,
                "twin": None if role == "val" else "glyphs-val",
                "dataset_digest": f"{abs(shift) * 1e6:064.0f}",
                "dataset_about": _SETS[f"glyphs-{role}"].about,
                "as_published": False,
                "reference": _SETS[f"glyphs-{role}"].options.get("reference"),
                "characters": _SETS[f"glyphs-{role}"].options["characters"],
            }
            | _metric("evaluate", f"e-{row['model']}-{role}", "top1", 100 * right / n, "%")
            | _wilson(right, n)
        )


def _cost(row: dict[str, Any], gmacs: float, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    for metric, value, unit in (
        ("params", gmacs * 260, "M"),
        ("gmacs", gmacs, "GMACs"),
        ("activations", gmacs * 30, "M"),
    ):
        yield row | _metric("profile", f"p-{row['architecture']}", metric, value, unit)
    speed = 18 / gmacs**0.5 * rng.uniform(0.9, 1.1)
    interval = {"low": speed * 0.97, "high": speed * 1.03, "n": 50}
    found = _metric("speed", f"s-{row['architecture']}", "throughput", speed, "img/s")
    yield row | found | interval


def _metric(measure: str, job: str, metric: str, value: float, unit: str) -> dict[str, Any]:
    found = {"measure": measure, "job": job, "metric": metric, "value": value, "unit": unit}
    return found | {"low": math.nan, "high": math.nan, "n": None}


def _wilson(right: int, n: int) -> dict[str, Any]:
    z, p = 1.959964, right / n
    middle, reach = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = ((middle + s * reach) / (1 + z * z / n) for s in (-1, 1))
    return {"low": 100 * low, "high": 100 * high, "n": n}
