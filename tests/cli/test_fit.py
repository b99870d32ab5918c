"""``bench fit`` on tables of any kind: known laws, published points, and rubbish."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.cli import main

Call = Callable[..., Any]
REFERENCE = Path(__file__).parents[1] / "reference"
X = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
#: ImageNet top-1 of the ConvNeXt and Swin papers, pretrained on 22k, 224 px.
LADDERS = """family,gmacs,top1
convnext,4.5,82.9
convnext,8.7,84.6
convnext,15.4,85.8
convnext,34.4,86.6
convnext,60.9,87.0
swin,4.5,80.9
swin,8.7,83.2
swin,15.4,85.2
swin,34.5,86.3
deit,4.6,79.9
"""


def law(x: Any, floor: float = 0.1, c: float = 0.5) -> Any:
    return floor + 0.3 * np.asarray(x) ** -c


def write(here: Path, text: str, name: str = "points.csv") -> str:
    (here / name).write_text(text, encoding="utf-8")
    return name


@pytest.fixture
def two(here: Path) -> str:
    """Families a and b of known saturating laws, in fractions."""
    rows = [f"a,{x},{law(x)}" for x in X] + [f"b,{x},{law(x, 0.15, 0.9)}" for x in X]
    return write(here, "\n".join(["family,gmacs,error", *rows]))


def numbers(bench: Call, *words: str) -> Any:
    said = bench("fit", *words, "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)


def test_a_known_law_is_found_and_extrapolated(bench: Call, two: str) -> None:
    found = numbers(bench, two, "--x", "gmacs", "--y", "error", "--by", "family")
    rows = {row["group"]: row for row in found["fits"]}
    assert rows["a"]["floor"] == pytest.approx(10.0, abs=1e-3)  # percent
    assert rows["a"]["exponent"] == pytest.approx(0.5, abs=1e-4)
    assert rows["b"]["exponent"] == pytest.approx(0.9, abs=1e-4)
    for multiple in (2, 4):
        true = 100 * law(16.0 * multiple)
        row = rows["a"]
        assert row[f"at_{multiple}x_low"] < true < row[f"at_{multiple}x_high"]
        assert row[f"at_{multiple}x"] == pytest.approx(true, rel=0.04)
    slope = -0.5 * 0.3 * 16**-0.5 / law(16.0)
    assert rows["a"]["elasticity_top"] == pytest.approx(slope, rel=0.05)
    assert rows["a"]["held_out_actual"] == pytest.approx(100 * law(16.0))


def test_the_groups_are_tested_against_each_other(bench: Call, two: str) -> None:
    found = numbers(bench, two, "--x", "gmacs", "--y", "error", "--by", "family")
    p = {test["hypothesis"]: test["p"] for test in found["tests"]}
    assert set(p) == {"same curve", "same shape", "same exponent"}
    assert max(p.values()) < 0.01  # noiseless and different
    out = bench("fit", two, "--x", "gmacs", "--y", "error", "--by", "family").out
    assert "Same exponent of a and b: rejected at 5 %" in " ".join(out.split())
    assert "a against b: elasticities differ by" in out


def test_three_sizes_are_not_testable(bench: Call, here: Path) -> None:
    rows = [f"{g},{x},{law(x)}" for g in "ab" for x in X[:3]]
    name = write(here, "\n".join(["g,x,y", *rows]))
    out = " ".join(bench("fit", name, "--x", "x", "--y", "y", "--by", "g").out.split())
    assert "Same exponent of a and b: not testable: a has 3 sizes" in out
    assert "M1 (line; 3 sizes identify no floor)" in out


def test_the_published_ladders(bench: Call, here: Path) -> None:
    """As in the reference: what the 22k ladders predict, and that Swin's slope is steeper."""
    name = write(here, LADDERS)
    words = ("--x", "gmacs", "--y", "top1", "--y-is", "accuracy", "--by", "family")
    found = numbers(bench, name, *words, "--images", "50000")
    rows = {row["group"]: row for row in found["fits"]}
    assert rows["deit"]["reason"] == "1 size; a fit needs 3"
    assert rows["convnext"]["top"] == pytest.approx(13.0, abs=0.05)
    assert 12.5 < rows["convnext"]["at_2x"] < 13.0
    assert rows["swin"]["elasticity"] < rows["convnext"]["elasticity"] < 0
    out = " ".join(bench("fit", name, *words).out.split())
    assert "deit: no fit: 1 size; a fit needs 3" in out
    assert "top1 taken as accuracy in percent" in out
    for asked in ("Form, and why", "Points left out", "Objective", "Optimiser", "Intervals"):
        assert f"{asked}: " in out
    for column in ("Second best start", "Converged", "Robust delta", "Held-out miss"):
        assert column in out


def test_percent_fraction_and_accuracy_are_one(bench: Call, here: Path) -> None:
    made = []
    for name, column, option in (
        ("f", law(X), ()),
        ("p", 100 * law(X), ()),
        ("q", 100 * law(X), ("--y-unit", "percent")),
        ("a", 1 - law(X), ("--y-is", "accuracy")),
        ("b", 100 * (1 - law(X)), ("--y-is", "accuracy")),
    ):
        pd.DataFrame({"x": X, "y": column}).to_csv(here / name, index=False)
        made.append(numbers(bench, name, "--x", "x", "--y", "y", *option)["fits"][0])
    for row in made[1:]:
        for key in ("at_2x", "floor", "elasticity_top"):
            assert row[key] == pytest.approx(made[0][key], rel=1e-6)


def test_small_percentages_need_to_be_said(bench: Call, here: Path) -> None:
    """Errors of 0.9 % and less look like fractions: the note and the option are there for it."""
    pd.DataFrame({"x": X, "y": 0.9 * X**-0.3}).to_csv(here / "s", index=False)
    taken = bench("fit", "s", "--x", "x", "--y", "y").out
    assert "y taken as error in fractions, as none is above 1" in " ".join(taken.split())
    found = numbers(bench, "s", "--x", "x", "--y", "y", "--y-unit", "percent")
    assert found["fits"][0]["top"] == pytest.approx(0.9 * 16**-0.3, rel=1e-2)


def test_a_loss_has_no_ceiling_and_no_percent(bench: Call, here: Path) -> None:
    loss = 1.7 + 3.0 * X**-0.4
    pd.DataFrame({"x": X, "y": loss}).to_csv(here / "l", index=False)
    found = numbers(bench, "l", "--x", "x", "--y", "y", "--y-is", "loss")
    assert found["unit"] is None
    assert found["fits"][0]["floor"] == pytest.approx(1.7, abs=1e-3)
    assert (
        "%" not in bench("fit", "l", "--x", "x", "--y", "y", "--y-is", "loss").out.split("90 %")[0]
    )


def test_only_an_empty_cell_of_a_group_is_blank(bench: Call, here: Path) -> None:
    laws = {"None": (20.0, 0.5), "NA": (24.0, 0.45), "": (28.0, 0.4)}
    rows = [
        f"{name},{x},{5 + b * x**-c:.6f}" for name, (b, c) in laws.items() for x in (1, 2, 4, 8, 16)
    ]
    name = write(here, "\n".join(["recipe,gmacs,error", *rows]))
    words = (name, "--x", "gmacs", "--y", "error")
    found = {row["group"]: row for row in numbers(bench, *words, "--by", "recipe")["fits"]}
    assert list(found) == ["None", "NA", "(blank)"]
    for group, (b, c) in zip(found, laws.values(), strict=True):
        assert found[group]["top"] == pytest.approx(5 + b * 16**-c, rel=1e-3)
    (alone,) = numbers(bench, *words, "--where", "recipe=None")["fits"]
    assert alone["points"] == 5


def test_results_as_timm_publishes_them(bench: Call, here: Path) -> None:
    """timm's own tables write 1,014.45 for what a plain one writes as 1014.45."""
    sizes = ["5.70", "22.05", "86.57", "304.33", '"1,014.45"']
    header = "model,top1,top1_err,top5,top5_err,param_count,img_size,crop_pct,interpolation"
    rows = [
        f"a{i}.x_in1k,{70 + 3 * i}.000,{30 - 3 * i}.000,90,10,{size},224,0.900,bicubic"
        for i, size in enumerate(sizes)
    ]
    text = "\n".join([header, *rows])
    words = ("--x", "param_count", "--y", "top1_err")
    found = numbers(bench, write(here, text), *words)
    plain = numbers(bench, write(here, text.replace('"1,014.45"', "1014.45"), "plain.csv"), *words)
    assert found["fits"] == plain["fits"]
    assert found["fits"][0]["x_top"] == 1014.45
    said = " ".join(bench("fit", "points.csv", *words).out.split())
    assert "param_count: '1,014.45' taken as 1014.45" in said


def test_a_table_of_a_spreadsheet_abroad(bench: Call, here: Path) -> None:
    rows = [(1.5, 30.2), (3.0, 25.1), (6.0, 21.3), (12.0, 19.9)]
    english = "\n".join(["a,gmacs,error", *(f"A,{x},{y}" for x, y in rows)])
    abroad = english.replace(",", ";").replace(".", ",")
    words = ("--x", "gmacs", "--y", "error", "--by", "a")
    assert (
        numbers(bench, write(here, abroad, "eu.csv"), *words)["fits"]
        == numbers(bench, write(here, english), *words)["fits"]
    )


def test_only_some_rows(bench: Call, here: Path, two: str) -> None:
    found = numbers(bench, two, "--x", "gmacs", "--y", "error", "--where", "family=b")
    assert [row["group"] for row in found["fits"]] == ["all"]
    assert found["fits"][0]["exponent"] == pytest.approx(0.9, abs=1e-4)
    assert found["tests"] == []


def test_blanks_are_counted_not_used(bench: Call, here: Path) -> None:
    rows = [f"a,{x},{law(x)}" for x in X] + ["a,32,", "a,,0.2", "b,,"]
    name = write(here, "\n".join(["g,x,y", *rows]))
    said = bench("fit", name, "--x", "x", "--y", "y", "--by", "g")
    assert "3 rows lack x or y" in said.out
    found = {
        r["group"]: r for r in numbers(bench, name, "--x", "x", "--y", "y", "--by", "g")["fits"]
    }
    assert (found["a"]["missing"], found["a"]["used"], found["b"]["points"]) == (2, 5, 0)


@pytest.mark.parametrize("form", ["--html", "--markdown", "--latex", "--csv", "--json"])
def test_every_form_goes_to_a_file(bench: Call, here: Path, two: str, form: str) -> None:
    words = ("fit", two, "--x", "gmacs", "--y", "error", "--by", "family", form)
    said = bench(*words, "--to", "out")
    assert (said.code, said.out) == (0, "")
    text = (here / "out").read_text(encoding="utf-8")
    if form == "--csv":
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row["group"] for row in rows] == ["a", "b"]
        assert float(rows[0]["exponent"]) == pytest.approx(0.5, abs=1e-4)
    if form == "--html":
        assert "<svg" in text
        assert bench(*words).err == "wrote fit.html\n"


MISTAKES: dict[str, list[tuple[list[str], str]]] = {
    "x,y\n1,0.5\n": [
        (["--x", "gmacs"], "no column 'gmacs'; there are: x, y"),
        (["--x", "X"], "did you mean 'x'"),
        (["--y", "x"], "x and y are one column"),
        (["--by", "who"], "no column 'who'"),
        (["--where", "x"], "COLUMN=VALUE"),
        (["--where", "x=3"], "no row has x = '3'; there are '1'"),
        (["--html", "--csv"], "give only one of"),
        (["--to", "file"], "--to needs a format"),
        (["--images", "0"], "images"),
        (["--y-is", "errors"], "'error'"),
        (["--y-is", "loss", "--y-unit", "percent"], "a loss has no unit"),
    ],
    "x,y\n": [([], "has no rows")],
    "": [([], "has no header")],
    "x,y\n1,half\n": [([], "data row 1: y is 'half', no finite number")],
    "x,y\n1,0.5\n2,inf\n": [([], "data row 2: y is 'inf', no finite number")],
    "x,y\n1,0.5\n0,0.4\n": [([], "data row 2: x is 0; a log scale takes values above 0")],
    "x,y\n1,0.5\n2,0\n": [([], "data row 2: y is 0; error as a fraction lies between 0 and 1")],
    "x,y\n1,50\n2,100\n3,120\n": [([], "data row 2 and 1 more: y is 100; error in percent lies")],
    "x,y\n1,1\n": [([], "y is 1; error as a fraction")],
    "x,y\n1,-3\n": [(["--y-is", "loss"], "y is -3; a loss is fitted on a log scale")],
    "x,y\n,\n": [([], "no row has both x and y")],
    "x,y\n1,0.5,7\n": [([], "line 2 has 3 cells and the header has 2")],
    "x,y, y\n1,0.5,7\n": [([], "column 'y' is there twice, as columns 2 and 3")],
    'x,y\n"1,234",30\n': [([], "data row 1: x is '1,234', which may be 1234 or 1.234")],
    "x y\n1 0.5\n": [([], "its header 'x y' has no comma, semicolon, tab or bar")],
    "g,x,y\na,1,0.5\nb,2,50%\n": [(["--where", "g=b"], "data row 2: y is '50%'")],
}


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [(text, words, said) for text, cases in MISTAKES.items() for words, said in cases],
)
def test_mistakes_are_one_line(
    bench: Call, here: Path, text: str, words: list[str], said: str
) -> None:
    name = write(here, text)
    default = ["--x", "x"] if "--x" not in words else []
    default += ["--y", "y"] if "--y" not in words else []
    answer = bench("fit", name, *default, *words)
    assert answer.code == 2, answer.out
    assert said in answer.err
    assert len(answer.err.splitlines()) == 1


def test_what_is_no_text_file(bench: Call, here: Path) -> None:
    (here / "bytes.csv").write_bytes(bytes(range(256)))
    for name in ("bytes.csv", ".", "absent.csv"):
        said = bench("fit", name, "--x", "x", "--y", "y")
        assert (said.code, len(said.err.splitlines())) == (2, 1)


cells = st.one_of(
    st.floats(1e-6, 1e6).map(str),
    st.sampled_from(
        [
            "",
            " ",
            "0",
            "1",
            "-1",
            "nan",
            "inf",
            "1e400",
            "1e-320",
            "1e308",
            "0.5",
            "99",
            "a",
            '"',
            "é",
        ]
    ),
)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", ""]), cells, cells), max_size=14),
    st.sampled_from(["error", "accuracy", "loss"]),
    st.sampled_from([[], ["--y-unit", "percent"], ["--y-unit", "fraction"], ["--images", "50"]]),
)
def test_no_table_gives_a_traceback(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    rows: list[tuple[str, str, str]],
    quantity: str,
    more: list[str],
) -> None:
    file = tmp_path / "wild.csv"
    file.write_text("\n".join(["g,x,y", *map(",".join, rows)]), encoding="utf-8")
    words = ["fit", str(file), "--x", "x", "--y", "y", "--by", "g", "--y-is", quantity, *more]
    code = main(words)
    out, err = capfd.readouterr()
    assert code in (0, 2), err
    assert len(err.splitlines()) == (code == 2)
    assert "Traceback" not in err
    assert (code == 0) == bool(out)


@settings(max_examples=10)
@given(
    st.integers(3, 9),
    st.floats(-100, 100),
    st.floats(0.01, 3),
    st.floats(1e-8, 0.999),
    st.floats(-0.5, 2.0),
    st.integers(0, 2**31),
)
def test_laws_of_any_size_and_range_are_answered(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    n: int,
    start: float,
    decades: float,
    level: float,
    slope: float,
    seed: int,
) -> None:
    """x from 1e-100 to 1e103, rising and falling y, noise: a fit or a refusal, never a warning."""
    x = 10.0 ** (start + np.linspace(0, decades, n))
    noise = np.random.default_rng(seed).normal(0, 0.05, n)
    y = np.clip(level * (x / x[0]) ** -slope * np.exp(noise), 1e-12, 1 - 1e-9)
    file = tmp_path / "law.csv"
    pd.DataFrame({"x": x, "y": y}).to_csv(file, index=False)
    assert main(["fit", str(file), "--x", "x", "--y", "y", "--json"]) == 0
    row = json.loads(capfd.readouterr().out)["fits"][0]
    assert row["reason"] or math.isfinite(row["at_2x"])


def test_torch_is_never_loaded(here: Path, two: str) -> None:
    probe = (
        "import sys; from bench.cli import main; "
        f"code = main(['fit', {two!r}, '--x', 'gmacs', '--y', 'error', '--by', 'family']); "
        "print(code, sorted({'torch', 'timm', 'matplotlib'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "0 []"


def test_real_tables_of_other_projects(bench: Call, here: Path) -> None:
    """OpenCLIP's zero-shot results, a family a data set, and learning curves."""
    words = ("--x", "gmacs_total", "--y", "imagenet_top1", "--y-is", "accuracy")
    found = numbers(bench, str(REFERENCE / "openclip.csv"), *words, "--by", "trained_on")
    fitted = {row["group"]: row["elasticity"] for row in found["fits"] if not row["reason"]}
    assert set(fitted) == {"CLIP-WIT", "LAION-2B", "LAION-400M", "LAION-80M"}
    assert max(fitted.values()) < 0
    table = pd.read_csv(REFERENCE / "learning_curves.csv")
    name = str(here / "curves.csv")
    table.rename(columns={"examples": "seen examples"}).to_csv(name, index=False)
    only = ("--where", "split=train", "--where", "task=inet_10", "--by", "model")
    found = numbers(bench, name, "--x", "seen examples", "--y", "error", *only)
    assert len(found["fits"]) == 3
    for row in found["fits"]:
        later = table[(table["task"] == "inet_10") & (table["model"] == row["group"])]
        later = later[later["split"] == "test"]
        near = later.iloc[(later["examples"] - 2 * row["x_top"]).abs().argmin()]
        assert row["at_2x"] == pytest.approx(100 * near["error"], rel=0.05)


def _cloud(folder: Path) -> Path:
    lines = ["n,d,loss"]
    for n in (1e6, 1e7, 1e8):
        lines += [f"{n:g},{d:g},{1.5 + 300 / n**0.34 + 900 / d**0.3}" for d in (1e8, 1e9, 1e10)]
    file = folder / "runs.csv"
    file.write_text("\n".join(lines))
    return file


def test_a_surface_over_size_and_data(bench: Call, tmp_path: Path) -> None:
    asked = ("fit", str(_cloud(tmp_path)), "--x", "n", "--y", "loss", "--y-is", "loss")
    said = bench(*asked, "--surface", "d", "--json")
    (row,) = json.loads(said.out)
    assert (row["alpha"], row["beta"]) == pytest.approx((0.34, 0.3), abs=1e-3)
    shown = bench(*asked, "--surface", "d").out
    assert "L(N, D) = E + A / N^alpha + B / D^beta" in " ".join(shown.split())
    assert "0.340" in shown
    assert bench(*asked, "--surface", "d", "--frontier").code == 2


def test_a_frontier(bench: Call, tmp_path: Path) -> None:
    asked = ("fit", str(_cloud(tmp_path)), "--x", "n", "--y", "loss", "--y-is", "loss")
    said = bench(*asked, "--frontier", "--csv")
    header, row = said.out.strip().splitlines()
    found = dict(zip(header.split(","), row.split(","), strict=True))
    assert found["bins"] == "3"
    assert float(found["exponent"]) < 0
    assert "do not extrapolate" in " ".join(bench(*asked, "--frontier").out.split())
