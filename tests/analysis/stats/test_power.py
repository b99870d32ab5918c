"""Power against brute force over every outcome, statsmodels, and the limits it must respect."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from bench.analysis.stats.power import images_needed, mcnemar_power, unpaired_difference
from bench.analysis.stats.proportions import detectable_difference, mcnemar_midp


@pytest.mark.parametrize(("n", "gap", "share"), [(30, 0.1, 0.3), (60, 0.0, 0.2), (45, 0.2, 0.2)])
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_exact_power_sums_over_every_table(n: int, gap: float, share: float, alpha: float) -> None:
    total = 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            if mcnemar_midp(b, c) <= alpha:
                cells = [(share + gap) / 2, (share - gap) / 2, 1 - share]
                total += stats.multinomial.pmf([b, c, n - b - c], n, cells)
    assert mcnemar_power(n, gap, share, alpha) == pytest.approx(total, abs=1e-9)


@given(
    st.integers(200, 200_000),
    st.floats(0.005, 0.5),
    st.sampled_from([0.01, 0.05, 0.1]),
    st.sampled_from([0.5, 0.8, 0.95]),
)
def test_images_and_difference_are_inverse(
    n: int, share: float, alpha: float, power: float
) -> None:
    gap = detectable_difference(n, share, alpha, power)
    # What cannot be found takes more images than there are at the largest difference possible.
    most = min(gap, share)
    expected = n if gap <= share else max(n, images_needed(share, share, alpha, power))
    assert images_needed(most, share, alpha, power) == pytest.approx(expected, rel=1e-6, abs=1.01)


@pytest.mark.parametrize("n", [2_000, 10_000, 50_000])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_the_formula_holds_for_the_test_itself(n: int, share: float) -> None:
    gap = detectable_difference(n, share)
    assert mcnemar_power(n, gap, share) == pytest.approx(0.8, abs=0.02)
    assert mcnemar_power(n, 0.0, share) == pytest.approx(0.05, abs=0.006)


def test_power_grows_with_images_and_ignores_the_sign() -> None:
    found = [mcnemar_power(n, 0.01, 0.05) for n in (500, 1000, 2000, 4000, 8000)]
    assert found == sorted(found)
    assert mcnemar_power(2000, -0.01, 0.05) == pytest.approx(mcnemar_power(2000, 0.01, 0.05))


@pytest.mark.parametrize(("n", "p"), [(10_000, 0.8), (2_000, 0.5), (50_000, 0.95)])
def test_unpaired_agrees_with_statsmodels(n: int, p: float) -> None:
    """statsmodels takes a standardised effect; variances are put in by hand."""
    gap = unpaired_difference(n, p)
    sd = math.sqrt((p * (1 - p) + (p + gap) * (1 - p - gap)) / 2)
    reached = NormalIndPower().power(gap / sd, nobs1=n, alpha=0.05)
    assert reached == pytest.approx(0.8, abs=1e-4)


def test_what_no_number_of_images_gives() -> None:
    assert mcnemar_power(100, 0.0, 0.0) == 0.0
    assert unpaired_difference(5, 0.9) == math.inf
    for gap, share in ((0.0, 0.1), (0.2, 0.1), (0.1, 1.1)):
        with pytest.raises(ValueError, match="discordance"):
            images_needed(gap, share)
    with pytest.raises(ValueError, match="difference"):
        mcnemar_power(100, 0.3, 0.2)
    with pytest.raises(ValueError, match="alpha"):
        unpaired_difference(100, 0.5, alpha=0)
