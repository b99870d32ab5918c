"""Memory does not grow with the number of images: `benchmarks/prepared_memory.py`, made small.

There 100,000 images may take 200 MB, 2,000 bytes each. Few images show less well what grows, as
buffers come and go: a pass that kept its images would show 12,288 bytes each, and may show half.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "prepared_memory.py"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_pass_holds_its_images() -> None:
    size = ["--images", "6000", "--width", "32", "--height", "32", "--size", "64"]
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *size], capture_output=True, text=True, check=True
    )
    rises = re.findall(r"^(\w+) .* ([+-]\d+) B/image, .* (\d+) decoded$", done.stdout, re.M)
    assert [(name, decoded) for name, _, decoded in rises] == [
        ("filling", "6000"),
        ("reading", "0"),
        ("without", "6000"),
    ]
    assert all(int(rise) < 12_288 / 2 for _, rise, _ in rises), done.stdout
