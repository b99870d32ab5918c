"""Options that several commands share, and what they mean."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bench.network.device import Description

DEFAULT_OUTPUT = Path("results")
DEFAULT_REPORT = "scaling"

Output = Annotated[
    Path, typer.Option("--output", "-o", help="Folder of the results store.", show_default=True)
]
Device = Annotated[
    str,
    typer.Option(metavar="auto|cpu|cuda[:N]|mps", help="auto: CUDA where there is one, else CPU."),
]
Workers = Annotated[
    int, typer.Option("--workers", "-j", min=1, help="Processes or threads that prepare images.")
]

#: Linux device files without which torch cannot see a GPU: NVIDIA's driver, WSL's, AMD's.
_GPU_FILES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


def described(device: str) -> Description:
    """The device that ``--device`` names; UsageError if it is not there.

    ``auto`` loads torch only on a machine that may have a GPU.
    """
    from bench.network.device import available, describe

    if device != "auto":
        return describe(device)
    if sys.platform == "linux" and not any(Path(file).exists() for file in _GPU_FILES):
        return describe("cpu")
    return describe(next((name for name in available() if name.startswith("cuda")), "cpu"))


def existing(output: Path) -> Path | None:
    """The results store that ``--output`` names, or None where there is none yet."""
    from bench.store import FILE_NAME

    file = output if output.is_file() else output / FILE_NAME
    return file if file.is_file() else None
