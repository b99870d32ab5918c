"""AlexNet's errors on ImageNet-C, that corruption errors are published in units of."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Severities of each corruption that a published error is the mean of.
SEVERITIES = 5
#: AlexNet's error on ImageNet-C, mean of five severities (fractions), as published with the set
#: (github.com/hendrycks/robustness); ``clean`` is its error on ImageNet val in the paper's table.
ALEXNET: Mapping[str, float] = MappingProxyType(
    {
        "gaussian_noise": 0.886428,
        "shot_noise": 0.894468,
        "impulse_noise": 0.922640,
        "defocus_blur": 0.819880,
        "glass_blur": 0.826268,
        "motion_blur": 0.785948,
        "zoom_blur": 0.798360,
        "snow": 0.866816,
        "frost": 0.826572,
        "fog": 0.819324,
        "brightness": 0.564592,
        "contrast": 0.853204,
        "elastic_transform": 0.646056,
        "pixelate": 0.717840,
        "jpeg_compression": 0.606500,
        "clean": 0.435,
    }
)
