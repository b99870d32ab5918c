"""Small declarations for tests of what only passes them on, and never builds or draws them."""

from __future__ import annotations

from typing import Any

from bench.spec import (
    Dataset,
    Job,
    Kind,
    Measure,
    Measurement,
    Model,
    Options,
    Outcome,
    Role,
    Scale,
    Status,
)


def model(name: str = "convnext_m.g1k", **changes: Any) -> Model:
    """A model of that name: family, size and scale follow from it."""
    architecture, tag = name.split(".")
    family, size = architecture.split("_")
    known: dict[str, Any] = {
        "name": name,
        "family": family,
        "kind": Kind.TRANSFORMER if family in ("vit", "swin") else Kind.CONVNET,
        "size": size,
        "arch": f"timm.models.{family}:Net",
        "kwargs": {"size": size},
        "resolution": 32,
        "classes": 50,
        "mean": (0.5, 0.5, 0.5),
        "std": (0.2, 0.2, 0.2),
        "world": "glyphs",
        "scale": Scale.IN22K if tag.endswith("22k") else Scale.IN1K,
        "trained_on": "glyphs-1k",
        "pretrain_images": 132_000 if tag.endswith("22k") else 0,
        "weights": f"{name}.safetensors",
        "weights_sha256": f"digest of {name}",
    }
    return Model(**(known | changes))


def dataset(name: str = "glyphs-val", **changes: Any) -> Dataset:
    """A dataset of that name, which ends with its role."""
    known: dict[str, Any] = {
        "name": name,
        "world": "glyphs",
        "role": Role(name.split("-")[1]),
        "images": 2000,
        "classes": 50,
        "resolution": 32,
        "draw": "nowhere:draw",
        "twin": None if name.endswith("-val") else "glyphs-val",
    }
    return Dataset(**(known | changes))


def job(
    measure: Measure = Measure.EVALUATE,
    *,
    of: Model | None = None,
    on: Dataset | None = None,
    **options: Any,
) -> Job:
    """A job; one that evaluates is on ``glyphs-val`` if not said otherwise."""
    where = (on or dataset()) if measure is Measure.EVALUATE else None
    return Job(
        measure=measure,
        model=of or model(),
        options=Options(**options),
        dataset=where,
        dataset_digest=f"digest of {where.name}" if where else None,
    )


def outcome(of: Job | None = None, **changes: Any) -> Outcome:
    """What a job that went well gives."""
    known: dict[str, Any] = {
        "job": of or job(),
        "status": Status.OK,
        "measurements": (
            Measurement(metric="top1", value=81.5, unit="%", low=79.7, high=83.1, n=2000),
            Measurement(metric="nll", value=0.7, unit="nat"),
        ),
        "notes": {"samples": [1.5, 2.5]},
        "predictions": b"\x00\x01npz\xff",
        "seconds": 1.25,
    }
    return Outcome(**(known | changes))


def failure(of: Job | None = None, error: str = "JobError: no") -> Outcome:
    """What a job that went wrong gives."""
    return Outcome(job=of or job(), status=Status.FAILED, error=error, seconds=0.5)


def ladder() -> tuple[Model, ...]:
    """Three families of five sizes at both scales, declared in no order to rely on."""
    sizes = ("l", "xs", "xl", "m", "s")
    return tuple(
        model(f"{family}_{size}.{tag}")
        for family in ("convnext", "swin", "vit")
        for tag in ("g22k", "g1k")
        for size in sizes
    )
