"""Provenance: what a number was measured with, as JSON that is safe to publish.

It goes into every report, so it has versions and hardware but no host or user name, no path outside
the working folder, and no environment variable except those listed below.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import bench
from bench.registry import SEARCH_PATH
from bench.spec import Options, to_json

#: Installed versions that can change a number.
PACKAGES = (
    *("torch", "torchvision", "timm", "numpy", "pillow", "matplotlib", "fvcore", "safetensors"),
    *("pandas", "scipy", "datasets", "huggingface_hub", "pyarrow"),
)
#: Environment variables that can change a number; any other may be a secret.
VARIABLES = (
    *("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "OMP_NUM_THREADS", "MKL_NUM_THREADS"),
    *("NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "CUBLAS_WORKSPACE_CONFIG"),
    *("PYTORCH_CUDA_ALLOC_CONF", "CUDA_LAUNCH_BLOCKING"),
)
_HARMLESS = re.compile(r"[\w.,:=+-]{0,64}")
#: An absolute or home path, also behind ``--option=``, ``@`` or a comma.
_PATH = re.compile(r"(^|[=@,])((?:[A-Za-z]:)?[\\/]|~)([^,]*)")


def snapshot(options: Options | None = None, argv: Sequence[str] | None = None) -> dict[str, Any]:
    """Software, hardware, ``options`` and command line of this process, as built-ins.

    Describing the device of ``options`` imports torch unless it is the CPU. Raises UsageError if
    this machine does not have it.
    """
    found: dict[str, Any] = {
        "bench": bench.__version__,
        "commit": commit(),
        "command": command(sys.argv if argv is None else argv),
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "system": _system(),
        "logical_cpus": os.cpu_count(),
        "packages": {name: _version(name) for name in PACKAGES},
        "variables": variables(),
        "extra_folders": len([p for p in os.environ.get(SEARCH_PATH, "").split(os.pathsep) if p]),
    }
    if options is not None:
        from bench.network.device import describe

        # Each measure runs in `true_float32`, so float32 never means TF32.
        device = {**describe(options.device), "tf32": False}
        found |= {"device": device, "options": to_json(options)}
    return found


def commit() -> dict[str, Any] | None:
    """Commit of the checkout that this package runs from, and whether tracked files differ.

    None if the package was installed, or git fails.
    """
    root = Path(bench.__file__).parents[1]
    if not (root / ".git").exists():
        return None
    try:
        head = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError, UnicodeError):
        return None
    return {"id": head, "modified": bool(changed)}


def command(argv: Sequence[str]) -> str:
    """A command line fit to publish: paths outside the working folder keep only their last part.

    >>> command(["/home/ann/.venv/bin/bench", "run", "scaling", "--output=/home/ann/secret/out"])
    'bench run scaling --output=…/out'
    """
    words = [_PATH.sub(_last_part, word) for word in argv[1:]]
    quoted = (
        word if re.fullmatch(r"[\w@%+=:,./…-]+", word) else shlex.quote(word) for word in words
    )
    return " ".join(["bench", *quoted])


def variables() -> dict[str, str]:
    """The `VARIABLES` that are set; a value that is not a plain setting becomes ``(set)``."""
    there = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    return {name: value if _HARMLESS.fullmatch(value) else "(set)" for name, value in there.items()}


def _system() -> str:
    """System, kernel version and architecture; a suffix to the version may name the site."""
    version = re.match(r"[\d.]*", platform.release())
    return f"{platform.system()} {version[0] if version else ''} {platform.machine()}"


def _last_part(match: re.Match[str]) -> str:
    parts = [part for part in re.split(r"[\\/]", match[2] + match[3]) if part]
    # The folder right below /home, or a bare ~ann, is a user's name.
    bare = len(parts) < 2 or (len(parts) == 2 and parts[0] in ("home", "Users"))
    return f"{match[1]}…" if bare else f"{match[1]}…/{parts[-1]}"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _git(root: Path, *arguments: str) -> str:
    # A git hook sets GIT_DIR, which would override -C.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(  # noqa: S603 - fixed words, no shell
        ["git", "-C", str(root), *arguments],  # noqa: S607
        capture_output=True,
        check=True,
        text=True,
        timeout=10,
        env=clean,
    )
    return done.stdout.strip()
