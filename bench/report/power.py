"""What a comparison on so many images can see, in words and a table."""

from __future__ import annotations

import math

from bench.analysis.stats.sensitivity import Plan, by_discordance, sensitivity
from bench.blocks import Block, Form, Note, Report, Table, Text
from bench.blocks.cells import number
from bench.blocks.columns import columns

_SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


def report(plan: Plan) -> Report:
    """The answer as a report."""
    found = sensitivity(plan)
    blocks: list[Block] = [Text(text=_sentence(plan, found), lead=True)]
    if plan.difference is not None:
        needed, chance = found["images_needed"], found["difference_power"]
        blocks.append(
            Text(
                text=f"A difference of {plan.difference:g} points takes {needed:,} images; on "
                f"{plan.images:,} the test finds it with a probability of {_share(chance)}."
            )
        )
    table = Table(
        name="power",
        caption=f"Least difference found on {plan.images:,} images with "
        f"{_share(plan.power)} probability",
        columns=columns("discordant", "paired", "paired_power", "finer"),
        rows=tuple(by_discordance(plan, _SHARES)),
    )
    return Report(
        title="What can be seen",
        subtitle=f"two-sided {plan.alpha:g}, power {plan.power:g}; Connor 1987 for McNemar's "
        "test, power of its mid-p form exact",
        blocks=(
            *blocks,
            table,
            Note(
                text="Discordant images are right for one of the two models only: `bench compare` "
                "prints their share."
            ),
        ),
    )


def _sentence(plan: Plan, found: dict[str, float | None]) -> str:
    paired, unpaired = found["paired"] or math.nan, found["unpaired"] or math.nan
    share = number(100 * plan.discordance, Form.SIGNIFICANT, 2)
    sees = f"finds differences from {number(paired, Form.FIXED, 2)} points on"
    if not math.isfinite(paired):
        sees = "is too small to find even a difference as large as that share"
    other = f"from {number(unpaired, Form.FIXED, 2)} points on"
    if not math.isfinite(unpaired):
        other = "no difference at all"
    return (
        f"On {plan.images:,} images of which {share} % are discordant, McNemar's test {sees}; "
        f"comparing two printed accuracies near {plan.accuracy:g} % finds {other}."
    )


def _share(value: float | None) -> str:
    return f"{100 * (value or 0):.1f} %"
