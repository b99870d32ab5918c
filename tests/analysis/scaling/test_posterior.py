"""The posterior of worked examples, to the digits that a page shows and four more."""

from __future__ import annotations

import pytest

from bench.analysis.scaling import posterior
from tests.worked import NINE, PAPER, Example, ends


def near(*values: float) -> object:
    return pytest.approx(values, rel=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    ("given", "means", "beyond", "observed", "inside", "exponent", "floor", "slopes"),
    [
        (
            PAPER,
            (0.431456315, 4.33914766, -2.04245409, 0.0117231938, 0.00691539324),
            (0.12660688, 0.119373382, 0.132107518),
            (0.126585374, 0.118859994, 0.132599784),
            (0.159169692, 0.158478403, 0.16000437),
            (0.601687872, 0.156084133, 0.812075219),
            (0.118147955, 0.047369373, 0.125638855),
            (-0.0321184000, -0.1818808278),
        ),
        (
            NINE,
            (0.510820763, 3.20684594, -2.12561136, 0.0231278392, 0.00642451613),
            (0.114083943, 0.106902792, 0.120830103),
            (0.114036933, 0.105796771, 0.122098482),
            (0.337416507, 0.334119194, 0.340533253),
            (0.601687872, 0.517915319, 0.648526172),
            (0.100339806, 0.0875426713, 0.105571436),
            (-0.0536420843, -0.4264432818),
        ),
    ],
)
def test_a_posterior(
    given: Example,
    means: tuple[float, ...],
    beyond: tuple[float, ...],
    observed: tuple[float, ...],
    inside: tuple[float, ...],
    exponent: tuple[float, ...],
    floor: tuple[float, ...],
    slopes: tuple[float, ...],
) -> None:
    found = posterior(*given)
    top = float(given.x[-1])
    assert (found.c.size, found.half, found.x_max) == (16_000, 8_000, top)
    drawn = (found.c, found.shape, found.level, found.sigma, found.drift)
    assert [float(d.mean()) for d in drawn] == near(*means)
    assert ends(found.predict(2 * top)) == near(*beyond)
    assert ends(found.predict(2 * top, observed=True)) == near(*observed)
    assert ends(found.predict(1.5 * float(given.x[0]), 0.5)) == near(*inside)
    assert ends(found.exponent()) == near(*exponent)
    assert ends(found.floor()) == near(*floor)
    at = (2 * top, float(given.x[0]))
    assert [float(found.elasticity(x).mean()) for x in at] == near(*slopes)
