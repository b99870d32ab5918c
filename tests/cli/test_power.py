"""``bench power`` says what can be seen, checked by simulation and by statsmodels."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Call = Callable[..., Any]


def test_the_example_of_the_manual(bench: Call) -> None:
    said = bench("power", "--images", "10000", "--disc", "0.02")
    assert said.code == 0, said.err
    assert "from 0.40 points on" in said.out
    assert "near 80 % finds from 1.56 points on" in " ".join(said.out.split())


def test_a_difference_takes_so_many_images(bench: Call) -> None:
    words = ("power", "-n", "10000", "--disc", "0.02", "--difference", "0.2")
    assert "0.2 points takes 39,243 images" in bench(*words).out
    found = json.loads(bench(*words, "--json").out)
    assert found["images_needed"] == 39_243
    again = bench("power", "-n", "39243", "--disc", "0.02", "--json").out
    assert json.loads(again)["paired"] == pytest.approx(0.2, abs=1e-3)


def test_its_power_is_what_simulated_tests_reach(bench: Call) -> None:
    """Discordant images are drawn and split; the mid-p value comes from statsmodels."""
    from statsmodels.stats.contingency_tables import mcnemar

    n, share, points = 2000, 0.05, 1.2
    words = ("power", "-n", str(n), "--disc", str(share), "--difference", str(points), "--json")
    claimed = json.loads(bench(*words).out)["difference_power"]
    rng = np.random.default_rng(3)
    gap = points / 100
    cells = [(share + gap) / 2, (share - gap) / 2, 1 - share]
    found = 0
    for b, c, rest in rng.multinomial(n, cells, size=1500):
        exact = mcnemar([[rest, b], [c, 0]], exact=True).pvalue
        from scipy.stats import binom

        found += exact - binom.pmf(min(b, c), b + c, 0.5) <= 0.05
    assert found / 1500 == pytest.approx(claimed, abs=4 * np.sqrt(0.25 / 1500))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--images", "10", "--disc", "2"], "disc"),
        (["--images", "0", "--disc", "0.1"], "images"),
        (["--disc", "0.1"], "--images"),
        (["--images", "10", "--disc", "0.1", "--difference", "11"], "at most 10, the points"),
        (["--images", "10", "--disc", "0.1", "--power", "1"], "--power"),
        (["--images", "10", "--disc", "0.1", "--alpha", "0"], "--alpha"),
        (["--images", "10", "--disc", "0.1", "--accuracy", "100"], "--accuracy"),
        (["--images", "10", "--disc", "nan"], "disc"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_mistakes_are_one_line(bench: Call, words: list[str], said: str) -> None:
    answer = bench("power", *words)
    assert answer.code == 2
    assert said in answer.err
    assert len(answer.err.splitlines()) == 1


def test_too_few_images_are_said_to_be_too_few(bench: Call) -> None:
    out = bench("power", "--images", "10", "--disc", "0.02").out
    assert "too small to find even" in " ".join(out.split())
    assert "nan" not in out
    assert "inf" not in out
