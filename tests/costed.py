"""A frame of an efficiency run as the store gives it; its numbers are of formulas: nothing runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from bench.store.frame import COLUMNS, TYPES

CPU, GPU = "Example CPU, 2 threads", "Example GPU"
STAGES = {
    "convnext": ("stem", "stages.0", "stages.1", "stages.2", "stages.3", "head"),
    "swin": ("patch_embed", "layers.0", "layers.1", "layers.2", "layers.3", "head"),
    "vit": ("patch_embed", "blocks", "head"),
}
#: Params (M), GMACs and size of each architecture; families at equal size cost about the same.
NETWORKS: dict[str, tuple[str, float, float, str]] = {
    "convnext_tiny": ("convnext", 28.6, 4.47, "tiny"),
    "convnext_small": ("convnext", 50.2, 8.71, "small"),
    "convnext_base": ("convnext", 88.6, 15.38, "base"),
    "swin_tiny_patch4_window7_224": ("swin", 28.3, 4.51, "tiny"),
    "swin_small_patch4_window7_224": ("swin", 49.6, 8.77, "small"),
    "swin_base_patch4_window7_224": ("swin", 87.8, 15.47, "base"),
    "vit_small_patch16_224": ("vit", 22.1, 4.61, "small"),
    "vit_base_patch16_224": ("vit", 86.6, 17.58, "base"),
}
#: What a family reaches of the matrix product's rate, by compilation, %.
SHARE = {
    ("convnext", False): 30.0,
    ("swin", False): 20.0,
    ("vit", False): 40.0,
    ("convnext", True): 36.0,
    ("swin", True): 40.0,
    ("vit", True): 44.0,
}
TFLOPS = {CPU: 0.1, GPU: 800.0}
EAGER = ((CPU, "float32", False, False), (CPU, "float32", True, False))
BOTH = tuple((GPU, p, True, c) for c in (False, True) for p in ("float32", "bfloat16"))


def throughput(family: str, gmacs: float, device: str, precision: str, compiled: bool) -> float:
    """The formula: img/s."""
    rate = TFLOPS[device] * (0.5 if precision == "float32" else 1.0) * 1e12
    return SHARE[family, compiled] / 100 * rate / (2e9 * gmacs)


def frame(ways: tuple[tuple[str, str, bool, bool], ...] = EAGER + BOTH) -> pd.DataFrame:
    """Every network, profiled and timed in each of ``ways``, measured to 2 %."""
    rows = [row for name in NETWORKS for row in _network(name, ways)]
    return typed(rows)


def typed(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The frame of some rows, columns as a store's."""
    return pd.DataFrame(
        {
            name: pd.Series([row.get(name) for row in rows], dtype=TYPES.get(name, "str"))
            for name in COLUMNS
        }
    )


def _network(name: str, ways: tuple[tuple[str, str, bool, bool], ...]) -> Iterator[dict[str, Any]]:
    family, params, gmacs, size = NETWORKS[name]
    about: dict[str, Any] = {"model": f"{name}.tag", "architecture": name, "family": family}
    about |= {"kind": "convnet" if family == "convnext" else "transformer", "size": size}
    about |= {"scale": "1k", "trained_on": "in1k", "resolution": 224, "world": "imagenet"}
    about |= {"status": "ok", "device": "cpu", "finished": "2030-01-01T00:00:00Z", "run": "r1"}
    about |= {"device_name": CPU, "precision": "float32", "batch_size": 256, "source": "measured"}
    about |= {"channels_last": False, "compile": False}
    profile = about | {"measure": "profile", "job": f"p-{name}"}
    costs = {"params": params, "gmacs": gmacs, "gmacs_fvcore": gmacs, "gmacs_torch": 1.01 * gmacs}
    costs |= {"activations": 3 * gmacs, "traffic": gmacs / 50}
    for metric, value in costs.items():
        yield profile | {"metric": metric, "value": value}
    parts = STAGES[family]
    for i, stage in enumerate(parts):
        share = 2 * (i + 1) / (len(parts) * (len(parts) + 1))
        for metric, whole in (("params", params), ("gmacs", gmacs), ("activations", 3 * gmacs)):
            yield profile | {"metric": f"{metric}/{stage}", "value": share * whole}
    for way in ways:
        yield from _timed(about, way, gmacs)


def _timed(
    about: dict[str, Any], way: tuple[str, str, bool, bool], gmacs: float
) -> Iterator[dict[str, Any]]:
    device, precision, _, compiled = way
    names = ("device_name", "precision", "channels_last", "compile")
    row = about | dict(zip(names, way, strict=True))
    row |= {"measure": "speed", "job": f"s-{about['architecture']}-{way}", "batch_size": 0}
    speed = throughput(about["family"], gmacs, device, precision, compiled)
    values: dict[str, tuple[float, float, float]] = {
        "batch": (64, math.nan, math.nan),
        "throughput": (speed, speed / 1.02, speed * 1.02),
        "latency_p50": (2e3 / speed, 2e3 / speed / 1.02, 2e3 / speed * 1.02),
        "latency_p95": (2.2e3 / speed, math.nan, math.nan),
        "latency_p99": (2.4e3 / speed, math.nan, math.nan),
        "peak_memory": (100 * gmacs, math.nan, math.nan),
        "compute_share": (SHARE[about["family"], compiled], math.nan, math.nan),
        "bandwidth_share": (35.0, math.nan, math.nan),
        "disturbed": (0.0, math.nan, math.nan),
    }
    if compiled:
        values["compile_seconds"] = (30.0, 28.0, 32.0)
    for metric, (value, low, high) in values.items():
        yield row | {"metric": metric, "value": value, "low": low, "high": high}


def failed(row: pd.Series, error: str) -> dict[str, Any]:
    """The outcome of a job that failed as a row of the frame."""
    nothing = {"metric": None, "value": math.nan, "low": math.nan, "high": math.nan, "n": None}
    own = {str(name): value for name, value in row.items()}
    return own | nothing | {"unit": None, "status": "failed", "error": error}
