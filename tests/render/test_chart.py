from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bench.blocks import AxisScale, Curve
from bench.render import chart, marks, ticks
from tests.render import sample

SVG = "{http://www.w3.org/2000/svg}"


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - drawn by this test


def picture(text: str = "name") -> ET.Element:
    return parsed(chart.svg(sample.figure(text), text))


def points(root: ET.Element) -> list[tuple[float, float, str]]:
    """Where the middle of each point lies, and what it says when pointed at."""
    found = []
    for shape in root.iter():
        title = shape.find(f"{SVG}title")
        if title is None:
            continue
        if shape.tag == f"{SVG}use":
            x, y = float(shape.get("x", "")), float(shape.get("y", ""))
        else:
            numbers = [float(n) for n in re.findall(r"-?[\d.]+", shape.get("d", ""))]
            x, y = ((min(n) + max(n)) / 2 for n in (numbers[::2], numbers[1::2]))
        found.append((x, y, str(title.text)))
    return found


def test_points_lie_where_the_axes_say() -> None:
    """On log axes the pixels are linear in the logarithms, upwards for y."""
    rows = sample.figure("name").rows
    found = points(picture())
    assert len(found) == len(rows)
    for axis, key, sign in ((0, "x", 1), (1, "y", -1)):
        logs = [math.log(float(str(row[key]))) for row in rows]
        pixels = [float(point[axis]) for point in found]
        slopes = [
            (q - p) / (b - a)
            for (a, b), (p, q) in zip(pairwise(logs), pairwise(pixels), strict=True)
        ]
        assert slopes == pytest.approx([slopes[0]] * len(slopes), rel=1e-3)
        assert sign * slopes[0] > 0


def test_each_point_says_what_it_is() -> None:
    titles = [title for _, _, title in points(picture("m<x>"))]
    assert titles[0] == "m<x>0 · Cost 0.00100 GMACs · Error 60.0 %"
    assert [title.split(" ")[0] for title in titles] == [f"m<x>{i}" for i in range(4)]


def test_colours_are_variables_and_styles_attributes() -> None:
    text = chart.svg(sample.figure("name"), "name")
    assert "var(--hue-1)" in text
    assert "var(--ink)" in text
    assert "style=" not in text
    assert "#fe00" not in text
    assert "#fd00" not in text
    assert "<style" not in text


def test_the_same_figure_gives_the_same_bytes() -> None:
    assert chart.svg(sample.figure("a"), "a") == chart.svg(sample.figure("a"), "a")


def test_settings_of_the_users_change_no_byte_and_are_kept() -> None:
    usual = chart.svg(sample.figure("a"), "a")
    own: Any = {"font.size": 30.0, "text.usetex": True, "savefig.bbox": "tight", "axes.grid": False}
    with mpl.rc_context(own):
        assert chart.svg(sample.figure("a"), "a") == usual
        assert {name: mpl.rcParams[name] for name in own} == own


@pytest.mark.parametrize("text", [sample.HOSTILE[i] for i in (0, 4, 5, 6)])
def test_hostile_names_make_no_elements(text: str) -> None:
    root, tame = picture(text), picture()
    assert [e.tag for e in root.iter()] == [e.tag for e in tame.iter()]


def test_a_family_keeps_its_colour_whoever_else_is_shown() -> None:
    both = sample.figure("swin")
    alone = replace(both, hues=("convnext", "swin"))
    assert "var(--hue-2)" in chart.svg(alone, "swin")
    assert "var(--hue-1)" not in chart.svg(alone, "swin")
    assert [label for _, label in marks.legend(alone)][:1] == ["swin"]


def test_what_an_axis_has_no_place_for_is_named() -> None:
    figure = sample.figure("name")
    at_zero = {**figure.rows[0], "m": "zero", "y": 0.0}
    absent = {**figure.rows[0], "m": "absent", "y": float("nan")}
    figure = replace(figure, rows=(*figure.rows, at_zero, absent))
    assert [row["m"] for row in marks.hidden(figure)] == ["zero"]
    assert len(points(parsed(chart.svg(figure, "name")))) == 4


def test_wide_bands_do_not_squeeze_the_points() -> None:
    figure = sample.figure("name")
    band = Curve(x=(0.001, 0.06), y=(50, 30), low=(1e-9, 1e-9), high=(1e9, 1e9), hue="name")
    wide, narrow = (
        replace(figure, curves=(band,)),
        replace(figure, curves=(replace(band, low=None),)),
    )
    drawn = [points(parsed(chart.svg(f, "name"))) for f in (wide, narrow)]
    assert drawn[0] == drawn[1]


def test_panels_that_share_limits_place_equal_points_equally() -> None:
    figure = sample.figure("a")
    moved = tuple({**row, "p": "b", "y": float(str(row["y"])) / 5} for row in figure.rows)
    both = replace(figure, rows=(*figure.rows, *moved, {**figure.rows[0], "p": "b"}))
    both = replace(both, panels=("a", "b"), curves=())
    first, second = (points(parsed(chart.svg(both, panel))) for panel in ("a", "b"))
    assert first[0][:2] == second[-1][:2]


@settings(deadline=None)
@given(st.floats(1e-6, 1e4), st.floats(1.05, 1e6))
def test_log_ticks_are_few_and_inside(low: float, ratio: float) -> None:
    found = ticks.log_ticks(low, low * ratio)
    assert all(low <= tick <= low * ratio for tick in found)
    assert len(found) <= 10
    assert found == sorted(set(found))
    if ratio > 3:
        assert len(found) >= 3


@settings(deadline=None)
@given(st.floats(0.001, 0.99), st.floats(0.001, 0.99))
def test_logit_ticks_are_few_and_inside(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assume(high - low > 1e-6)
    found = ticks.logit_ticks(low, high)
    assert all(low <= tick <= high for tick in found)
    assert len(found) <= 10
    if high - low > 0.02:
        assert len(found) >= 2


def test_logit_axes_take_proportions() -> None:
    figure = sample.figure("name")
    rows = tuple({**row, "x": 0.2 + 0.2 * i, "y": 0.5} for i, row in enumerate(figure.rows))
    figure = replace(
        figure,
        rows=rows,
        curves=(),
        x=replace(figure.x, scale=AxisScale.LOGIT),
        y=replace(figure.y, scale=AxisScale.LOGIT),
    )
    found = points(parsed(chart.svg(figure, "name")))
    logits = [math.log(x / (1 - x)) for x in (0.2, 0.4, 0.6, 0.8)]
    pixels = [x for x, _, _ in found]
    scale = (pixels[3] - pixels[0]) / (logits[3] - logits[0])
    assert pixels == pytest.approx([pixels[0] + scale * (v - logits[0]) for v in logits], abs=0.01)
    assert "20.0%" in found[0][2]
