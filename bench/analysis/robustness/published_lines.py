"""The published population's lines: what ImageNet models without extra robustness reach.

Fitted to the evaluations of Taori et al. 2020 (modestyachts/imagenet-testbed): models trained in
the standard way on ImageNet-1k alone, names with ``aws``, ``batch64`` or ``subsample`` left out,
accuracy of at least 55 % (75 % on a subset of classes), ordinary least squares in logits.
ImageNet-A was mined against ResNet-50, which is left out and parts its line in two. All models are
CNNs of 2020 or before. They mean nothing for other data than ImageNet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bench.analysis.robustness.effective import Line

#: In-distribution accuracy on all of ImageNet val, or on the classes that the shifted set has.
Twin = Literal["val", "classes"]

#: The only world that the lines say something of.
WORLD = "imagenet"

_SOURCE = "Taori et al. 2020, standard models"


def _line(slope: float, intercept: float, low: float, high: float, n: int, r2: float) -> Line:
    return Line(slope, intercept, low, high, n, r2, _SOURCE)


#: Lines by shifted set and twin, in the order of the accuracies they cover.
PUBLISHED: Mapping[tuple[str, Twin], tuple[Line, ...]] = {
    ("v2", "val"): (_line(0.92323, -0.49769, 56.52, 84.73, 85, 0.9960),),
    ("sketch", "val"): (_line(1.07092, -2.37007, 56.52, 84.73, 85, 0.8690),),
    ("r", "val"): (_line(0.91159, -1.59992, 56.52, 84.73, 80, 0.8772),),
    ("r", "classes"): (_line(0.63684, -2.10772, 76.91, 96.50, 80, 0.8894),),
    ("objectnet", "val"): (_line(1.19927, -2.02425, 56.52, 84.73, 85, 0.9410),),
    ("a", "val"): (
        _line(0.95163, -4.59772, 56.52, 75.87, 33, 0.3875),
        _line(5.39973, -9.43811, 76.20, 84.73, 51, 0.8969),
    ),
    ("a", "classes"): (
        _line(0.68945, -5.14005, 76.15, 91.73, 33, 0.4105),
        _line(2.95596, -10.27740, 91.94, 96.90, 51, 0.9052),
    ),
}
#: ResNet-50's own accuracy, where the two segments of ImageNet-A part.
_PARTING: Mapping[Twin, float] = {"val": 76.13, "classes": 91.86}


@dataclass(frozen=True)
class AgainstPublished:
    """Effective robustness over the published line; ``covered`` is false where that ends."""

    points: float
    expected: float  #: accuracy under shift (%) that the line gives
    covered: bool
    line: Line


def against_published(
    role: str, val: float, shift: float, twin: Twin = "val", *, world: str
) -> AgainstPublished | None:
    """Effective robustness (points) of one ImageNet model; None for a set without a line.

    ``val`` and ``shift`` are percent. Beyond the fitted accuracies the line is extended, and
    ``covered`` says so. ``world`` is that of the set: the lines are of `WORLD` alone, and any other
    gives None.

    >>> er = against_published("sketch", 85.442, 58.81, world="imagenet")
    >>> round(er.expected, 2), round(er.points, 1), er.covered
    (38.35, 20.5, False)
    >>> against_published("sketch", 85.442, 58.81, world="glyphs") is None
    True
    """
    lines = PUBLISHED.get((role, twin)) if world == WORLD else None
    if lines is None:
        return None
    line = lines[0] if len(lines) == 1 or val < _PARTING[twin] else lines[1]
    expected = float(line.predict(val))
    return AgainstPublished(shift - expected, expected, bool(line.covers(val)), line)
