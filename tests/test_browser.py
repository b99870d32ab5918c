"""The report as a person meets it: in a real browser, offline, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import registry
from bench.render import html
from tests import synthetic
from tests.browser import EXECUTABLE, Page, browser
from tests.render import sample

pytestmark = [
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium or Chrome on this machine"),
    pytest.mark.timeout(240),
]

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_COLUMN = """(i => [...document.querySelectorAll('#table-scaling tbody tr')]
    .filter(r => !r.hidden).map(r => r.cells[i].dataset.value ?? null))"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    report = registry.report("scaling")(synthetic.frame(failed=2), {"bench": "0.1.0"})
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(html.render(report), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_it_fits_complains_of_nothing_and_asks_for_nothing(
    page: Page, path: Path, width: int, dark: bool
) -> None:
    page.open(path, width=width, dark=dark)
    assert page.run("innerWidth") == width
    assert page.run(_OVERFLOW) <= 0
    assert page.complaints == []
    assert page.requests == [path.as_uri()]
    paper = page.run("getComputedStyle(document.body).backgroundColor")
    level = sum(int(part) for part in paper.strip("rgb()").split(","))
    assert (level < 200) == dark


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(page: Page, path: Path, dark: bool) -> None:
    """WCAG AA: 4.5 to 1 for text, 3 to 1 for the marks of a figure."""
    page.open(path, width=1280, dark=dark)
    names = ["--ink", "--muted", "--accent", "--warn", *(f"--hue-{i}" for i in range(1, 9))]
    for ground in ("--paper", "--raised"):
        for name in names:
            least = 3.0 if name.startswith("--hue") else 4.5
            assert contrast(page, name, ground) >= least, (name, ground)


def contrast(page: Page, name: str, ground: str) -> float:
    style = "getComputedStyle(document.documentElement).getPropertyValue"
    lights = []
    for variable in (name, ground):
        text = page.run(f"{style}('{variable}')").strip().lstrip("#")
        parts = [int(text[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        weights = (0.2126, 0.7152, 0.0722)
        lights.append(sum(w * v for w, v in zip(weights, linear, strict=True)))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_sorting_is_numeric_and_keeps_the_missing_last(page: Page, path: Path) -> None:
    page.open(path, width=1280)
    column = page.run(
        "[...document.querySelectorAll('#table-scaling th[data-sort]')]"
        ".findIndex(h => h.textContent.includes('Throughput'))"
    )
    before = page.run(f"{_COLUMN}({column})")
    known = sorted(float(v) for v in before if v is not None)
    missing = [None] * before.count(None)
    assert missing
    header = f"document.querySelectorAll('#table-scaling th[data-sort]')[{column}]"
    for direction, expected in (
        ("ascending", [*known, *missing]),
        ("descending", [*known[::-1], *missing]),
    ):
        page.run(f"{header}.querySelector('button').click()")
        assert page.run(f"{header}.getAttribute('aria-sort')") == direction
        shown = page.run(f"{_COLUMN}({column})")
        assert [None if v is None else float(v) for v in shown] == expected
    page.run(f"{header}.querySelector('button').click()")
    assert page.run(f"{_COLUMN}({column})") == before


def test_the_keyboard_reaches_and_works_the_buttons(page: Page, path: Path) -> None:
    page.open(path, width=1280)
    button = "document.querySelector('#table-scaling th[data-sort] button')"
    page.run(f"{button}.focus()")
    for kind in ("keyDown", "keyUp"):
        page.send("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r")
    assert page.run(f"{button}.closest('th').getAttribute('aria-sort')") == "ascending"


def test_filtering_needs_every_word(page: Page, path: Path) -> None:
    page.open(path, width=1280)
    names = (
        "[...document.querySelectorAll('#table-scaling tbody tr')]"
        ".filter(r => r.offsetParent !== null).map(r => r.cells[0].textContent)"
    )
    field = "document.querySelector('#table-scaling input')"
    assert page.run(f"{field}.offsetParent !== null")
    page.run(f"{field}.value = 'SWIN 22k'; {field}.dispatchEvent(new Event('input'))")
    assert sorted(page.run(names)) == sorted(f"swin_{s}.g22k" for s in synthetic.SIZES)
    assert page.run("document.querySelector('#table-scaling output').textContent") == "5 of 40 rows"
    page.run(f"{field}.value = ''; {field}.dispatchEvent(new Event('input'))")
    assert len(page.run(names)) == 40


def test_it_is_whole_without_scripts(page: Page, path: Path) -> None:
    page.open(path, width=1280, scripts=False)
    root = page.send("DOM.getDocument", depth=-1)["root"]["nodeId"]

    def count(selector: str) -> int:
        nodes = page.send("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"]
        return len(nodes)

    assert count("#table-scaling tbody tr") == 40
    assert count("th button") == 0
    assert count(".filter[hidden]") == count(".filter") > 0
    assert count("a[download]") > 3
    assert count("figure svg[role=img]") == 7  # two pretraining scales, five shifts


def test_every_point_is_there_and_says_its_name(page: Page, path: Path) -> None:
    page.open(path, width=1280)
    titles = page.run(
        "[...document.querySelectorAll('#figure-error-gmacs .panel title')].map(t => t.textContent)"
    )
    models = {title.split(" ")[0] for title in titles}
    assert len(titles) == len(models) == 40


def test_on_a_phone_the_name_of_the_row_stays_in_sight(page: Page, path: Path) -> None:
    page.open(path, width=400)
    box = "document.querySelector('#table-scaling .scroll')"
    left = f"{box}.querySelector('tbody th').getBoundingClientRect().left"
    before = page.run(left)
    page.run(f"{box}.scrollLeft = 300")
    assert page.run(f"{box}.scrollLeft") == 300
    assert page.run(left) == pytest.approx(before, abs=1)


def test_paper_has_no_controls_and_is_light(page: Page, path: Path) -> None:
    page.open(path, width=1280, dark=True)
    page.send("Emulation.setEmulatedMedia", media="print")
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.run("getComputedStyle(document.querySelector('.filter')).display") == "none"
    assert page.run("getComputedStyle(document.querySelector('.scroll')).overflowX") == "visible"
    page.send("Emulation.setEmulatedMedia", media="")


def test_hostile_names_run_nothing(page: Page, tmp_path: Path) -> None:
    for i, text in enumerate(sample.HOSTILE):
        file = tmp_path / f"{i}.html"
        file.write_text(html.render(sample.report(text, picture=i < 1)), encoding="utf-8")
        page.open(file, width=400)
        assert page.complaints == []  # an alert, a refused script or a request would show here
        assert page.requests == [file.as_uri()]
        assert page.run(_OVERFLOW) <= 0
