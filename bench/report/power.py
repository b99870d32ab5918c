"""What a comparison on so many images can see, in words and a table."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from bench.analysis.stats.power import images_needed, mcnemar_power, unpaired_difference
from bench.analysis.stats.proportions import detectable_difference
from bench.blocks import Block, Column, Form, Note, Report, Row, Table, Text
from bench.blocks.cells import number

_SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True)
class Question:
    """Two models on ``images``, a share ``discordance`` of them right for one only."""

    images: int
    discordance: float
    power: float = 0.8
    alpha: float = 0.05
    accuracy: float = 80.0  #: %, for the unpaired comparison
    difference: float | None = None  #: points


def numbers(asked: Question) -> dict[str, float | None]:
    """Every number of the answer, beside what was asked.

    ``paired`` and ``unpaired``, the least differences found, in points, infinite where none is;
    ``paired_power``, the exact power of the mid-p test at ``paired``; and where a difference was
    given ``images_needed`` and ``difference_power``, its exact power on these images.
    """
    n, share, alpha, chance = asked.images, asked.discordance, asked.alpha, asked.power
    paired = detectable_difference(n, share, alpha, chance)
    exact = mcnemar_power(n, paired, share, alpha) if math.isfinite(paired) else math.nan
    unpaired = unpaired_difference(n, asked.accuracy / 100, alpha, chance)
    found = asdict(asked) | {"paired": 100 * paired, "paired_power": exact}
    found |= {"unpaired": 100 * unpaired}
    if asked.difference is not None:
        gap = asked.difference / 100
        found["images_needed"] = images_needed(gap, share, alpha, chance)
        found["difference_power"] = mcnemar_power(n, gap, share, alpha)
    return found


def report(asked: Question) -> Report:
    """The answer as a report."""
    found = numbers(asked)
    blocks: list[Block] = [Text(text=_sentence(asked, found), lead=True)]
    if asked.difference is not None:
        needed, chance = found["images_needed"], found["difference_power"]
        blocks.append(
            Text(
                text=f"A difference of {asked.difference:g} points takes {needed:,} images; on "
                f"{asked.images:,} the test finds it with a probability of {_share(chance)}."
            )
        )
    rows = [_row(asked, share) for share in sorted({*_SHARES, asked.discordance})]
    table = Table(
        name="power",
        caption=f"Least difference found on {asked.images:,} images with "
        f"{_share(asked.power)} probability",
        columns=(
            Column(
                key="disc", title="Discordant images", unit="%", form=Form.SIGNIFICANT, digits=2
            ),
            Column(key="paired", title="McNemar", unit="points", form=Form.FIXED, digits=2),
            Column(key="exact", title="its exact power", unit="%", form=Form.FIXED, digits=1),
            Column(key="times", title="finer than unpaired", unit="times", form=Form.FIXED),
        ),
        rows=tuple(rows),
    )
    return Report(
        title="What can be seen",
        subtitle=f"two-sided {asked.alpha:g}, power {asked.power:g}; Connor 1987 for McNemar's "
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


def _row(asked: Question, discordance: float) -> Row:
    found = numbers(Question(**(asdict(asked) | {"discordance": discordance, "difference": None})))
    paired, unpaired, exact = (found[k] or math.nan for k in ("paired", "unpaired", "paired_power"))
    return {
        "disc": 100 * discordance,
        "paired": paired,
        "exact": 100 * exact,
        "times": unpaired / paired,
    }


def _sentence(asked: Question, found: dict[str, float | None]) -> str:
    paired, unpaired = found["paired"] or math.nan, found["unpaired"] or math.nan
    share = number(100 * asked.discordance, Form.SIGNIFICANT, 2)
    sees = f"finds differences from {number(paired, Form.FIXED, 2)} points on"
    if not math.isfinite(paired):
        sees = "is too small to find even a difference as large as that share"
    other = f"from {number(unpaired, Form.FIXED, 2)} points on"
    if not math.isfinite(unpaired):
        other = "no difference at all"
    return (
        f"On {asked.images:,} images of which {share} % are discordant, McNemar's test {sees}; "
        f"comparing two printed accuracies near {asked.accuracy:g} % finds {other}."
    )


def _share(value: float | None) -> str:
    return f"{100 * (value or 0):.1f} %"
