import numpy as np
import pytest

from bench import registry
from bench.errors import JobError
from bench.metrics import Estimate, Logits, Metric, Targets, measured

LOGITS = np.array([[1.0, 0.0], [0.0, 3.0], [2.0, 1.0]])
TARGETS = np.array([0, 1, 1])


def test_plain_numbers_and_estimates_become_measurements() -> None:
    found = measured(
        [
            Metric("spread", "logit", lambda logits, _: float(np.ptp(logits))),
            Metric("share", "%", lambda _, targets: Estimate(50.0, 40.0, float(60 + targets[0]))),
        ],
        LOGITS,
        TARGETS,
    )
    spread, share = found
    assert (spread.metric, spread.value, spread.unit, spread.n) == ("spread", 3.0, "logit", 3)
    assert (spread.low, spread.high) == (None, None)
    assert (share.value, share.low, share.high) == (50.0, 40.0, 60.0)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_none_is_refused(wrong: float) -> None:
    with pytest.raises(JobError, match="'odd' gave"):
        measured([Metric("odd", "", lambda *_: wrong)], LOGITS, TARGETS)


def test_a_metric_that_raises_is_named() -> None:
    def broken(logits: Logits, targets: Targets) -> float:
        return float(logits[len(targets), 0])

    with pytest.raises(JobError, match="'broken' failed: IndexError"):
        measured([Metric("broken", "", broken)], LOGITS, TARGETS)


def test_two_metrics_of_one_name_are_refused() -> None:
    zero = Metric("zero", "", lambda *_: 0.0)
    with pytest.raises(JobError, match="two metrics are named 'zero'"):
        measured([zero, zero], LOGITS, TARGETS)


def test_the_package_declares_the_metrics_that_the_reports_read() -> None:
    declared = [
        metric.name
        for module in registry.modules("metrics")
        for metric in getattr(module, "METRICS", ())
    ]
    assert {"top1", "top5", "nll", "ece", "brier"} <= set(declared)
    assert len(declared) == len(set(declared))
