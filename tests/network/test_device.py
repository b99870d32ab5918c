import os
import subprocess
import sys

import pytest
import torch

from bench.network import device
from bench.spec.errors import UsageError


def test_the_cpu_is_described_without_torch() -> None:
    code = (
        "import sys; from bench.network.device import describe; print(describe('cpu')['name']);"
        "assert 'torch' not in sys.modules"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "thread" in run.stdout


@pytest.mark.parametrize("given", ["cuda:77", "tpu", "gpu", "", "cpu:3", "cuda:-1"])
def test_a_device_that_is_not_there_names_those_that_are(given: str) -> None:
    with pytest.raises(UsageError) as caught:
        device.describe(given)
    assert repr(given) in str(caught.value)
    for there in device.available():
        assert there in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU")
def test_cuda_without_a_gpu_is_a_users_error() -> None:
    with pytest.raises(UsageError, match=r"no device 'cuda' on this machine; available: cpu"):
        device.describe("cuda")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_has_name_memory_and_capability() -> None:
    found = device.describe("cuda")
    assert found["device"] == "cuda:0"
    assert found["name"] == torch.cuda.get_device_name(0)
    assert found["memory_mib"]
    assert found["capability"]


def test_threads_are_those_asked_for_or_at_most_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert device.threads() == 3
    assert device.describe("cpu")["name"].endswith(", 3 threads")
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert 1 <= device.threads() <= (os.cpu_count() or 1)
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert 1 <= device.threads() <= (os.cpu_count() or 1)


def test_tf32_is_off_within_and_as_before_after() -> None:
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    with device.true_float32():
        assert not torch.backends.cudnn.allow_tf32
        assert not torch.backends.cuda.matmul.allow_tf32
    assert (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32) == before
