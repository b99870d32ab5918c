import numpy as np
import pytest

from bench.spec.errors import JobError
from bench.tasks.classification import Estimate, Metric, Outputs, Rows, mean
from bench.tasks.classification.evaluate import metrics

LOGITS = np.array([[1.0, 0.0], [0.0, 3.0], [2.0, 1.0]])
ANSWERS = Outputs(LOGITS, np.array([0, 1, 1]))


def _largest(outputs: Outputs) -> Rows:
    return np.asarray(outputs.logits.max(axis=1))


def test_plain_numbers_and_estimates_become_measurements() -> None:
    metric = Metric("largest", "logit", _largest)
    found = metric.measurement(metric.rows(ANSWERS))
    assert (found.metric, found.value, found.unit, found.n) == ("largest", 2.0, "logit", 3)
    assert (found.low, found.high) == (None, None)
    metric = Metric("share", "%", _largest, lambda rows: Estimate(50.0, 40.0, 60.0 + len(rows)))
    share = metric.measurement(metric.rows(ANSWERS))
    assert (share.value, share.low, share.high) == (50.0, 40.0, 63.0)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_none_is_refused(wrong: float) -> None:
    with pytest.raises(JobError, match="'odd' returned"):
        Metric("odd", "", _largest, lambda _: wrong).measurement(np.zeros(3))


def test_a_metric_that_raises_is_named() -> None:
    def broken(outputs: Outputs) -> Rows:
        return np.asarray(outputs.logits[len(outputs)])

    with pytest.raises(JobError, match="'broken' failed: IndexError"):
        Metric("broken", "", broken).rows(ANSWERS)
    with pytest.raises(JobError, match="'broken' failed: ZeroDivisionError"):
        Metric("broken", "", _largest, lambda _: 1 / 0).measurement(np.zeros(3))


@pytest.mark.parametrize("shape", [(), (2,), (1, 3)])
def test_a_metric_that_gives_no_row_an_image_is_told_so(shape: tuple[int, ...]) -> None:
    with pytest.raises(JobError, match="one row per image"):
        Metric("odd", "", lambda _: np.zeros(shape)).rows(ANSWERS)


def test_rows_may_have_several_numbers() -> None:
    metric = Metric("both", "", lambda outputs: outputs.logits, lambda rows: mean(rows[:, 1]))
    assert metric.measurement(metric.rows(ANSWERS)).value == pytest.approx(4 / 3)


def test_the_package_declares_the_metrics_that_the_reports_read() -> None:
    declared = [metric.name for metric in metrics()]
    assert {"top1", "top5", "nll", "ece", "brier"} <= set(declared)
    assert len(declared) == len(set(declared))
