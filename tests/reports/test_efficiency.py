"""The efficiency suite and its report, whole: every format, hostile names, worlds apart."""

from __future__ import annotations

import pandas as pd
import pytest

from bench import registry
from bench.analysis.tables.axes import FrontCost
from bench.blocks import Block, Heading, Note, Report, Table
from bench.render import html, latex, markdown
from bench.report.build import made
from bench.spec import Measure
from bench.spec.errors import UsageError
from tests import costed

ENV = {"bench": "0.3.0", "command": "bench run efficiency"}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return costed.frame()


def build(frame: pd.DataFrame, cost: FrontCost | None = None) -> Report:
    report = made(registry.report("efficiency"), frame, ENV, cost=cost)
    assert isinstance(report, Report)
    return report


def of(report: Report, kind: type[Block]) -> list[Block]:
    return [block for block in report.blocks if isinstance(block, kind)]


def test_the_suite_needs_no_data_and_no_weights() -> None:
    suite = registry.suite("efficiency")
    assert suite.datasets == ()
    assert Measure.EVALUATE not in suite.measures
    assert suite.report in registry.reports()
    chosen = registry.models(suite.models, world=suite.world)
    assert {model.world for model in chosen} == {"imagenet"}
    assert {m.family for m in chosen} == {"convnext", "swin", "vit", "deit3", "resnet"}
    assert len({model.architecture for model in chosen}) == len(chosen)  # each network once


def test_every_format_shows_all_sections(frame: pd.DataFrame) -> None:
    report = build(frame)
    headings = [block.text for block in of(report, Heading) if isinstance(block, Heading)]
    assert headings == [
        "What a network costs",
        "Where in the network the cost lies",
        f"Speed on {costed.CPU}",
        f"Speed on {costed.GPU}",
        "ConvNeXt against Swin at equal cost",
        "The ConvNeXt paper's own comparison",
        "What bounds them",
        "Top-1 over throughput",
    ]
    names = [block.name for block in of(report, Table) if isinstance(block, Table)]
    assert len(set(names)) == len(names)
    assert "depends on how they are run" in html.render(report)
    assert "NVIDIA V100" in markdown.render(report)
    assert "ConvNeXt" in latex.render(report)


@pytest.mark.parametrize("cost", FrontCost)
def test_every_cost_has_a_front(frame: pd.DataFrame, cost: FrontCost) -> None:
    tables = [b for b in of(build(frame, cost), Table) if isinstance(b, Table)]
    assert any(table.name.startswith("front") for table in tables)


def test_other_reports_have_no_such_choice(frame: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="no --cost"):
        made(registry.report("leaderboard"), frame, ENV, cost=FrontCost.GMACS)


def test_hostile_names_stay_text(frame: pd.DataFrame) -> None:
    evil = "<script>alert(1)</script>"
    lost = frame[(frame["architecture"] == "vit_base_patch16_224") & frame["compile"]]
    errors = [costed.failed(row, evil) for _, row in lost.drop_duplicates("job").iterrows()]
    broken = pd.concat([frame.drop(lost.index), costed.typed(errors)], ignore_index=True)
    broken["device_name"] = broken["device_name"].replace(costed.CPU, evil)
    page = html.render(build(broken))
    assert evil not in page
    assert "&lt;script&gt;" in page
    assert "2 jobs failed" in page


def test_worlds_are_told_apart(frame: pd.DataFrame) -> None:
    small = frame.assign(world="glyphs", architecture=frame["architecture"] + "_g")
    report = build(pd.concat([frame, small], ignore_index=True))
    names = [block.name for block in of(report, Table) if isinstance(block, Table)]
    assert len(set(names)) == len(names)
    assert "paper-imagenet" in names
    assert "paper-glyphs" not in names  # published figures say nothing of other networks


def test_nothing_measured_is_said(frame: pd.DataFrame) -> None:
    (note,) = build(frame.iloc[:0]).blocks
    assert isinstance(note, Note)


def test_costs_alone_make_a_report(frame: pd.DataFrame) -> None:
    report = build(frame[frame["measure"] == "profile"])
    names = [block.name for block in of(report, Table) if isinstance(block, Table)]
    assert "costs" in names
    assert not any(name.startswith(("throughput", "roofline")) for name in names)
    assert "8 networks counted." in markdown.render(report)
