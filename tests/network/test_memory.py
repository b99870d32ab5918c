import pytest
import torch

from bench.network import memory


def test_peak_memory_of_the_cpu_is_what_was_held() -> None:
    watch = memory.PeakMemory("cpu")
    if "resident" not in watch.how:
        pytest.skip("this kernel cannot restart its high-water mark")
    watch.restart()
    held = torch.ones(64, 2**18)  # 64 MiB
    del held
    watch.stop()
    (peak,) = watch.measurements()
    assert 63 <= peak.value < 72
    assert peak.unit == "MiB"


def test_memory_that_cannot_be_measured_has_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_reset_peak", lambda: False)
    watch = memory.PeakMemory("cpu")
    watch.restart()
    watch.stop()
    assert watch.measurements() == []
    assert watch.how == "not measured on this device"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_peak_memory_of_a_gpu_leaves_out_what_was_there_before() -> None:
    other = torch.ones(32, 2**18, device="cuda")
    watch = memory.PeakMemory("cuda:0")
    watch.restart()
    held = torch.ones(64, 2**18, device="cuda") + 0
    watch.stop()
    (peak,) = watch.measurements()
    assert len(other) + len(held) == 96
    assert 64 <= peak.value <= 130
