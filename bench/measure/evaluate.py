"""Evaluate: predictions of one model on one dataset, and every metric of them.

In float32 the predictions and ranks are the same to the image whatever the batch size, threads,
workers, layout or device: see `bench.measure.nearties`. With ``--amp`` there is no such promise,
and the batch size is part of what the job is.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from bench import registry
from bench.data._load import Images, open_images
from bench.errors import DataError, JobError
from bench.measure.device import true_float32
from bench.measure.forward import Forward, network_of
from bench.measure.nearties import Redecided, redecide
from bench.metrics import Logits, Metric, accuracy, measured, stored
from bench.spec import Dataset, Job, Measurement, Outcome, Status


def measure(job: Job) -> Outcome:
    """Every metric of `bench.metrics` on ``job.dataset``, and the predictions image by image.

    A dataset with ``options["groups"]``, G names, has ``top1/<group>`` besides: image i is in group
    i mod G. Raises `DataError` when images or labels are not what the job says, `JobError` when the
    network's answers are no numbers.
    """
    if job.dataset is None:
        raise JobError("evaluate needs a dataset")
    images = _opened(job, job.dataset)
    run = Forward(network_of(job.model, job.options), job.model, job.options)
    with torch.inference_mode(), true_float32():
        logits = run.logits(images.pixels)
        _check_finite(logits, job)
        redecided = None
        if not job.options.amp:
            redecided = redecide(run, images.pixels, images.labels, logits)
    kept = stored.predictions(logits, images.labels)
    return Outcome(
        job=job,
        status=Status.OK,
        measurements=(
            *measured(_metrics(), logits, images.labels),
            *_by_group(job.dataset, kept.rank),
        ),
        notes=_notes(job, run, redecided),
        predictions=stored.pack(kept),
    )


def _opened(job: Job, dataset: Dataset) -> Images:
    """The job's images, checked against what the job and the model say of them."""
    model, options = job.model, job.options
    try:
        images = open_images(dataset, workers=options.workers, limit=options.limit)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {dataset.name}: {error}") from error
    if job.dataset_digest is not None and images.digest != job.dataset_digest:
        raise DataError(
            f"{dataset.name} has digest {images.digest[:12]}, the job was planned for "
            f"{job.dataset_digest[:12]}; plan it again"
        )
    if len(images.labels) == 0:
        raise DataError(f"{dataset.name} has no images")
    low, high = int(images.labels.min()), int(images.labels.max())
    if low < 0 or high >= model.classes:
        raise DataError(
            f"{dataset.name} has labels {low}..{high}, {model.name} knows 0..{model.classes - 1}"
        )
    height, width = images.pixels.shape[1:3]
    if (height, width) != (model.resolution, model.resolution):
        raise DataError(
            f"{dataset.name} is {width}x{height} pixels, {model.name} takes "
            f"{model.resolution}x{model.resolution}"
        )
    return images


def _check_finite(logits: Logits, job: Job) -> None:
    bad = int((~np.isfinite(logits)).any(axis=1).sum())
    if bad:
        hint = "; try --amp-dtype bfloat16" if job.options.precision == "float16" else ""
        raise JobError(
            f"{job.model.name} gives logits that are not finite (nan or inf) on {bad:,} of "
            f"{len(logits):,} images{hint}"
        )


def _metrics() -> list[Metric]:
    """What each file of `bench.metrics` and of the user's ``metrics/`` folders declares."""
    return [
        metric
        for module in registry.modules("metrics")
        for metric in getattr(module, "METRICS", ())
    ]


def _by_group(dataset: Dataset, rank: NDArray[np.uint16]) -> list[Measurement]:
    groups: tuple[str, ...] = tuple(dataset.options.get("groups", ()))
    found = []
    for place, group in enumerate(groups):
        part = rank[place :: len(groups)]
        if len(part):  # a limit may leave a group empty
            share = accuracy.wilson(int((part == 0).sum()), len(part))
            found.append(
                Measurement(
                    metric=f"top1/{group}",
                    value=share.value,
                    unit="%",
                    low=share.low,
                    high=share.high,
                    n=len(part),
                )
            )
    return found


def _notes(job: Job, run: Forward, redecided: Redecided | None) -> dict[str, object]:
    notes: dict[str, object] = {
        "batch": run.batch,
        "tf32": False,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
    if run.batch < job.options.batch_size:
        notes["out_of_memory"] = f"batch {job.options.batch_size} did not fit, {run.batch} did"
    if redecided:
        notes |= {
            "decided_in_float64": redecided.images,
            "float32_error": redecided.error,
            "tolerance": redecided.tolerance,
        }
    return notes
