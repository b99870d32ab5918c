"""Points of laws and lines to draw are those of the law and the line."""

from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.robustness.effective import Line
from bench.analysis.scaling import fit
from bench.analysis.scaling.curves import POINTS, law_band, line_points, log_steps
from tests.worked import PAPER, ends


def test_steps_are_even_in_logs() -> None:
    assert log_steps(2.0, 50.0) == pytest.approx(np.geomspace(2, 50, 33))
    assert log_steps(2.0, 50.0, 5) == pytest.approx(np.geomspace(2, 50, 5))


def test_a_band_is_the_laws() -> None:
    law = fit(*PAPER)
    band = law_band(law, 4.5, 121.8)
    assert len(band.x) == POINTS == 33
    for i in (0, 20, 32):
        found = (band.y[i], band.low[i], band.high[i])
        assert found == ends(law.predict(band.x[i]).scaled(100))
    assert law_band(law, 4.5, 121.8, 1.0).y[32] == pytest.approx(band.y[32] / 100)


def test_a_line_is_drawn_where_it_was_fitted() -> None:
    line = Line(1.1, -1.0, 50.0, 90.0, 20, 0.9, "these")
    x, y = line_points(line)
    assert x == pytest.approx(np.linspace(0.5, 0.9, 33))
    odds = 1.1 * np.log(np.array(x) / (1 - np.array(x))) - 1.0
    assert y == pytest.approx(1 / (1 + np.exp(-odds)))
