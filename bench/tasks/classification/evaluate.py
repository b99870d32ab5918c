"""Evaluate: one model's predictions on one dataset, and every metric of them.

In float32, predictions and ranks are the same for every image whatever the batch size, threads,
workers, layout or device: see `bench.tasks.classification.near_ties`. With ``--amp`` they may
differ, so batch size and device are part of the job. A dataset may be larger than memory.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch

from bench import registry
from bench.images.open import opened
from bench.images.types import ImageSet
from bench.network.device import true_float32
from bench.network.forward import Forward, network_of
from bench.spec import Dataset, Job, Outcome, Status
from bench.spec.errors import DataError, JobError
from bench.tasks.classification import accuracy, calibration, predictions
from bench.tasks.classification.metric import Logits, Metric
from bench.tasks.classification.near_ties import Redecided, redecide
from bench.tasks.classification.tally import Tally
from bench.tasks.classification.views import views


def measure(job: Job) -> Outcome:
    """Evaluate every metric on ``job.dataset``, and keep the prediction for each image.

    A set in groups, such as corruptions, also has ``top1/<group>``; for val and for sets of some
    classes, see `bench.tasks.classification.views`. Raises `DataError` if images or labels differ
    from the job's, `JobError` if the logits are not finite.
    """
    if job.dataset is None:
        raise JobError("evaluate needs a dataset")
    images = _opened(job, job.dataset)
    tally = Tally(
        images.labels, views(job.dataset, job.model, images.labels, metrics(job.options.folders))
    )
    run = Forward(network_of(job.model, job.options), job.model, job.options)
    redecided = predict_into(run, images, tally)
    return Outcome(
        job=job,
        status=Status.OK,
        measurements=tuple(tally.measurements()),
        notes=_notes(job, run, redecided),
        predictions=predictions.pack(tally.predictions()),
    )


def predict_into(run: Forward, images: ImageSet, tally: Tally) -> Redecided | None:
    """Run a network over all images into ``tally``, deciding near-ties in float64.

    In mixed precision near-ties stay as they are, and the result is None.
    """
    done = 0
    with torch.inference_mode(), true_float32():
        for logits in run.stream(images.blocks(run.batch)):
            which = np.arange(done, done + len(logits))
            done += len(logits)
            _check_finite(logits, run, done)
            tally.put(which, logits)
        if done != len(images):
            raise DataError(f"read {done:,} images, expected {len(images):,}")
        return None if run.options.amp else redecide(run, images, tally)


def _opened(job: Job, dataset: Dataset) -> ImageSet:
    """The job's images; DataError if they are not those that it was planned for."""
    options = job.options
    try:
        images = opened(
            dataset,
            job.model.transform,
            workers=options.workers,
            limit=options.limit,
            cache=options.cache,
        )
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {dataset.name}: {error}") from error
    if job.dataset_digest is not None and images.digest != job.dataset_digest:
        raise DataError(
            f"{dataset.name} has changed: digest {images.digest[:12]}, but the job was planned for "
            f"{job.dataset_digest[:12]}; run the command again"
        )
    if len(images) == 0:
        raise DataError(f"{dataset.name} has no images")
    return images


def _check_finite(logits: Logits, run: Forward, done: int) -> None:
    bad = int((~np.isfinite(logits)).any(axis=1).sum())
    if bad:
        hint = "; try --amp-dtype bfloat16" if run.options.precision == "float16" else ""
        raise JobError(
            f"{run.model.name}: logits are not finite (nan or inf) for {bad:,} of the "
            f"{len(logits):,} images up to image {done:,}{hint}"
        )


def metrics(folders: Iterable[str] | None = None) -> tuple[Metric, ...]:
    """The package's metrics, then those in the user's folders; see `bench.registry.modules`."""
    users = (getattr(module, "METRICS", ()) for module in registry.modules("metrics", folders))
    return (*accuracy.METRICS, *calibration.METRICS, *(one for some in users for one in some))


def _notes(job: Job, run: Forward, redecided: Redecided | None) -> dict[str, object]:
    notes: dict[str, object] = {
        "batch": run.batch,
        "tf32": False,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
    if job.options.batch_size == 0:
        notes["batch_chosen_by"] = "bench"
    if run.batch < run.requested_batch:
        notes["out_of_memory"] = f"batch {run.requested_batch} did not fit, {run.batch} did"
    if redecided:
        notes |= {
            "decided_in_float64": redecided.images,
            "float32_error": redecided.error,
            "tolerance": redecided.tolerance,
        }
    return notes
