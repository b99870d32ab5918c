"""Devices: which ones this machine has, what they are, and true float32 on them."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from bench.spec import Options
from bench.spec.errors import UsageError

if TYPE_CHECKING:
    import torch

_CPU_BATCH, _LARGEST_BATCH = 32, 1024
_IMAGE_MIB = 64
#: Linux device files without which torch cannot see a GPU: NVIDIA's driver, WSL's, AMD's.
_GPU_FILES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


class Description(TypedDict):
    """A device's description, ready for JSON."""

    device: str  #: torch device string with its index: ``cuda:0``
    name: str  #: ``NVIDIA H200``; for a CPU its model and the threads used
    memory_mib: int | None  #: total memory, MiB
    capability: str | None  #: CUDA compute capability, ``9.0``
    threads: int | None  #: CPU threads that torch computes with


def describe(device: str) -> Description:
    """Describe ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``, as ``--device`` takes it.

    ``auto`` is the first CUDA device, or else the CPU. Describing the CPU does not import torch,
    nor does ``auto`` on a machine that cannot have a GPU. Raises `UsageError` for a device that
    this machine does not have, and names those that it has.

    >>> describe("cpu")["device"]
    'cpu'
    """
    if device == "auto":
        device = _automatic()
    if device == "cpu":
        used = threads()
        name = f"{_cpu_name()}, {used} thread{'s' if used > 1 else ''}"
        return Description(
            device=device, name=name, memory_mib=_ram_mib(), capability=None, threads=used
        )
    there = available()
    full = "cuda:0" if device == "cuda" else device
    if full not in there:
        raise UsageError(f"no device {device!r} on this machine; available: {', '.join(there)}")
    if full == "mps":
        name = f"{_cpu_name()} GPU"
        return Description(
            device=full, name=name, memory_mib=_ram_mib(), capability=None, threads=None
        )
    import torch

    about = torch.cuda.get_device_properties(full)
    return Description(
        device=full,
        name=about.name,
        memory_mib=about.total_memory // 2**20,
        capability=f"{about.major}.{about.minor}",
        threads=None,
    )


def _automatic() -> str:
    if sys.platform == "linux" and not any(Path(file).exists() for file in _GPU_FILES):
        return "cpu"
    return next((name for name in available() if name.startswith("cuda")), "cpu")


def available() -> tuple[str, ...]:
    """Devices that torch can compute on here, ``cpu`` first."""
    import torch

    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return ("cpu", *cuda, *mps)


def threads() -> int:
    """CPU threads that a measurement uses: ``OMP_NUM_THREADS``, else the cores we may run on.

    The hyper-threads of a core count once: torch's kernels gain nothing from the second.
    """
    with suppress(KeyError, ValueError):
        if (given := int(os.environ["OMP_NUM_THREADS"].split(",")[0])) > 0:
            return given
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    ours = os.sched_getaffinity(0)
    siblings = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    try:
        return len({Path(siblings.format(cpu)).read_text() for cpu in ours})
    except OSError:
        return len(ours)


def automatic_batch(options: Options) -> int:
    """The batch size where ``options.batch_size`` is 0, which leaves it to the device.

    On CUDA the largest power of two that leaves 64 MiB for each image, at most 1,024; a batch that
    does not fit is halved later. Elsewhere 32: larger activations do not fit a CPU's caches. In
    mixed precision the batch may change a prediction, so it is the default of `bench.spec.Options`.

    >>> from bench.spec import Options
    >>> automatic_batch(Options(batch_size=0)), automatic_batch(Options(batch_size=0, amp=True))
    (32, 256)
    """
    if options.amp:
        return Options.batch_size
    if not options.device.startswith("cuda"):
        return _CPU_BATCH
    images = max(1, (describe(options.device)["memory_mib"] or 0) // _IMAGE_MIB)
    return min(_LARGEST_BATCH, 1 << (images.bit_length() - 1))


@contextmanager
def true_float32() -> Iterator[None]:
    """Within it, float32 on CUDA is float32: no TF32 in convolutions or matrix products.

    By default torch allows TF32, with its 10-bit mantissa, in convolutions only. ConvNets would
    then run faster and less exactly than Transformers under the same label.
    """
    import torch

    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


def autocast(device: str, amp_dtype: str | None) -> torch.autocast:
    """Autocast for a device; ``amp_dtype`` is a name such as ``bfloat16``, None turns it off."""
    import torch

    dtype: torch.dtype | None = getattr(torch, amp_dtype) if amp_dtype else None
    return torch.autocast(torch.device(device).type, dtype=dtype, enabled=amp_dtype is not None)


def synchronize(device: str) -> None:
    """Wait until all work launched on the device is done; on a CPU it always is."""
    import torch

    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    elif device == "mps":
        torch.mps.synchronize()


@contextmanager
def using_threads(wanted: int) -> Iterator[None]:
    """Within it, torch computes on ``wanted`` CPU threads, the number in the device's name."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(wanted)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _cpu_name() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine() or "CPU"


def _ram_mib() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    except (OSError, ValueError, AttributeError):
        return None
