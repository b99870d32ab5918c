"""Names to declarations: selectors, scales, folders of the user's own, and clear mistakes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bench
from bench import registry
from bench.checkpoints import catalog
from bench.registry import select
from bench.spec import Measure, Role, Scale
from bench.spec.errors import BenchError, UnknownNameError, UsageError
from tests import declared

LADDER = declared.ladder()
UP = ("xs", "s", "m", "l", "xl")

MODEL_FILE = """
from bench.registry import load  # any import of the package works
from bench.spec import Kind, Model, Scale

MODELS = (
    Model(
        name="{name}", family="mine", kind=Kind.CONVNET, size="m", arch="timm.models.vit:Any",
        resolution=32, classes=50, mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2), world="glyphs",
        scale=Scale.IN1K, trained_on="glyphs-1k", pretrain_images=0, weights="w", weights_sha256="",
    ),
)
"""
SUITE_FILE = '''
"""Mine: the notebook.

    bench run mine
"""
from bench.spec import Measure, Suite

SUITE = Suite(name="mine", title="Mine", models=("mine",), datasets=("*-val",),
              measures=(Measure.PROFILE,), report="mine")
'''
DATASET_FILE = """
from bench.spec import Dataset, Role

DATASETS = (
    Dataset(name="mine-val", world="mine", role=Role.VAL, images=3, classes=2, resolution=8,
            draw="my_drawing:draw"),
)
"""


def names(selector: str | list[str]) -> list[str]:
    return [model.name for model in select.models(selector, LADDER)]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("vit_m.g1k", ["vit_m.g1k"]),
        ("VIT_M.G1K", ["vit_m.g1k"]),
        ("vit_m", ["vit_m.g1k", "vit_m.g22k"]),
        ("swin", [f"swin_{size}.{tag}" for size in UP for tag in ("g1k", "g22k")]),
        (" swin_l , , convnext_xs.g1k ", ["swin_l.g1k", "swin_l.g22k", "convnext_xs.g1k"]),
        ("vit_xs.g1k,vit_xs.g1k", ["vit_xs.g1k"]),
        ("vit_xl.g1k,swin_m.g1k,vit_s.g1k", ["vit_s.g1k", "vit_xl.g1k", "swin_m.g1k"]),
        ("l", [f"{f}_l.{t}" for f in ("convnext", "swin", "vit") for t in ("g1k", "g22k")]),
        ("s*_m", ["swin_m.g1k", "swin_m.g22k"]),
        ("*_[sl].g22k", [f"{f}_{s}.g22k" for f in ("convnext", "swin", "vit") for s in ("s", "l")]),
    ],
)  # fmt: skip
def test_selectors_name_families_sizes_names_and_globs_in_a_stable_order(
    selector: str, expected: list[str]
) -> None:
    assert names(selector) == expected


def test_all_is_everything_and_a_list_is_a_comma_list() -> None:
    assert len(names("all")) == len(names("*")) == 30
    assert names(["swin", "vit_m"]) == names("swin,vit_m")


@given(st.sampled_from(["convnext", "swin", "vit"]), st.sampled_from(["*", "?", "[a-m]*"]))
def test_a_glob_selects_what_a_shell_would(family: str, tail: str) -> None:
    pattern = f"{family}_{tail}.g1k"
    expected = {model.name for model in LADDER if fnmatchcase(model.name, pattern)}
    assert set(names(pattern)) == expected


def test_a_selector_that_matches_nothing_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"'convnxt'; did you mean convnext"):
        names("swin,convnxt")
    with pytest.raises(UnknownNameError, match=r"did you mean .*swin_xl\.g22k"):
        names("swin_xxl.g22k")


@pytest.mark.parametrize("empty", ["", " , ", [], ["", ","]])
def test_an_empty_selector_is_a_mistake(empty: str | list[str]) -> None:
    with pytest.raises(UsageError, match="no model selected"):
        names(empty)


def test_a_file_of_selectors(tmp_path: Path) -> None:
    file = tmp_path / "chosen.txt"
    file.write_text("# the paper's table\nvit_m.g1k  # a comment\n\nswin_s, swin_m.g1k\n")
    expected = ["vit_m.g1k", "swin_s.g1k", "swin_s.g22k", "swin_m.g1k"]
    assert names(f"@{file}") == expected
    assert names(f"convnext_l.g1k,@{file}") == ["convnext_l.g1k", *expected]
    file.write_bytes("\ufeffvit_m.g1k\r\n".encode())  # as Windows' editor writes it
    assert names(f"@{file}") == ["vit_m.g1k"]


def test_a_file_of_selectors_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "nested").write_text("@other")
    (tmp_path / "empty").write_text("# nothing\n")
    for name, why in {
        "absent": "No such file",
        ".": "directory",
        "binary": "not a text file",
        "nested": "they cannot be nested",
        "empty": "no model selected",
    }.items():
        with pytest.raises(UsageError, match=why):
            names(f"@{tmp_path / name}")


@pytest.mark.parametrize(
    "written", ["in1k", "1k", "IN1K", "in-1k", "imagenet-1k", "glyphs-1k", "g1k"]
)
def test_scales_as_people_write_them(written: str) -> None:
    assert select.parse_scales(written) == (Scale.IN1K,)
    both = select.parse_scales(f"{written.lower().replace('1k', '22k')}, {written}")
    assert both == (Scale.IN1K, Scale.IN22K)


def test_other_scales() -> None:
    assert select.parse_scales(None) == select.parse_scales(list(Scale))
    assert select.parse_scales("web,12k") == (Scale.IN12K, Scale.WEB)
    assert select.parse_scales("in21k") == (Scale.IN22K,)
    assert select.parse_scales("unknown,Web") == (Scale.WEB, Scale.UNKNOWN)
    for wrong in ("5k", "in", "k", "1k22k", "none"):
        with pytest.raises(UsageError, match=f"scale '{wrong}'; allowed: in1k, in12k, "):
            select.parse_scales(wrong)


def test_a_scale_that_no_selected_model_has_says_what_is_there() -> None:
    chosen = select.models("vit_m.g1k", LADDER)
    with pytest.raises(
        UsageError, match=r"--models 'vit_m.g1k' selects 1, .*in22k; available: in1k"
    ):
        select.with_scales(chosen, [Scale.IN22K], "vit_m.g1k")


@given(st.text(max_size=30) | st.text("[]!*?-_@~,./#convexts1k\x00\ud800", max_size=30))
def test_a_wild_selector_selects_or_is_one_clear_line(text: str) -> None:
    for parse in (
        lambda: select.models(text, LADDER),
        lambda: select.datasets(text, [declared.dataset()]),
        lambda: select.parse_scales(text),
    ):
        said = ""
        try:
            assert parse()
        except BenchError as error:
            said = str(error)
        assert len(said.splitlines()) <= 1
        assert len(said) < 400


@settings(max_examples=15)
@given(st.text("timm:[]!*?-_.,@convexts1\x00\ud800", max_size=30))
def test_a_wild_name_for_the_catalog_too(text: str) -> None:
    said = ""
    try:
        assert select.models(text, LADDER, catalog)
    except BenchError as error:
        said = str(error)
    assert len(said.splitlines()) <= 1


def test_what_ships_is_consistent() -> None:
    found = registry.load()
    assert {"convnext", "swin", "vit", "resnet"} <= {m.family for m in found.models.values()}
    assert {"glyphs-val", "glyphs-a", "glyphs-1k"} <= set(found.datasets)
    twins = {d.name: (d.world, d.twin) for d in found.datasets.values() if d.twin is not None}
    assert {"glyphs-a", "glyphs-r", "imagenet-a", "imagenet-v2"} <= set(twins)
    for world, name in twins.values():
        assert (found.datasets[name].world, found.datasets[name].role) == (world, Role.VAL)
    for suite in registry.suites():
        assert registry.models(suite.models, world=suite.world or None)
        assert not suite.datasets or registry.datasets(suite.datasets)
        assert suite.report in registry.reports()
        assert f"bench run {suite.name}" in suite.notebook


def test_datasets_by_name_role_and_glob_in_the_order_selected() -> None:
    chosen = [dataset.name for dataset in registry.datasets("sketch,glyphs-v*,glyphs-sketch")]
    assert chosen == ["glyphs-sketch", "imagenet-sketch", "glyphs-val", "glyphs-v2"]
    with pytest.raises(UnknownNameError, match="did you mean glyphs-sketch"):
        registry.datasets("glyphs-skitch")


def test_unknown_suites_and_reports_say_so() -> None:
    with pytest.raises(UnknownNameError, match="unknown suite 'scalign'; did you mean scaling"):
        registry.suite("scalign")
    with pytest.raises(UsageError, match=r"unknown report 'none'; available: .*scaling"):
        registry.report("none")


Place = Callable[[str, str], Path]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Writes a file below a folder of the user's that ``BENCH_PATH`` names."""
    monkeypatch.setenv(registry.SEARCH_PATH, str(tmp_path))
    registry.forget()

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write


def test_a_folder_of_the_users_adds_to_each_section(place: Place) -> None:
    place("models/mine.py", MODEL_FILE.format(name="mine_m.own"))
    place("models/_ignored.py", "raise RuntimeError")
    place("data/mine.py", DATASET_FILE)
    place("suites/mine.py", SUITE_FILE)
    place("reports/mine.py", "def build(frame, env):\n    return (frame, env)\n")
    place("metrics/mine.py", "ANSWER = 42\n")
    place("my_drawing.py", "def draw(dataset, index):\n    return index\n")

    assert [model.name for model in registry.models("mine")] == ["mine_m.own"]
    assert len(registry.models("all")) > 1
    assert [dataset.name for dataset in registry.datasets("mine-*")] == ["mine-val"]
    suite = registry.suite("mine")
    assert suite.measures == (Measure.PROFILE,)
    assert suite.notebook.startswith("Mine: the notebook.\n\nbench run mine")
    assert registry.report("mine")(1, 2) == (1, 2)
    assert any(getattr(module, "ANSWER", 0) == 42 for module in registry.modules("metrics"))
    import my_drawing  # type: ignore[import-not-found]

    assert my_drawing.draw(None, 7) == 7


def test_two_folders_may_hold_files_of_one_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder / "models").mkdir(parents=True)
        text = MODEL_FILE.format(name=f"mine_{folder}.own")
        (tmp_path / folder / "models" / "mine.py").write_text(text)
    monkeypatch.setenv("BENCH_PATH", f"{tmp_path / 'a'}:{tmp_path / 'b'}")
    assert {model.name for model in registry.models("mine")} == {"mine_a.own", "mine_b.own"}


def test_a_name_declared_twice_says_where(place: Place) -> None:
    place("models/first.py", MODEL_FILE.format(name="mine_m.own"))
    place("models/second.py", MODEL_FILE.format(name="mine_m.own"))
    with pytest.raises(UsageError, match=r"'mine_m.own' is declared twice, in .*first.*second"):
        registry.models("mine")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("models/mine.py", "MODELS = 3", "must define MODELS, a tuple of Model"),
        ("models/mine.py", "MODELS = (3,)", "must define MODELS, a tuple of Model"),
        ("models/mine.py", "def :", "cannot be imported: SyntaxError"),
        ("models/mine.py", "import nothing_of_that_name", "ModuleNotFoundError"),
        ("data/mine.py", "", "must define DATASETS, a tuple of Dataset"),
        ("suites/mine.py", "SUITE = None", "must define SUITE, a Suite"),
    ],
)
def test_a_file_that_declares_nothing_is_named(
    place: Place, name: str, text: str, why: str
) -> None:
    path = place(name, text)
    with pytest.raises(UsageError, match=why) as caught:
        registry.load()
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_report_without_build_and_a_folder_that_is_none(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place("reports/mine.py", "build = 3")
    with pytest.raises(UsageError, match="must define a function `build"):
        registry.report("mine")
    monkeypatch.setenv("BENCH_PATH", "/no/such/folder")
    with pytest.raises(UsageError, match="BENCH_PATH: '/no/such/folder' is not a folder"):
        registry.load()


def test_a_wheel_carries_suites_inside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bench" / "_suites").mkdir(parents=True)
    (tmp_path / "suites").mkdir()  # somebody else's: never read
    (tmp_path / "suites" / "other.py").write_text("raise RuntimeError")
    (tmp_path / "bench" / "_suites" / "mine.py").write_text(SUITE_FILE)
    monkeypatch.setattr(bench, "__file__", str(tmp_path / "bench" / "__init__.py"))
    registry.forget()
    try:
        assert [suite.name for suite in registry.suites()] == ["mine"]
    finally:
        registry.forget()


@pytest.mark.skipif(
    version("timm") != catalog.release(), reason="a timm of another release is asked what it knows"
)
def test_listing_needs_the_standard_library_alone() -> None:
    program = (
        "import sys; from bench import registry; from bench.spec.errors import UnknownNameError\n"
        "assert registry.models() and registry.suites();"
        "assert registry.models('timm:coatnet_0_*')\n"
        "try: registry.models('no_such_model')\n"
        "except UnknownNameError as error: assert 'unknown' in str(error)\n"
        "print(*sorted({'torch', 'timm', 'numpy', 'pandas', 'PIL', 'typer'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
