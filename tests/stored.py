"""A results store whose every answer is known: no model is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bench import registry
from bench.spec import Job, Measure, Measurement, Options, Outcome, Status
from bench.store import Store
from bench.tasks.classification.predictions import Predictions, pack

MODELS = ("convnext_m.g1k", "convnext_m.g22k", "swin_m.g1k", "swin_m.g22k", "swin_l.g1k")
GMACS = {"convnext_m": 1.42e-3, "swin_m": 1.40e-3, "swin_l": 3.5e-3}
#: Accuracy of each model on val, by construction.
SKILL = dict(zip(MODELS, (0.80, 0.86, 0.76, 0.86, 0.78), strict=True))
IMAGES = 500


def answers(model: str, dataset: str) -> Predictions:
    """Labels 0..49 in turn; a model is right where a shared difficulty is below its skill."""
    rng = np.random.default_rng(len(dataset))
    target = np.arange(IMAGES) % 50
    hard = rng.random(IMAGES)
    own = np.random.default_rng([MODELS.index(model), len(dataset)])
    hard = np.where(own.random(IMAGES) < 0.3, own.random(IMAGES), hard)
    loss = 0.3 if dataset == "glyphs-r" and model.startswith("swin") else 0.0
    right = hard < SKILL[model] - loss
    wrong = (target + 1 + own.integers(0, 48, IMAGES)) % 50
    sure = own.uniform(0.5, 1.0, IMAGES).astype(np.float32)
    return Predictions(
        target.astype(np.uint16),
        np.where(right, target, wrong).astype(np.uint16),
        np.where(right, 0, 1).astype(np.uint16),
        sure,
        np.log(np.where(right, sure, (1 - sure) / 49)).astype(np.float32),
    )


def make(folder: Path) -> Path:
    """A store in ``folder`` with costs of all models, and answers on val and R."""
    with Store(folder) as store:
        run = store.begin_run({})
        for name in MODELS:
            fill(store, run, name)
    return folder


def jobs(name: str) -> list[Job]:
    """What is stored of a model: its cost, its speed, and its answers on val and R."""
    model, options = registry.models(name)[0], Options(device_name="Example CPU")
    costs = [Job(measure=m, model=model, options=options) for m in (Measure.PROFILE, Measure.SPEED)]
    return costs + [
        Job(
            measure=Measure.EVALUATE,
            model=model,
            options=options,
            dataset=dataset,
            dataset_digest=dataset.name,
        )
        for dataset in registry.datasets("glyphs-val,glyphs-r")
    ]


def fill(store: Store, run: str, name: str) -> None:
    profile, speed, *evaluations = jobs(name)
    cost = GMACS[profile.model.architecture]
    for job, metric, value in (
        (profile, "gmacs", cost),
        (speed, "latency_p50", 1000 * cost),
    ):
        outcome = Outcome(
            job=job,
            status=Status.OK,
            measurements=(Measurement(metric=metric, value=value, unit=""),),
        )
        store.append(outcome, run)
    for job in evaluations:
        assert job.dataset is not None
        given = answers(name, job.dataset.name)
        value = 100 * float((given.prediction == given.target).mean())
        outcome = Outcome(
            job=job,
            status=Status.OK,
            measurements=(Measurement(metric="top1", value=value, unit="%", n=IMAGES),),
            predictions=pack(given),
        )
        store.append(outcome, run)


def right(model: str, dataset: str = "glyphs-val") -> Any:
    given = answers(model, dataset)
    return given.prediction == given.target
