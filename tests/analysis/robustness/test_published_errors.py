"""AlexNet's errors as published with ImageNet-C."""

from __future__ import annotations

import pytest

from bench.analysis.robustness.published_errors import ALEXNET, SEVERITIES

#: Hendrycks & Dietterich 2019, the baseline of their code: errors of each corruption in percent,
#: and of clean images in table 1.
PUBLISHED = {
    "gaussian_noise": 88.6428,
    "shot_noise": 89.4468,
    "impulse_noise": 92.2640,
    "defocus_blur": 81.9880,
    "glass_blur": 82.6268,
    "motion_blur": 78.5948,
    "zoom_blur": 79.8360,
    "snow": 86.6816,
    "frost": 82.6572,
    "fog": 81.9324,
    "brightness": 56.4592,
    "contrast": 85.3204,
    "elastic_transform": 64.6056,
    "pixelate": 71.7840,
    "jpeg_compression": 60.6500,
    "clean": 43.5,
}


def test_every_error_is_the_published_one() -> None:
    assert {name: 100 * error for name, error in ALEXNET.items()} == pytest.approx(PUBLISHED)
    assert SEVERITIES == 5
