"""The laws of worked examples, to the digits that a page shows and two more."""

from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.scaling import fit
from tests.worked import NINE, PAPER, THREE, Example, ends


@pytest.mark.parametrize(
    ("given", "images", "label", "noise", "beyond", "observed", "slope", "exponent", "floor"),
    [
        (
            PAPER,
            None,
            "median of M2, M3",
            0.01,
            (0.127347995, 0.119373382, 0.132107518),
            (0.127347995, 0.118859994, 0.132599784),
            (-0.0392893033, -0.0886108712, -0.0284819717),
            (0.720926767, 0.156084133, 0.812075219),
            (0.122541762, 0.047369373, 0.125638855),
        ),
        (
            PAPER,
            1000,
            "median of M2, M3",
            0.0766440703,
            (0.127351511, 0.110097717, 0.138377157),
            (0.127351511, 0.105914388, 0.144417964),
            (-0.0392555669, -0.128802156, -0.0221397344),
            (0.721551312, 0.0634868465, 0.721551312),
            (0.122553519, 0.00532760582, 0.12259334),
        ),
        (
            NINE,
            None,
            "median of M2, M3, M4",
            0.01,
            (0.113886046, 0.106902792, 0.120830103),
            (0.113886046, 0.105796771, 0.122098482),
            (-0.0869838542, -0.115285581, -0.0533854896),
            (0.616168681, 0.517915319, 0.648526172),
            (0.101855738, 0.0875426713, 0.105571436),
        ),
        (
            THREE,
            None,
            "M1 (line; 3 sizes identify no floor)",
            0.01,
            (0.115004898, 0.107028419, 0.121037391),
            (0.115004898, 0.105980094, 0.121862171),
            (-0.0739270064, -0.115285581, -0.0533854896),
            (0.264472359, -0.108623771, 0.637568489),
            (np.nan, np.nan, np.nan),
        ),
    ],
)
def test_a_law(
    given: Example,
    images: int | None,
    label: str,
    noise: float,
    beyond: tuple[float, ...],
    observed: tuple[float, ...],
    slope: tuple[float, ...],
    exponent: tuple[float, ...],
    floor: tuple[float, ...],
) -> None:
    law = fit(*given, images=images)
    top = float(given.x[-1])
    assert (law.label, law.n, law.used) == (label, given.x.size, given.x.size)
    assert law.noise == pytest.approx(noise)
    assert law.decades == pytest.approx(np.log10(top / given.x[0]))
    loose = pytest.approx  # an optimiser's last digits
    assert ends(law.predict(2 * top)) == loose(beyond, rel=1e-5)
    assert ends(law.predict(2 * top, observed=True)) == loose(observed, rel=1e-5)
    assert ends(law.elasticity(top)) == loose(slope, rel=1e-5)
    assert ends(law.exponent()) == loose(exponent, rel=1e-5)
    assert ends(law.floor()) == loose(floor, rel=1e-5, nan_ok=True)
    assert law.identified == (exponent[1] > 0 and exponent[2] <= 3 * exponent[1])
    assert law.curve([[top], [2 * top]]).shape == (2, 1)
    assert law.curve([2 * top])[0] == loose(beyond[0], rel=1e-5)


@pytest.mark.parametrize(("images", "span"), [(1000, 1.82), (250, 2.46), (100, None)])
def test_an_exponent_is_identified_within_a_factor_of_three(
    images: int, span: float | None
) -> None:
    law = fit(*NINE, images=images)
    c = law.exponent()
    assert law.identified == (span is not None)
    assert c.high / c.low == pytest.approx(span, abs=0.01) if span else c.high / c.low > 3


def test_a_refused_law_says_nothing_at_all() -> None:
    law = fit([1.0, 2.0], [0.4, 0.3])
    asked = (law.predict(4.0), law.elasticity(2.0), law.exponent(), law.floor())
    assert all(np.isnan(ends(interval)).all() for interval in asked)
    assert (law.label, law.used, law.n, law.forms, law.identified) == ("", 2, 2, (), False)
    assert np.isnan(law.slope(2.0))
    assert np.isnan(law.curve([1.0, 2.0])).all()
    nothing = fit([], [])
    assert np.isnan(nothing.decades)
    assert nothing.refused == "0 sizes; a fit needs 3"


def test_sizes_left_out_are_said() -> None:
    x = np.geomspace(1, 1000, 19)
    law = fit(x, 0.1 + 0.3 * x**-0.5)
    assert law.notes == ("sizes below a tenth of the largest left out: 12",)
    assert (law.n, law.used) == (19, 7)
    assert law.x.tolist() == x[-7:].tolist()
    assert fit(*NINE).notes == ()
