from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.metrics import log_loss, top_k_accuracy_score
from statsmodels.stats.proportion import proportion_confint

from bench.checkpoints.build import build
from bench.images.drawn.store import open_images
from bench.network import forward
from bench.run.execute import attempt
from bench.spec import AmpDtype, Dataset, Job, Measure, Model, Options, Outcome, Status, replace
from bench.tasks.classification import evaluate, predictions

Saved = Callable[..., Model]


def _run(model: Model, dataset: Dataset, digest: str | None = None, **options: Any) -> Outcome:
    chosen = replace(Options(batch_size=64), **options)
    return attempt(
        Job(
            measure=Measure.EVALUATE,
            model=model,
            options=chosen,
            dataset=dataset,
            dataset_digest=digest,
        )
    )


def _values(outcome: Outcome) -> dict[str, float]:
    assert outcome.status is Status.OK, outcome.error
    return {m.metric: m.value for m in outcome.measurements}


def _decisions(outcome: Outcome) -> NDArray[np.uint16]:
    assert outcome.predictions, outcome.error
    kept = predictions.unpack(outcome.predictions)
    return np.stack([kept.target, kept.prediction, kept.rank])


def _reference(model: Model, dataset: Dataset) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities, float64 and image by image, by code of this test alone."""
    network = build(model).double()
    images = open_images(dataset)
    rows = []
    with torch.no_grad():
        for pixels in images.pixels:
            scaled = (pixels.astype(np.float64) / 255 - model.mean) / model.std
            tensor = torch.from_numpy(scaled.transpose(2, 0, 1)[None].copy())
            rows.append(torch.softmax(network(tensor)[0], dim=0).numpy())
    return np.stack(rows), images.labels


@pytest.mark.parametrize("name", ["convnext_xs.g1k", "swin_xs.g1k", "vit_s.g1k", "resnet_xs.g1k"])
def test_numbers_and_predictions_match_an_independent_pipeline(
    saved: Saved, dataset: Dataset, name: str
) -> None:
    model = saved(name)
    outcome = _run(model, dataset)
    found = _values(outcome)
    probability, labels = _reference(model, dataset)

    classes = range(model.classes)
    right = int((probability.argmax(axis=1) == labels).sum())
    assert found["top1"] == pytest.approx(100 * right / 160)
    top5 = top_k_accuracy_score(labels, probability, k=5, labels=classes)
    assert found["top5"] == pytest.approx(100 * top5)
    assert found["nll"] == pytest.approx(log_loss(labels, probability, labels=classes), rel=1e-5)
    error = probability - np.eye(model.classes)[labels]
    assert found["brier"] == pytest.approx((error**2).sum() / 160, rel=1e-5)

    low, high = proportion_confint(right, 160, method="wilson")
    (top1,) = (m for m in outcome.measurements if m.metric == "top1")
    assert (top1.low, top1.high) == pytest.approx((100 * low, 100 * high), abs=1e-9)
    assert (top1.unit, top1.n) == ("%", 160)

    assert outcome.predictions
    kept = predictions.unpack(outcome.predictions)
    np.testing.assert_array_equal(kept.target, labels)
    np.testing.assert_array_equal(kept.prediction, probability.argmax(axis=1))
    np.testing.assert_allclose(kept.confidence, probability.max(axis=1), rtol=1e-4)
    assert len(set(kept.prediction.tolist())) > 1, "this network should not answer all the same"


def _nearly_tied(network: torch.nn.Module) -> None:
    """Make the last 25 classes copies of the first, apart by what float32 can hardly resolve."""
    head = [m for m in network.modules() if isinstance(m, torch.nn.Linear)][-1]
    head.weight[25:] = head.weight[:25] * (1 + 1e-7)
    if head.bias is not None:
        head.bias[25:] = head.bias[:25]


@pytest.mark.parametrize("name", ["convnext_s.g1k", "swin_xs.g1k", "resnet_s.g1k"])
def test_near_ties_are_decided_alike_at_every_batch_size(
    saved: Saved, dataset: Dataset, name: str
) -> None:
    model = saved(name, _nearly_tied)
    images = open_images(dataset)
    with torch.inference_mode():
        run = forward.Forward(build(model), model, Options(batch_size=64))
        float32 = run.logits(images.pixels)
        float64 = run.exact().logits(images.pixels, torch.float64)
    flips = (float32.argmax(axis=1) != float64.argmax(axis=1)).sum()
    assert flips > 0, "float32 should be wrong here, or this test shows nothing"

    decisions = [_decisions(_run(model, dataset, batch_size=size)) for size in (16, 64, 160)]
    decisions.append(_decisions(_run(model, dataset, channels_last=True)))
    np.testing.assert_array_equal(decisions[0][1], float64.argmax(axis=1))
    for other in decisions[1:]:
        np.testing.assert_array_equal(other, decisions[0])
    assert _run(model, dataset).notes["decided_in_float64"] >= flips


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_and_workers_change_no_decision(
    saved: Saved, dataset: Dataset, threads: int
) -> None:
    model = saved("vit_xs.g1k", _nearly_tied)
    expected = _decisions(_run(model, dataset, workers=1))
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        again = _decisions(_run(model, dataset, workers=threads, batch_size=32))
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(again, expected)


def test_limit_takes_the_first_images(saved: Saved, dataset: Dataset) -> None:
    model = saved("resnet_xs.g1k")
    whole, part = _decisions(_run(model, dataset)), _decisions(_run(model, dataset, limit=50))
    np.testing.assert_array_equal(part, whole[:, :50])


def test_groups_are_every_gth_image(saved: Saved, dataset: Dataset) -> None:
    model = saved("resnet_xs.g1k")
    groups = ("fog-1", "contrast-5", "pixelate-3")
    grouped = replace(dataset, options={**dataset.options, "groups": groups})
    outcome = _run(model, grouped)
    _, prediction, _ = _decisions(outcome)
    labels = open_images(grouped).labels
    found = _values(outcome)
    for place, group in enumerate(groups):
        mine = [i for i in range(160) if i % 3 == place]
        share = 100 * np.mean([prediction[i] == labels[i] for i in mine])
        assert found[f"top1/{group}"] == pytest.approx(share)
        (row,) = (m for m in outcome.measurements if m.metric == f"top1/{group}")
        assert row.n == len(mine)
    few = _values(_run(model, grouped, limit=2))
    assert "top1/contrast-5" in few
    assert "top1/pixelate-3" not in few


def test_other_images_than_planned_fail(saved: Saved, dataset: Dataset) -> None:
    model = saved("resnet_xs.g1k")
    digest = open_images(dataset).digest
    assert _run(model, dataset, digest).status is Status.OK
    failed = _run(model, dataset, "0" * 64)
    assert failed.status is Status.FAILED
    assert failed.error
    assert failed.error.startswith("DataError: glyphs-val-160 has changed: digest")
    assert failed.predictions is None


def test_logits_that_are_no_numbers_fail_with_their_count(saved: Saved, dataset: Dataset) -> None:
    def spoil(network: torch.nn.Module) -> None:
        next(network.parameters()).fill_(float("nan"))

    failed = _run(saved("convnext_xs.g1k", spoil), dataset)
    assert failed.status is Status.FAILED
    assert failed.error == (
        "JobError: convnext_xs.g1k: logits are not finite (nan or inf) "
        "for 64 of the 64 images up to image 64"
    )
    assert failed.measurements == ()


def test_labels_sizes_and_heads_that_do_not_fit_fail(saved: Saved, dataset: Dataset) -> None:
    model = saved("resnet_xs.g1k")
    wider = replace(model, classes=60)
    assert "glyphs-val-160 has 50; declare options['classes']" in (_run(wider, dataset).error or "")
    some = replace(dataset, options={**dataset.options, "classes": range(50)})
    assert "declared to return logits of (64, 60)" in (_run(wider, some).error or "")
    larger = replace(model, resolution=64)
    assert "32x32 pixels, asked for are 64x64" in (_run(larger, dataset).error or "")
    assert "batch size -1" in (_run(model, dataset, batch_size=-1).error or "")
    damaged = replace(model, weights_sha256="0" * 64)
    assert (_run(damaged, dataset).error or "").startswith("DataError:")


class _Small(torch.nn.Module):
    """Has memory for eight images at once."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self.head = torch.nn.Linear(3 * 32 * 32, 50)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if len(images) > self.room:
            raise torch.OutOfMemoryError("no room")
        answer: torch.Tensor = self.head(images.flatten(1))
        return answer


def test_out_of_memory_halves_the_batch_and_goes_on(
    saved: Saved, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = saved("resnet_xs.g1k")
    torch.manual_seed(1)
    small = _Small(9)
    monkeypatch.setattr(evaluate, "network_of", lambda *_: small)
    outcome = _run(model, dataset, batch_size=64)
    assert outcome.notes["batch"] == 8
    assert outcome.notes["out_of_memory"] == "batch 64 did not fit, 8 did"
    small.room = 1000
    plenty = _run(model, dataset, batch_size=64)
    assert "out_of_memory" not in plenty.notes
    np.testing.assert_array_equal(_decisions(outcome), _decisions(plenty))
    small.room = 0
    assert "out of memory on a single image" in (_run(model, dataset).error or "")


def test_mixed_precision_is_run_and_makes_no_promise(saved: Saved, dataset: Dataset) -> None:
    model = saved("convnext_xs.g1k")
    mixed = _run(model, dataset, amp=True, amp_dtype=AmpDtype.BFLOAT16)
    assert "decided_in_float64" not in mixed.notes
    assert mixed.predictions
    plain = _run(model, dataset).predictions
    assert plain
    apart = (
        predictions.unpack(mixed.predictions).target_logp - predictions.unpack(plain).target_logp
    )
    assert 1e-4 < np.abs(apart).max() < 1


def test_jobs_of_one_model_build_it_once(
    saved: Saved, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []

    def counting(model: Model) -> torch.nn.Module:
        built.append(model.name)
        return build(model)

    monkeypatch.setattr(forward, "build", counting)
    one, two = saved("resnet_xs.g1k"), saved("vit_xs.g1k")
    for model in (one, one, two, two, one):
        _run(model, dataset)
    assert built == ["resnet_xs.g1k", "vit_xs.g1k", "resnet_xs.g1k"]
    other = saved("resnet_xs.g1k", lambda network: next(network.parameters()).mul_(2))
    assert _run(other, dataset).status is Status.OK
    assert len(built) == 4, "other weights under the same name are another network"


def test_a_metric_beside_the_package_is_measured(
    saved: Saved, dataset: Dataset, tmp_path: Path
) -> None:
    folder = tmp_path / "mine" / "metrics"
    folder.mkdir(parents=True)
    (folder / "margin.py").write_text(
        "import numpy as np\n"
        "from bench.tasks.classification import Outputs, Metric, Rows\n\n\n"
        "def margin(outputs: Outputs) -> Rows:\n"
        "    top = np.sort(outputs.logits, axis=1)\n"
        "    return top[:, -1] - top[:, -2]\n\n\n"
        'METRICS = (Metric("margin", "logit", margin),)\n'
    )
    model = saved("vit_s.g1k")
    assert "margin" not in _values(_run(model, dataset))
    outcome = _run(model, dataset, folders=(str(folder.parent),))  # and no variable names it
    two = np.sort(np.log(_reference(model, dataset)[0]), axis=1)[:, -2:]
    assert _values(outcome)["margin"] == pytest.approx(np.diff(two).mean(), rel=1e-4)
