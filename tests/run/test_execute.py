import subprocess
import sys
from types import SimpleNamespace

import pytest

from bench import registry
from bench.run import execute
from bench.spec import Job, Measure, Options, Outcome, Status

JOB = Job(measure=Measure.PROFILE, model=registry.models("convnext_xs")[0], options=Options())


def _with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def raising(job: Job) -> Outcome:
        raise error

    monkeypatch.setattr(execute, "import_module", lambda _: SimpleNamespace(measure=raising))


def test_a_failed_job_is_an_outcome_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    _with(monkeypatch, ValueError("two\n  lines\n" + "and much more " * 100))
    outcome = execute.attempt(JOB)
    assert outcome.status is Status.FAILED
    assert outcome.job is JOB
    assert outcome.measurements == ()
    assert outcome.error
    assert outcome.error.startswith("ValueError: two lines and much more")
    assert "\n" not in outcome.error
    assert len(outcome.error) <= 400


def test_memory_that_one_job_lacks_fails_that_job(monkeypatch: pytest.MonkeyPatch) -> None:
    _with(monkeypatch, MemoryError())
    assert execute.attempt(JOB).error == "MemoryError"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_what_is_not_the_jobs_fault_passes(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    _with(monkeypatch, error)
    with pytest.raises(type(error)):
        execute.attempt(JOB)


def test_every_measure_is_there_and_timed() -> None:
    assert set(execute.MEASURES) == set(Measure)
    outcome = execute.attempt(JOB)
    assert outcome.status is Status.OK
    assert outcome.error is None
    assert outcome.seconds > 0


def test_evaluate_without_a_dataset_fails() -> None:
    outcome = execute.attempt(Job(measure=Measure.EVALUATE, model=JOB.model, options=Options()))
    assert outcome.status is Status.FAILED
    assert outcome.error == "JobError: evaluate needs a dataset"


def test_importing_the_package_is_light() -> None:
    code = "import sys, bench.run.execute; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
